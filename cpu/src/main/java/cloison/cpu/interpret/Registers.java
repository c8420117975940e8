package cloison.cpu.interpret;

import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.machine.processor.ProcessorState;
import cloison.machine.processor.ProcessorState.Segment;
import cloison.machine.processor.ProcessorState.Table;

/// Moves registers between a processor and the state that others see.
final class Registers {
    private static final int KEPT_FLAGS = Flags.TF
            | Flags.IF
            | Flags.DF
            | Flags.IOPL
            | Flags.NT
            | Flags.RF
            | Flags.VM
            | Flags.AC
            | Flags.VIF
            | Flags.VIP
            | Flags.ID;

    private Registers() {}

    /// Replaces the processor's registers.
    static void load(Cpu cpu, ProcessorState state) {
        System.arraycopy(state.gpr, 0, cpu.gpr, 0, 16);
        cpu.rip = state.rip;
        cpu.flagRest = (int) state.rflags & KEPT_FLAGS | 2;
        cpu.statusFlags((int) state.rflags & Flags.STATUS);
        for (int i = 0; i < 8; i++) {
            Segment segment = state.segments[i];
            cpu.segmentSelector[i] = segment.selector();
            cpu.segmentBase[i] = segment.base();
            cpu.segmentLimit[i] = segment.limit();
            cpu.segmentAttributes[i] = segment.attributes();
        }
        cpu.gdtBase = state.gdtr.base();
        cpu.gdtLimit = state.gdtr.limit() & 0xFFFF;
        cpu.idtBase = state.idtr.base();
        cpu.idtLimit = state.idtr.limit() & 0xFFFF;
        cpu.cr0 = state.cr0;
        cpu.cr2 = state.cr2;
        cpu.cr3 = state.cr3;
        cpu.cr4 = state.cr4;
        cpu.efer = state.efer;
        cpu.xcr0 = state.xcr0;
        System.arraycopy(state.dr, 0, cpu.dr, 0, 8);
        cpu.star = state.star;
        cpu.lstar = state.lstar;
        cpu.cstar = state.cstar;
        cpu.fmask = state.fmask;
        cpu.kernelGsBase = state.kernelGsBase;
        cpu.sysenterCs = state.sysenterCs;
        cpu.sysenterEsp = state.sysenterEsp;
        cpu.sysenterEip = state.sysenterEip;
        cpu.pat = state.pat;
        cpu.tscAux = state.tscAux;
        X87State.load(cpu, state.xsave);
        if (cpu.interrupts.cr8() != (int) state.cr8) {
            cpu.interrupts.cr8((int) state.cr8);
        }
        boolean paged = (cpu.cr0 & Control.CR0_PG) != 0 && (cpu.cr4 & Control.CR4_PAE) != 0;
        if (paged && (cpu.efer & Control.EFER_LMA) == 0) {
            cpu.mmu.loadPointers(cpu.cr3);
        }
        boolean real = (cpu.cr0 & Control.CR0_PE) == 0;
        cpu.cpl = real ? 0 : (cpu.flagRest & Flags.VM) != 0 ? 3 : cpu.segmentAttributes[ProcessorState.SS] >> 5 & 3;
        cpu.shadow = false;
        cpu.debugShadow = false;
        cpu.halted = false;
        cpu.nmiBlocked = false;
        cpu.debugCause = 0;
        cpu.forgetAll();
        cpu.contextChanged();
    }

    /// {@return a copy of the processor's registers}
    static ProcessorState copy(Cpu cpu) {
        ProcessorState state = new ProcessorState();
        System.arraycopy(cpu.gpr, 0, state.gpr, 0, 16);
        state.rip = cpu.rip;
        state.rflags = cpu.rflags();
        for (int i = 0; i < 8; i++) {
            state.segments[i] = new Segment(
                    cpu.segmentSelector[i], cpu.segmentBase[i], cpu.segmentLimit[i], cpu.segmentAttributes[i]);
        }
        state.gdtr = new Table(cpu.gdtBase, cpu.gdtLimit);
        state.idtr = new Table(cpu.idtBase, cpu.idtLimit);
        state.cr0 = cpu.cr0;
        state.cr2 = cpu.cr2;
        state.cr3 = cpu.cr3;
        state.cr4 = cpu.cr4;
        state.cr8 = cpu.interrupts.cr8();
        state.efer = cpu.efer;
        state.xcr0 = cpu.xcr0;
        System.arraycopy(cpu.dr, 0, state.dr, 0, 8);
        state.star = cpu.star;
        state.lstar = cpu.lstar;
        state.cstar = cpu.cstar;
        state.fmask = cpu.fmask;
        state.kernelGsBase = cpu.kernelGsBase;
        state.sysenterCs = cpu.sysenterCs;
        state.sysenterEsp = cpu.sysenterEsp;
        state.sysenterEip = cpu.sysenterEip;
        state.pat = cpu.pat;
        state.tscAux = cpu.tscAux;
        state.xsave = X87State.image(cpu);
        return state;
    }
}
