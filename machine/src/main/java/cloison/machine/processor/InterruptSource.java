package cloison.machine.processor;

/// Where one virtual processor's interrupts come from: its local APIC (with an 8259 behind it).
///
/// Called on the processor's thread. Whoever makes something pending, from whatever thread, then calls
/// [Processor#notice].
public interface InterruptSource {
    /// The answer when there is nothing to deliver.
    int NONE = -1;

    /// {@return whether [#acknowledge] would deliver something now}
    boolean pending();

    /// {@return the vector to deliver now, which is in service from here on, or [#NONE]}
    int acknowledge();

    /// {@return whether a non-maskable interrupt waits; the call takes it}
    boolean takeNmi();

    /// {@return CR8: bits 7..4 of the task-priority register}
    int cr8();

    /// Writes CR8.
    void cr8(int value);
}
