package cloison.machine.interrupt;

/// Where a fixed interrupt for one virtual processor is asserted: its local APIC. Callable from any thread.
public interface VectorSink {
    /// Makes `vector` (16..255) pending, edge-triggered.
    void assertVector(int vector);

    /// Makes `vector` pending, and ends the interrupt by itself when the processor takes it (TLFS: AutoEOI). A sink
    /// that does not know how asserts an ordinary interrupt.
    default void assertSelfEnding(int vector) {
        assertVector(vector);
    }

    /// {@return whether `vector` is pending, so that asserting it once more would go unnoticed; a sink that does not
    /// know says no}
    default boolean pending(int vector) {
        return false;
    }
}
