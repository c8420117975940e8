package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.CS;
import static cloison.machine.processor.ProcessorState.DS;
import static cloison.machine.processor.ProcessorState.ES;
import static cloison.machine.processor.ProcessorState.FS;
import static cloison.machine.processor.ProcessorState.GS;
import static cloison.machine.processor.ProcessorState.RSP;
import static cloison.machine.processor.ProcessorState.SS;
import static cloison.machine.processor.ProcessorState.TR;

import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;

/// Delivers exceptions and interrupts through the interrupt-descriptor table of the mode in force.
///
/// SDM volume 3, chapter 6 (6.12 handlers, 6.14 64-bit mode, 6.15 double fault) and 20.1.4 (real mode).
///
/// RIP is what the handler returns to: the faulting instruction for a fault, the next one for everything else.
final class Delivery {
    private static final int NO_ERROR_CODE = -1;

    private Delivery() {}

    /// Delivers a fault or an abort, or what becomes of it; {@return false for a triple fault}
    static boolean exception(Cpu cpu, int vector, int errorCode) {
        return deliver(cpu, vector, hasErrorCode(vector) ? errorCode : NO_ERROR_CODE, vector != GuestFault.DB);
    }

    /// Delivers an exception that is reported after the instruction that caused it.
    static boolean trap(Cpu cpu, int vector) {
        return deliver(cpu, vector, NO_ERROR_CODE, false);
    }

    /// Delivers an external interrupt or NMI.
    static boolean interrupt(Cpu cpu, int vector) {
        return deliver(cpu, vector, NO_ERROR_CODE, false);
    }

    /// Delivers an interrupt that an instruction asked for; faults are the instruction's.
    ///
    /// @param privileged whether the gate's DPL counts (not for INT1)
    static void software(Cpu cpu, int vector, boolean privileged) {
        enter(cpu, vector, NO_ERROR_CODE, privileged, privileged ? 0 : 1, false);
        // TF is clear now: no single-step trap follows
        cpu.debugShadow = true;
    }

    private static boolean deliver(Cpu cpu, int first, int firstError, boolean fault) {
        // no instruction is executing: what is stored over cached code is simply stored
        cpu.mmu.alone = true;
        try {
            return attempt(cpu, first, firstError, fault);
        } finally {
            cpu.mmu.alone = false;
        }
    }

    private static boolean attempt(Cpu cpu, int first, int firstError, boolean fault) {
        int vector = first;
        int errorCode = firstError;
        boolean resume = fault;
        while (true) {
            try {
                enter(cpu, vector, errorCode, false, 1, resume);
                return true;
            } catch (GuestFault second) {
                if (vector == GuestFault.DF) {
                    return false;
                }
                boolean doubled = contributory(vector) && contributory(second.vector())
                        || vector == GuestFault.PF
                                && (second.vector() == GuestFault.PF || contributory(second.vector()));
                vector = doubled ? GuestFault.DF : second.vector();
                errorCode = doubled ? 0 : hasErrorCode(vector) ? second.errorCode() : NO_ERROR_CODE;
                resume = !doubled;
            }
        }
    }

    private static boolean contributory(int vector) {
        return vector == GuestFault.DE || vector >= GuestFault.TS && vector <= GuestFault.GP;
    }

    private static boolean hasErrorCode(int vector) {
        return vector == GuestFault.DF || vector >= GuestFault.TS && vector <= GuestFault.PF || vector == GuestFault.AC;
    }

    /// @param software whether the gate's privilege is checked, as for INT n
    /// @param external 1 in the error codes of faults met here, 0 for INT n
    /// @param resume whether the saved flags have RF set
    private static void enter(Cpu cpu, int vector, int errorCode, boolean software, int external, boolean resume) {
        int flags = cpu.rflags() | (resume ? Flags.RF : 0);
        if (!cpu.protectedMode()) {
            enterReal(cpu, vector, flags);
        } else if (cpu.longActive()) {
            enterLong(cpu, vector, errorCode, software, external, flags);
        } else {
            enterProtected(cpu, vector, errorCode, software, external, flags);
        }
    }

    // ---- real mode

    private static void enterReal(Cpu cpu, int vector, int flags) {
        if (4 * vector + 3 > cpu.idtLimit) {
            throw GuestFault.of(GuestFault.GP, 0);
        }
        long gate = cpu.mmu.systemRead(cpu.idtBase + 4L * vector & 0xFFFF_FFFFL, 4);
        long pointer = Stack.pointer(cpu);
        pointer = Stack.push(cpu, pointer, 2, flags);
        pointer = Stack.push(cpu, pointer, 2, cpu.segmentSelector[CS]);
        pointer = Stack.push(cpu, pointer, 2, cpu.rip);
        Stack.commit(cpu, pointer);
        cpu.loadFlags(0, Flags.IF | Flags.TF | Flags.AC | Flags.RF);
        Segmentation.loadReal(cpu, CS, (int) (gate >>> 16));
        cpu.rip = gate & 0xFFFF;
        cpu.contextChanged();
    }

    // ---- long mode

    private static void enterLong(Cpu cpu, int vector, int errorCode, boolean software, int external, int flags) {
        int gateError = vector << 3 | 2 | external;
        if (16 * vector + 15 > cpu.idtLimit) {
            throw GuestFault.of(GuestFault.GP, gateError);
        }
        long address = cpu.idtBase + 16L * vector;
        long gate = cpu.mmu.systemRead(address, 8);
        int attributes = Descriptors.attributes(gate);
        int type = attributes & (Descriptors.TYPE | Descriptors.NOT_SYSTEM);
        if (type != Descriptors.INTERRUPT_GATE && type != Descriptors.TRAP_GATE
                || software && Descriptors.dpl(attributes) < cpu.cpl) {
            throw GuestFault.of(GuestFault.GP, gateError);
        }
        if (!Descriptors.present(attributes)) {
            throw GuestFault.of(GuestFault.NP, gateError);
        }
        long target = Descriptors.gateOffset(gate) | cpu.mmu.systemRead(address + 8, 4) << 32;
        int selector = Descriptors.gateSelector(gate);
        long code = handlerCode(cpu, selector, external);
        int codeAttributes = Descriptors.attributes(code);
        if ((codeAttributes & (Descriptors.LONG | Descriptors.BIG)) != Descriptors.LONG) {
            throw Descriptors.fault(GuestFault.GP, selector, external);
        }
        int cpl = Descriptors.conforming(codeAttributes) ? cpu.cpl : Descriptors.dpl(codeAttributes);
        int stackTable = (int) (gate >>> 32) & 7;
        long pointer;
        if (stackTable != 0) {
            pointer = stackOf(cpu, 0x1C + 8 * stackTable, external);
        } else if (cpl != cpu.cpl) {
            pointer = stackOf(cpu, 4 + 8 * cpl, external);
        } else {
            pointer = cpu.gpr[RSP];
        }
        pointer &= -16L;
        boolean withError = errorCode != NO_ERROR_CODE;
        long top = pointer - (withError ? 48 : 40);
        int savedCpl = cpu.cpl;
        cpu.cpl = cpl;
        cpu.mmu.context();
        try {
            cpu.mmu.write64(pointer - 8, cpu.segmentSelector[SS]);
            cpu.mmu.write64(pointer - 16, cpu.gpr[RSP]);
            cpu.mmu.write64(pointer - 24, flags & 0xFFFF_FFFFL);
            cpu.mmu.write64(pointer - 32, cpu.segmentSelector[CS]);
            cpu.mmu.write64(pointer - 40, cpu.rip);
            if (withError) {
                cpu.mmu.write64(pointer - 48, errorCode & 0xFFFF_FFFFL);
            }
            if (!Canonical.is(target)) {
                throw GuestFault.of(GuestFault.GP, external);
            }
        } catch (GuestFault fault) {
            cpu.cpl = savedCpl;
            cpu.mmu.context();
            boolean wild = fault.vector() == GuestFault.GP && !Canonical.is(top);
            throw wild ? GuestFault.of(GuestFault.SS, external) : fault;
        }
        if (cpl != savedCpl) {
            Segmentation.loadNull(cpu, SS, cpl);
            cpu.segmentAttributes[SS] = cpl << 5;
        }
        cpu.gpr[RSP] = top;
        enterFlags(cpu, type == Descriptors.INTERRUPT_GATE);
        Segmentation.setCode(cpu, selector, code, cpl);
        cpu.rip = target;
    }

    private static void enterFlags(Cpu cpu, boolean interruptGate) {
        cpu.flagRest &= ~(Flags.TF | Flags.NT | Flags.RF | Flags.VM | (interruptGate ? Flags.IF : 0));
    }

    /// {@return the stack pointer at `offset` in the 64-bit task-state segment}
    private static long stackOf(Cpu cpu, int offset, int external) {
        if (offset + 7 > (cpu.segmentLimit[TR] & 0xFFFF_FFFFL)) {
            throw Descriptors.fault(GuestFault.TS, cpu.segmentSelector[TR], external);
        }
        long pointer = cpu.mmu.systemRead(cpu.segmentBase[TR] + offset, 8);
        if (!Canonical.is(pointer)) {
            throw GuestFault.of(GuestFault.SS, external);
        }
        return pointer;
    }

    /// {@return the descriptor of a handler's code segment, checked}
    private static long handlerCode(Cpu cpu, int selector, int external) {
        if (Descriptors.isNull(selector)) {
            throw GuestFault.of(GuestFault.GP, external);
        }
        long code = Descriptors.read(cpu, selector, GuestFault.GP, external);
        int attributes = Descriptors.attributes(code);
        if (!Descriptors.code(attributes) || Descriptors.dpl(attributes) > cpu.cpl) {
            throw Descriptors.fault(GuestFault.GP, selector, external);
        }
        if (!Descriptors.present(attributes)) {
            throw Descriptors.fault(GuestFault.NP, selector, external);
        }
        return code;
    }

    // ---- protected mode

    private static void enterProtected(Cpu cpu, int vector, int errorCode, boolean software, int external, int flags) {
        int gateError = vector << 3 | 2 | external;
        if (cpu.virtual8086() && software && cpu.iopl() < 3) {
            throw GuestFault.protection();
        }
        if (8 * vector + 7 > cpu.idtLimit) {
            throw GuestFault.of(GuestFault.GP, gateError);
        }
        long gate = cpu.mmu.systemRead(cpu.idtBase + 8L * vector & 0xFFFF_FFFFL, 8);
        int attributes = Descriptors.attributes(gate);
        int type = attributes & (Descriptors.TYPE | Descriptors.NOT_SYSTEM);
        boolean known = type >= Descriptors.TASK_GATE && type <= Descriptors.TRAP_GATE_16
                || type == Descriptors.INTERRUPT_GATE
                || type == Descriptors.TRAP_GATE;
        if (!known || software && Descriptors.dpl(attributes) < cpu.cpl) {
            throw GuestFault.of(GuestFault.GP, gateError);
        }
        if (!Descriptors.present(attributes)) {
            throw GuestFault.of(GuestFault.NP, gateError);
        }
        if (type == Descriptors.TASK_GATE) {
            TaskSwitch.interrupt(cpu, Descriptors.gateSelector(gate), errorCode, external);
            return;
        }
        int size = type >= Descriptors.INTERRUPT_GATE ? 4 : 2;
        int selector = Descriptors.gateSelector(gate);
        long code = handlerCode(cpu, selector, external);
        int codeAttributes = Descriptors.attributes(code);
        int cpl = Descriptors.conforming(codeAttributes) ? cpu.cpl : Descriptors.dpl(codeAttributes);
        long target = size == 4 ? Descriptors.gateOffset(gate) : gate & 0xFFFF;
        if (cpu.virtual8086() && cpl != 0) {
            throw Descriptors.fault(GuestFault.GP, selector, external);
        }
        checkLimit(code, target, external);
        if (cpl != cpu.cpl) {
            pushInner(cpu, cpl, size, flags, errorCode, external);
        } else {
            pushFrame(cpu, Stack.pointer(cpu), size, flags, errorCode);
        }
        if (cpu.virtual8086()) {
            for (int segment : new int[] {DS, ES, FS, GS}) {
                Segmentation.loadNull(cpu, segment, 0);
            }
        }
        enterFlags(cpu, (type & 1) == 0);
        Segmentation.setCode(cpu, selector, code, cpl);
        cpu.rip = target;
    }

    private static void checkLimit(long code, long target, int external) {
        if (target > (Descriptors.limit(code) & 0xFFFF_FFFFL)) {
            throw GuestFault.of(GuestFault.GP, external);
        }
    }

    /// Switches to the stack of an inner privilege level and pushes the frame there.
    private static void pushInner(Cpu cpu, int cpl, int size, int flags, int errorCode, int external) {
        InnerStack inner = InnerStack.of(cpu, cpl, external);
        int oldSelector = cpu.segmentSelector[SS];
        long oldBase = cpu.segmentBase[SS];
        int oldLimit = cpu.segmentLimit[SS];
        int oldAttributes = cpu.segmentAttributes[SS];
        int oldCpl = cpu.cpl;
        long oldPointer = cpu.gpr[RSP];
        boolean v86 = cpu.virtual8086();
        Segmentation.set(cpu, SS, inner.selector(), inner.descriptor());
        cpu.cpl = cpl;
        cpu.mmu.context();
        try {
            long pointer = inner.pointer() & Stack.mask(cpu);
            if (v86) {
                pointer = Stack.push(cpu, pointer, size, cpu.segmentSelector[GS]);
                pointer = Stack.push(cpu, pointer, size, cpu.segmentSelector[FS]);
                pointer = Stack.push(cpu, pointer, size, cpu.segmentSelector[DS]);
                pointer = Stack.push(cpu, pointer, size, cpu.segmentSelector[ES]);
            }
            pointer = Stack.push(cpu, pointer, size, oldSelector);
            pointer = Stack.push(cpu, pointer, size, oldPointer);
            pushFrame(cpu, pointer, size, flags, errorCode);
        } catch (GuestFault fault) {
            cpu.segmentSelector[SS] = oldSelector;
            cpu.segmentBase[SS] = oldBase;
            cpu.segmentLimit[SS] = oldLimit;
            cpu.segmentAttributes[SS] = oldAttributes;
            cpu.cpl = oldCpl;
            cpu.gpr[RSP] = oldPointer;
            cpu.mmu.context();
            throw fault.vector() == GuestFault.SS && fault.errorCode() == 0
                    ? Descriptors.fault(GuestFault.SS, inner.selector(), external)
                    : fault;
        }
    }

    private static void pushFrame(Cpu cpu, long from, int size, int flags, int errorCode) {
        long pointer = Stack.push(cpu, from, size, flags);
        pointer = Stack.push(cpu, pointer, size, cpu.segmentSelector[CS]);
        pointer = Stack.push(cpu, pointer, size, cpu.rip);
        if (errorCode != NO_ERROR_CODE) {
            pointer = Stack.push(cpu, pointer, size, errorCode);
        }
        Stack.commit(cpu, pointer);
    }
}
