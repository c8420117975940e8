package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.CS;
import static cloison.machine.processor.ProcessorState.DS;
import static cloison.machine.processor.ProcessorState.ES;
import static cloison.machine.processor.ProcessorState.FS;
import static cloison.machine.processor.ProcessorState.GS;
import static cloison.machine.processor.ProcessorState.RSP;
import static cloison.machine.processor.ProcessorState.SS;

import cloison.cpu.state.Attention;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;

/// IRET in all its forms.
///
/// SDM volume 2, IRET; volume 3, 6.14.3 (64-bit mode), 20.2.5 (virtual-8086 mode).
final class InterruptReturn {
    private static final int ALWAYS = Flags.STATUS | Flags.TF | Flags.DF | Flags.NT;
    private static final int WIDE = Flags.RF | Flags.AC | Flags.ID;

    private InterruptReturn() {}

    /// @param size operand size: 2, 4 or 8
    static void run(Cpu cpu, int size) {
        if (!cpu.protectedMode()) {
            real(cpu, size, Flags.IF | Flags.IOPL);
        } else if (cpu.virtual8086()) {
            if (cpu.iopl() < 3) {
                throw GuestFault.protection();
            }
            real(cpu, size, Flags.IF);
        } else {
            if ((cpu.flagRest & Flags.NT) != 0) {
                if (cpu.longActive()) {
                    throw GuestFault.protection();
                }
                TaskSwitch.back(cpu);
            } else {
                protectedReturn(cpu, size);
            }
        }
        unblock(cpu);
    }

    private static void unblock(Cpu cpu) {
        if (cpu.nmiBlocked) {
            cpu.nmiBlocked = false;
            cpu.attention.raise(Attention.LOOK);
        }
    }

    private static void real(Cpu cpu, int size, int more) {
        long pointer = Stack.pointer(cpu);
        long offset = Stack.peek(cpu, pointer, 0, size);
        int selector = (int) Stack.peek(cpu, pointer, size, size) & 0xFFFF;
        int flags = (int) Stack.peek(cpu, pointer, 2 * size, size);
        long limit = cpu.virtual8086() ? 0xFFFF : cpu.segmentLimit[CS] & 0xFFFF_FFFFL;
        if (offset > limit) {
            throw GuestFault.protection();
        }
        Stack.commit(cpu, pointer + 3L * size);
        Segmentation.loadReal(cpu, CS, selector);
        cpu.rip = offset;
        cpu.loadFlags(flags, ALWAYS | more | (size == 4 ? WIDE : 0));
    }

    private static void protectedReturn(Cpu cpu, int size) {
        long pointer = Stack.pointer(cpu);
        long offset = Stack.peek(cpu, pointer, 0, size);
        int selector = (int) Stack.peek(cpu, pointer, size, size) & 0xFFFF;
        int flags = (int) Stack.peek(cpu, pointer, 2 * size, size);
        if (size == 4 && (flags & Flags.VM) != 0 && cpu.cpl == 0 && !cpu.longActive()) {
            toVirtual8086(cpu, pointer, offset, selector, flags);
            return;
        }
        long descriptor = FarTransfer.checkedReturn(cpu, selector);
        int rpl = selector & 3;
        int mask = ALWAYS | (size == 2 ? 0 : WIDE);
        if (cpu.cpl <= cpu.iopl()) {
            mask |= Flags.IF;
        }
        if (cpu.cpl == 0) {
            mask |= Flags.IOPL | (size == 2 ? 0 : Flags.VIF | Flags.VIP);
        }
        FarTransfer.checkTarget(cpu, descriptor, offset);
        if (rpl != cpu.cpl || cpu.longMode) {
            long stackPointer = Stack.peek(cpu, pointer, 3 * size, size);
            int stackSelector = (int) Stack.peek(cpu, pointer, 4 * size, size) & 0xFFFF;
            FarTransfer.outward(cpu, selector, descriptor, stackSelector, stackPointer);
        } else {
            Stack.commit(cpu, pointer + 3L * size);
            Segmentation.setCode(cpu, selector, descriptor, rpl);
        }
        cpu.rip = cpu.longMode ? offset : offset & 0xFFFF_FFFFL;
        cpu.loadFlags(flags, mask);
    }

    private static void toVirtual8086(Cpu cpu, long pointer, long offset, int selector, int flags) {
        long stackPointer = Stack.peek(cpu, pointer, 12, 4);
        int[] selectors = new int[6];
        int[] order = {SS, ES, DS, FS, GS};
        for (int i = 0; i < order.length; i++) {
            selectors[order[i]] = (int) Stack.peek(cpu, pointer, 16 + 4 * i, 4) & 0xFFFF;
        }
        selectors[CS] = selector;
        cpu.loadFlags(flags, ALWAYS | WIDE | Flags.IF | Flags.IOPL | Flags.VM | Flags.VIF | Flags.VIP);
        for (int segment = ES; segment <= GS; segment++) {
            Segmentation.loadReal(cpu, segment, selectors[segment]);
        }
        cpu.cpl = 3;
        cpu.contextChanged();
        cpu.gpr[RSP] = stackPointer;
        cpu.rip = offset & 0xFFFF;
    }
}
