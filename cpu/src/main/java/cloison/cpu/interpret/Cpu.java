package cloison.cpu.interpret;

import cloison.cpu.mmu.Mmu;
import cloison.cpu.state.CpuState;
import cloison.machine.processor.Intercepts;
import cloison.machine.processor.InterruptSource;

/// One virtual processor as the interpreter's steps see it: registers, memory, and the way out.
///
/// **Owner:** the thread that runs the processor.
public final class Cpu extends CpuState {
    public final Mmu mmu;
    public final Intercepts intercepts;
    public final InterruptSource interrupts;

    /// Set by a step after which the next instruction must not be interrupted (STI, MOV SS).
    public boolean shadow;

    Cpu(Mmu mmu, Intercepts intercepts, InterruptSource interrupts) {
        this.mmu = mmu;
        this.intercepts = intercepts;
        this.interrupts = interrupts;
    }
}
