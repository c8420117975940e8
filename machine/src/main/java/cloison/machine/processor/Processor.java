package cloison.machine.processor;

import java.util.Map;

/// One virtual processor as an engine runs it.
///
/// [#run] executes guest instructions on the calling thread until something happens that the engine cannot serve; what
/// it can (port, memory, MSR, CPUID, hypercall) it serves through the [Intercepts] that it was made with, in the middle
/// of the instruction. `docs/decisions/0010` says why accesses are calls and not exits.
///
/// **Owner:** the thread that calls [#run]; only [#notice], [#leave] and [#flushTranslations] may be called from
/// others, and [#exits] and [#instructions], whose counts may be a little old then.
public interface Processor {
    /// {@return why the processor stopped executing}
    Exit run();

    /// From any thread: the interrupt source has something new; look at it at the next instruction boundary that is
    /// convenient (a bounded number of instructions away). A processor that is not running looks when it runs next.
    void notice();

    /// From any thread: return from [#run] soon with [Exit.Left]. Sticky: if not running, the next run returns at once.
    void leave();

    /// From any thread: the guest-physical map changed; forget every cached translation before the next instruction.
    void flushTranslations();

    /// {@return a copy of the registers; between runs only}
    ProcessorState state();

    /// Replaces the registers and forgets every cached translation; between runs only.
    void load(ProcessorState state);

    /// {@return how often the processor left emitted code, by reason, and how many instructions were `interpreted`;
    /// empty if the engine emits no code}
    ///
    /// While it runs, the numbers may be a little old.
    Map<String, Long> exits();

    /// {@return instructions executed since the processor was made, or -1 if the engine does not count them}
    long instructions();
}
