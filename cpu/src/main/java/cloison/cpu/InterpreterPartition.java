package cloison.cpu;

import cloison.cpu.interpret.Cpu;
import cloison.cpu.interpret.Interpreter;
import cloison.cpu.mmu.CodePages;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.CpuModel;
import cloison.machine.processor.EnginePartition;
import cloison.machine.processor.Intercepts;
import cloison.machine.processor.InterruptSource;
import cloison.machine.processor.Invalidation;
import cloison.machine.processor.Processor;

/// A partition whose processors are interpreted: cached predecoded blocks, any host.
public final class InterpreterPartition implements EnginePartition {
    private final GuestMemory memory;
    private final CpuModel model;
    private final CodePages codePages;

    /// An engine for the partition that owns `memory`, whose listener it becomes.
    ///
    /// @param model what its processors are
    public InterpreterPartition(GuestMemory memory, CpuModel model) {
        this.memory = memory;
        this.model = model;
        codePages = new CodePages(memory);
        memory.listener(codePages);
    }

    @Override
    public Processor processor(int index, Intercepts intercepts, InterruptSource interrupts) {
        return new Interpreter(memory, codePages, model, intercepts, interrupts, Cpu.TRANSLATIONS);
    }

    @Override
    public void forget(int processor, long[] of, Invalidation what) {
        codePages.forget(processor, of, what);
    }

    @Override
    public String engine() {
        return "interpreter";
    }
}
