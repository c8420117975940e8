package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.RAX;
import static cloison.machine.processor.ProcessorState.RBX;
import static cloison.machine.processor.ProcessorState.RCX;
import static cloison.machine.processor.ProcessorState.RDI;
import static cloison.machine.processor.ProcessorState.RDX;
import static cloison.machine.processor.ProcessorState.RSI;
import static cloison.machine.processor.ProcessorState.RSP;

import cloison.cpu.state.Attention;
import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;

/// SYSCALL, SYSRET, SYSENTER, SYSEXIT and the hypercall instruction.
///
/// SDM volume 2; TLFS, "Hypercall Interface".
public final class QuickCalls {
    // attributes: present accessed code or data, flat
    private static final int CODE_64 = 0xA09B;
    private static final int CODE_32 = 0xC09B;
    private static final int USER = 3 << 5;
    private static final int R8 = 8;
    private static final int R11 = 11;

    /// The bits of RFLAGS that SYSRET loads.
    public static final int RETURNED = 0x3C_7FD7;

    private QuickCalls() {}

    static void systemCall(Cpu cpu) {
        if ((cpu.efer & Control.EFER_SCE) == 0 || !cpu.longMode) {
            throw GuestFault.undefined();
        }
        int flags = cpu.rflags();
        cpu.gpr[RCX] = cpu.rip;
        cpu.gpr[R11] = flags & ~Flags.RF & 0xFFFF_FFFFL;
        cpu.rip = cpu.lstar;
        int kept = flags & ~(int) cpu.fmask & ~Flags.RF;
        cpu.statusFlags(kept & Flags.STATUS);
        cpu.flagRest = kept & ~Flags.STATUS | 2;
        callSegments(cpu);
    }

    /// Loads CS, SS and CPL as SYSCALL does.
    public static void callSegments(Cpu cpu) {
        int selector = (int) (cpu.star >>> 32) & 0xFFFC;
        Segmentation.setFlatStack(cpu, selector + 8 & 0xFFFF, 0);
        Segmentation.setFlatCode(cpu, selector, CODE_64, 0);
    }

    static void systemReturn(Cpu cpu, int size) {
        if ((cpu.efer & Control.EFER_SCE) == 0 || !cpu.longMode) {
            throw GuestFault.undefined();
        }
        if (cpu.cpl != 0 || size == 8 && !Canonical.is(cpu.gpr[RCX])) {
            throw GuestFault.protection();
        }
        cpu.rip = size == 8 ? cpu.gpr[RCX] : cpu.gpr[RCX] & 0xFFFF_FFFFL;
        returnSegments(cpu, size);
        cpu.loadFlags((int) cpu.gpr[R11], RETURNED);
    }

    /// Loads CS, SS and CPL as SYSRET does.
    ///
    /// @param size operand size: 4 or 8
    public static void returnSegments(Cpu cpu, int size) {
        int selector = (int) (cpu.star >>> 48);
        Segmentation.setFlatStack(cpu, selector + 8 & 0xFFFF | 3, 3);
        Segmentation.setFlatCode(
                cpu, (size == 8 ? selector + 16 : selector) & 0xFFFF | 3, (size == 8 ? CODE_64 : CODE_32) | USER, 3);
    }

    static void enter(Cpu cpu) {
        int selector = (int) cpu.sysenterCs & 0xFFFC;
        if (!cpu.protectedMode() || selector == 0) {
            throw GuestFault.protection();
        }
        cpu.flagRest &= ~(Flags.VM | Flags.IF | Flags.RF);
        boolean wide = cpu.longActive();
        Segmentation.setFlatStack(cpu, selector + 8 & 0xFFFF, 0);
        Segmentation.setFlatCode(cpu, selector, wide ? CODE_64 : CODE_32, 0);
        cpu.gpr[RSP] = wide ? cpu.sysenterEsp : cpu.sysenterEsp & 0xFFFF_FFFFL;
        cpu.rip = wide ? cpu.sysenterEip : cpu.sysenterEip & 0xFFFF_FFFFL;
    }

    static void exit(Cpu cpu, int size) {
        int selector = (int) cpu.sysenterCs & 0xFFFC;
        if (!cpu.protectedMode() || selector == 0 || cpu.cpl != 0) {
            throw GuestFault.protection();
        }
        long target = cpu.gpr[RDX];
        long pointer = cpu.gpr[RCX];
        boolean wide = size == 8;
        if (wide && !(Canonical.is(target) && Canonical.is(pointer))) {
            throw GuestFault.protection();
        }
        Segmentation.setFlatStack(cpu, selector + (wide ? 40 : 24) & 0xFFFF | 3, 3);
        int code = (wide ? CODE_64 : CODE_32) | USER;
        Segmentation.setFlatCode(cpu, selector + (wide ? 32 : 16) & 0xFFFF | 3, code, 3);
        cpu.gpr[RSP] = wide ? pointer : pointer & 0xFFFF_FFFFL;
        cpu.rip = wide ? target : target & 0xFFFF_FFFFL;
    }

    static void hypercall(Cpu cpu) {
        if (cpu.cpl != 0 || cpu.realSegments() || !cpu.intercepts.hypercallsEnabled()) {
            throw GuestFault.undefined();
        }
        long[] gpr = cpu.gpr;
        cpu.attention.raise(Attention.LOOK);
        if (cpu.longMode) {
            gpr[RAX] = cpu.intercepts.hypercall(gpr[RCX], gpr[RDX], gpr[R8]);
        } else {
            long result = cpu.intercepts.hypercall(
                    pair(gpr[RDX], gpr[RAX]), pair(gpr[RBX], gpr[RCX]), pair(gpr[RDI], gpr[RSI]));
            gpr[RAX] = result & 0xFFFF_FFFFL;
            gpr[RDX] = result >>> 32;
        }
    }

    private static long pair(long high, long low) {
        return high << 32 | low & 0xFFFF_FFFFL;
    }
}
