package cloison.machine.processor;

/// Why [Processor#run] returned.
public sealed interface Exit {
    /// HLT with nothing to deliver; run again when the interrupt source has something.
    record Halted() implements Exit {}

    /// Somebody called [Processor#leave].
    record Left() implements Exit {}

    /// A fault in the delivery of a double fault: the processor is in shutdown.
    ///
    /// @param report what happened, with registers, for people
    record TripleFault(String report) implements Exit {}

    /// The engine met what it cannot execute, or broke one of its own rules; the partition must stop.
    ///
    /// @param report what, where, registers and code bytes, for people
    record EngineFault(String report) implements Exit {}
}
