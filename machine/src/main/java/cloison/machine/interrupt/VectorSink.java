package cloison.machine.interrupt;

/// Where a fixed interrupt for one virtual processor is asserted: its local APIC. Callable from any thread.
public interface VectorSink {
    /// Makes `vector` (16..255) pending, edge-triggered.
    void assertVector(int vector);
}
