package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.CS;
import static cloison.machine.processor.ProcessorState.DS;
import static cloison.machine.processor.ProcessorState.ES;
import static cloison.machine.processor.ProcessorState.FS;
import static cloison.machine.processor.ProcessorState.GS;
import static cloison.machine.processor.ProcessorState.RSP;
import static cloison.machine.processor.ProcessorState.SS;
import static cloison.machine.processor.ProcessorState.TR;

import cloison.cpu.state.GuestFault;

/// Far JMP, CALL and RET: to segments, through call gates, to tasks.
///
/// SDM volume 3, 5.8 and volume 2, CALL, JMP, RET. While these run, RIP is the address after the instruction.
final class FarTransfer {
    private FarTransfer() {}

    static void jump(Cpu cpu, int selector, long offset, int size) {
        if (cpu.realSegments()) {
            checkReal(cpu, offset);
            Segmentation.loadReal(cpu, CS, selector);
            cpu.rip = offset;
            return;
        }
        transfer(cpu, selector, offset, size, false);
    }

    static void call(Cpu cpu, int selector, long offset, int size) {
        if (cpu.realSegments()) {
            checkReal(cpu, offset);
            long pointer = Stack.push(cpu, Stack.pointer(cpu), size, cpu.segmentSelector[CS]);
            pointer = Stack.push(cpu, pointer, size, cpu.rip);
            Stack.commit(cpu, pointer);
            Segmentation.loadReal(cpu, CS, selector);
            cpu.rip = offset;
            return;
        }
        transfer(cpu, selector, offset, size, true);
    }

    private static void checkReal(Cpu cpu, long offset) {
        long limit = cpu.virtual8086() ? 0xFFFF : cpu.segmentLimit[CS] & 0xFFFF_FFFFL;
        if (offset > limit) {
            throw GuestFault.protection();
        }
    }

    private static void transfer(Cpu cpu, int selector, long offset, int size, boolean call) {
        if (Descriptors.isNull(selector)) {
            throw GuestFault.protection();
        }
        long descriptor = Descriptors.read(cpu, selector, GuestFault.GP, 0);
        int attributes = Descriptors.attributes(descriptor);
        if (Descriptors.segment(attributes)) {
            checkDirect(cpu, selector, attributes);
            land(cpu, selector, descriptor, offset, size, call);
            return;
        }
        int dpl = Descriptors.dpl(attributes);
        int type = Descriptors.type(attributes);
        boolean gate = type == Descriptors.CALL_GATE || !cpu.longActive() && type == Descriptors.CALL_GATE_16;
        boolean task = !cpu.longActive()
                && (type == Descriptors.TASK_GATE || type == Descriptors.TSS || type == Descriptors.TSS_16);
        if (!gate && !task || dpl < cpu.cpl || dpl < (selector & 3)) {
            throw Descriptors.fault(GuestFault.GP, selector, 0);
        }
        if (!Descriptors.present(attributes)) {
            throw Descriptors.fault(GuestFault.NP, selector, 0);
        }
        if (task) {
            int target = type == Descriptors.TASK_GATE ? Descriptors.gateSelector(descriptor) : selector;
            TaskSwitch.transfer(cpu, target, call);
        } else {
            throughGate(cpu, selector, descriptor, type, call);
        }
    }

    private static void checkDirect(Cpu cpu, int selector, int attributes) {
        int dpl = Descriptors.dpl(attributes);
        boolean allowed =
                Descriptors.conforming(attributes) ? dpl <= cpu.cpl : (selector & 3) <= cpu.cpl && dpl == cpu.cpl;
        if (!Descriptors.code(attributes) || !allowed || both(cpu, attributes)) {
            throw Descriptors.fault(GuestFault.GP, selector, 0);
        }
        if (!Descriptors.present(attributes)) {
            throw Descriptors.fault(GuestFault.NP, selector, 0);
        }
    }

    /// {@return whether a code segment is both a 64-bit and a 32-bit one, which none can be in long mode}
    static boolean both(Cpu cpu, int attributes) {
        int mask = Descriptors.LONG | Descriptors.BIG;
        return cpu.longActive() && (attributes & mask) == mask;
    }

    /// Goes to a checked code segment without changing privilege.
    private static void land(Cpu cpu, int selector, long descriptor, long offset, int size, boolean call) {
        if (call) {
            // what is pushed stays, below RSP, where the target cannot be reached;
            // the stack is already used as the target does: flat and 64 bits wide in 64-bit code
            boolean wide = cpu.longMode;
            cpu.longMode = cpu.longActive() && (Descriptors.attributes(descriptor) & Descriptors.LONG) != 0;
            try {
                long pointer = Stack.push(cpu, Stack.pointer(cpu), size, cpu.segmentSelector[CS]);
                pointer = Stack.push(cpu, pointer, size, cpu.rip);
                checkTarget(cpu, descriptor, offset);
                Stack.commit(cpu, pointer);
            } finally {
                cpu.longMode = wide;
            }
        } else {
            checkTarget(cpu, descriptor, offset);
        }
        Segmentation.setCode(cpu, selector, descriptor, cpu.cpl);
        cpu.rip = cpu.longMode ? offset : offset & 0xFFFF_FFFFL;
    }

    /// Throws #GP(0) where `offset` cannot be executed in a code segment.
    static void checkTarget(Cpu cpu, long descriptor, long offset) {
        if (cpu.longActive() && (Descriptors.attributes(descriptor) & Descriptors.LONG) != 0) {
            if (!Canonical.is(offset)) {
                throw GuestFault.protection();
            }
        } else if ((offset & 0xFFFF_FFFFL) > (Descriptors.limit(descriptor) & 0xFFFF_FFFFL)) {
            throw GuestFault.protection();
        }
    }

    private static void throughGate(Cpu cpu, int gateSelector, long gate, int type, boolean call) {
        int selector = Descriptors.gateSelector(gate);
        long offset = type == Descriptors.CALL_GATE ? Descriptors.gateOffset(gate) : gate & 0xFFFF;
        int size = type == Descriptors.CALL_GATE ? 4 : 2;
        if (cpu.longActive()) {
            size = 8;
            long high = upperHalf(cpu, gateSelector);
            offset |= high << 32;
        }
        if (Descriptors.isNull(selector)) {
            throw GuestFault.protection();
        }
        long code = Descriptors.read(cpu, selector, GuestFault.GP, 0);
        int attributes = Descriptors.attributes(code);
        int dpl = Descriptors.dpl(attributes);
        boolean sixtyFour = (attributes & (Descriptors.LONG | Descriptors.BIG)) == Descriptors.LONG;
        boolean jumpInward = !call && !Descriptors.conforming(attributes) && dpl != cpu.cpl;
        if (!Descriptors.code(attributes) || dpl > cpu.cpl || jumpInward || cpu.longActive() && !sixtyFour) {
            throw Descriptors.fault(GuestFault.GP, selector, 0);
        }
        if (!Descriptors.present(attributes)) {
            throw Descriptors.fault(GuestFault.NP, selector, 0);
        }
        if (!call || Descriptors.conforming(attributes) || dpl == cpu.cpl) {
            land(cpu, selector, code, offset, size, call);
        } else {
            checkTarget(cpu, code, offset);
            callInward(cpu, selector, code, offset, size, (int) (gate >>> 32) & 31);
        }
    }

    private static long upperHalf(Cpu cpu, int selector) {
        long address = Descriptors.address(cpu, selector, 16);
        if (address == -1) {
            throw Descriptors.fault(GuestFault.GP, selector, 0);
        }
        long high = cpu.mmu.systemRead(address + 8, 8);
        if ((high >>> 40 & 0x1F) != 0) {
            throw Descriptors.fault(GuestFault.GP, selector, 0);
        }
        return high & 0xFFFF_FFFFL;
    }

    /// Calls a more privileged segment on the stack that its level has.
    private static void callInward(Cpu cpu, int selector, long code, long offset, int size, int parameters) {
        int cpl = Descriptors.dpl(Descriptors.attributes(code));
        int oldStack = cpu.segmentSelector[SS];
        long oldPointer = cpu.gpr[RSP];
        if (size == 8) {
            long tss = cpu.segmentBase[TR] + 4 + 8 * cpl;
            if (4 + 8 * cpl + 7 > (cpu.segmentLimit[TR] & 0xFFFF_FFFFL)) {
                throw Descriptors.fault(GuestFault.TS, cpu.segmentSelector[TR], 0);
            }
            long pointer = cpu.mmu.systemRead(tss, 8);
            int oldCode = cpu.segmentSelector[CS];
            cpu.mmu.systemWrite(pointer - 8, 8, oldStack);
            cpu.mmu.systemWrite(pointer - 16, 8, oldPointer);
            cpu.mmu.systemWrite(pointer - 24, 8, oldCode);
            cpu.mmu.systemWrite(pointer - 32, 8, cpu.rip);
            Segmentation.loadNull(cpu, SS, cpl);
            cpu.segmentAttributes[SS] = cpl << 5;
            cpu.gpr[RSP] = pointer - 32;
        } else {
            InnerStack inner = InnerStack.of(cpu, cpl, 0);
            long[] copied = new long[parameters];
            for (int i = 0; i < parameters; i++) {
                copied[i] = Stack.peek(cpu, Stack.pointer(cpu), size * i, size);
            }
            pushInward(cpu, inner, cpl, size, oldStack, oldPointer, copied);
        }
        Segmentation.setCode(cpu, selector, code, cpl);
        cpu.rip = offset;
    }

    private static void pushInward(
            Cpu cpu, InnerStack inner, int cpl, int size, int oldStack, long oldPointer, long[] copied) {
        long base = cpu.segmentBase[SS];
        int limit = cpu.segmentLimit[SS];
        int attributes = cpu.segmentAttributes[SS];
        int oldCpl = cpu.cpl;
        Segmentation.set(cpu, SS, inner.selector(), inner.descriptor());
        cpu.cpl = cpl;
        cpu.mmu.context();
        try {
            long pointer = inner.pointer() & Stack.mask(cpu);
            pointer = Stack.push(cpu, pointer, size, oldStack);
            pointer = Stack.push(cpu, pointer, size, oldPointer);
            for (int i = copied.length - 1; i >= 0; i--) {
                pointer = Stack.push(cpu, pointer, size, copied[i]);
            }
            pointer = Stack.push(cpu, pointer, size, cpu.segmentSelector[CS]);
            pointer = Stack.push(cpu, pointer, size, cpu.rip);
            Stack.commit(cpu, pointer);
        } catch (GuestFault fault) {
            cpu.segmentSelector[SS] = oldStack;
            cpu.segmentBase[SS] = base;
            cpu.segmentLimit[SS] = limit;
            cpu.segmentAttributes[SS] = attributes;
            cpu.cpl = oldCpl;
            cpu.mmu.context();
            throw fault;
        }
    }

    // ---- RET

    /// Returns far and releases `release` bytes of parameters.
    static void back(Cpu cpu, int size, int release) {
        long pointer = Stack.pointer(cpu);
        // the selector is read first, and only it, not its whole slot
        int selector = (int) Stack.peek(cpu, pointer, size, 2);
        long offset = Stack.peek(cpu, pointer, 0, size);
        if (cpu.realSegments()) {
            checkReal(cpu, offset);
            Stack.commit(cpu, pointer + 2L * size + release);
            Segmentation.loadReal(cpu, CS, selector);
            cpu.rip = offset;
            return;
        }
        long descriptor = checkedReturn(cpu, selector);
        checkTarget(cpu, descriptor, offset);
        int rpl = selector & 3;
        if (rpl == cpu.cpl) {
            Segmentation.setCode(cpu, selector, descriptor, rpl);
            // as the target uses the stack
            Stack.commit(cpu, Stack.pointer(cpu) + 2L * size + release);
        } else {
            long stackPointer = Stack.peek(cpu, pointer, 2 * size + release, size);
            int stackSelector = (int) Stack.peek(cpu, pointer, 3 * size + release, size) & 0xFFFF;
            outward(cpu, selector, descriptor, stackSelector, stackPointer + release);
        }
        cpu.rip = cpu.longMode ? offset : offset & 0xFFFF_FFFFL;
    }

    /// {@return the descriptor of a code segment that may be returned to}
    static long checkedReturn(Cpu cpu, int selector) {
        if (Descriptors.isNull(selector)) {
            throw GuestFault.protection();
        }
        long descriptor = Descriptors.read(cpu, selector, GuestFault.GP, 0);
        int attributes = Descriptors.attributes(descriptor);
        int rpl = selector & 3;
        int dpl = Descriptors.dpl(attributes);
        boolean allowed = Descriptors.conforming(attributes) ? dpl <= rpl : dpl == rpl;
        if (!Descriptors.code(attributes) || rpl < cpu.cpl || !allowed || both(cpu, attributes)) {
            throw Descriptors.fault(GuestFault.GP, selector, 0);
        }
        if (!Descriptors.present(attributes)) {
            throw Descriptors.fault(GuestFault.NP, selector, 0);
        }
        return descriptor;
    }

    /// Loads CS, SS and the stack pointer of a less privileged level (or, for IRET, of the same).
    static void outward(Cpu cpu, int selector, long descriptor, int stackSelector, long stackPointer) {
        int cpl = selector & 3;
        boolean sixtyFour = cpu.longActive() && (Descriptors.attributes(descriptor) & Descriptors.LONG) != 0;
        if (Descriptors.isNull(stackSelector)) {
            if (!sixtyFour || cpl == 3) {
                throw GuestFault.protection();
            }
            Segmentation.setCode(cpu, selector, descriptor, cpl);
            Segmentation.loadNull(cpu, SS, stackSelector);
            cpu.segmentAttributes[SS] = cpl << 5;
        } else {
            long stack = Segmentation.checkedStack(cpu, stackSelector, cpl, GuestFault.GP, 0);
            Segmentation.setCode(cpu, selector, descriptor, cpl);
            Segmentation.set(cpu, SS, stackSelector, stack);
        }
        Stack.commit(cpu, stackPointer);
        for (int segment : DATA_SEGMENTS) {
            dropPrivileged(cpu, segment);
        }
    }

    private static final int[] DATA_SEGMENTS = {ES, DS, FS, GS};

    /// Makes a data segment null that the new privilege level may not use.
    private static void dropPrivileged(Cpu cpu, int segment) {
        int attributes = cpu.segmentAttributes[segment];
        if (attributes != 0 && !Descriptors.conforming(attributes) && Descriptors.dpl(attributes) < cpu.cpl) {
            long base = cpu.segmentBase[segment];
            Segmentation.loadNull(cpu, segment, 0);
            if (cpu.longActive()) {
                cpu.segmentBase[segment] = base;
            }
        }
    }
}
