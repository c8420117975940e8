package cloison.cpu;

import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.EnginePartition;
import cloison.machine.processor.Intercepts;
import cloison.machine.processor.InterruptSource;
import cloison.machine.processor.Processor;

/// A partition whose processors are interpreted: cached predecoded blocks, any host.
public final class InterpreterPartition implements EnginePartition {
    private final GuestMemory memory;

    /// An engine for the partition that owns `memory`.
    public InterpreterPartition(GuestMemory memory) {
        this.memory = memory;
    }

    @Override
    public Processor processor(int index, Intercepts intercepts, InterruptSource interrupts) {
        throw new IllegalStateException("not yet" + memory);
    }

    @Override
    public String engine() {
        return "interpreter";
    }
}
