package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.CS;
import static cloison.machine.processor.ProcessorState.DS;
import static cloison.machine.processor.ProcessorState.ES;
import static cloison.machine.processor.ProcessorState.FS;
import static cloison.machine.processor.ProcessorState.GS;
import static cloison.machine.processor.ProcessorState.LDTR;
import static cloison.machine.processor.ProcessorState.SS;
import static cloison.machine.processor.ProcessorState.TR;

import cloison.cpu.state.Breakpoints;
import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;

/// Hardware task switches between 32-bit task-state segments.
///
/// SDM volume 3, 7.2.1 (the segment) and 7.3 (the switch). Faults in the new task's selectors are raised in the new
/// task. 16-bit task-state segments are refused with #TS.
final class TaskSwitch {
    private enum Cause {
        JUMP,
        CALL,
        RETURN
    }

    // offsets in the task-state segment
    private static final int LINK = 0;
    private static final int CR3 = 0x1C;
    private static final int EIP = 0x20;
    private static final int EFLAGS = 0x24;
    private static final int REGISTERS = 0x28;
    private static final int SEGMENTS = 0x48;
    private static final int LOCAL_TABLE = 0x60;
    private static final int TRAP = 0x64;
    private static final int SIZE = 0x67;

    private static final int BUSY = 2;

    private TaskSwitch() {}

    /// Switches for a far JMP or CALL.
    static void transfer(Cpu cpu, int selector, boolean call) {
        switchTo(cpu, selector, call ? Cause.CALL : Cause.JUMP, GuestFault.GP, 0);
    }

    /// Switches for an interrupt or exception through a task gate; the error code, if any, is pushed in the new task.
    static void interrupt(Cpu cpu, int selector, int errorCode, int external) {
        switchTo(cpu, selector, Cause.CALL, GuestFault.GP, external);
        if (errorCode >= 0) {
            Stack.commit(cpu, Stack.push(cpu, Stack.pointer(cpu), 4, errorCode));
        }
    }

    /// Switches back for IRET with NT set.
    static void back(Cpu cpu) {
        int selector = (int) cpu.mmu.systemRead(cpu.segmentBase[TR] + LINK & 0xFFFF_FFFFL, 2);
        switchTo(cpu, selector, Cause.RETURN, GuestFault.TS, 0);
    }

    private static void switchTo(Cpu cpu, int selector, Cause cause, int vector, int external) {
        if ((selector & 4) != 0 || Descriptors.isNull(selector)) {
            throw Descriptors.fault(vector, selector, external);
        }
        long descriptor = Descriptors.read(cpu, selector, vector, external);
        int attributes = Descriptors.attributes(descriptor);
        int wanted = cause == Cause.RETURN ? Descriptors.TSS_BUSY : Descriptors.TSS;
        if ((attributes & (Descriptors.TYPE | Descriptors.NOT_SYSTEM)) != wanted) {
            throw Descriptors.fault(vector, selector, external);
        }
        if (!Descriptors.present(attributes)) {
            throw Descriptors.fault(GuestFault.NP, selector, external);
        }
        long limit = Descriptors.limit(descriptor) & 0xFFFF_FFFFL;
        if (limit < SIZE || (cpu.segmentLimit[TR] & 0xFFFF_FFFFL) < SIZE) {
            throw Descriptors.fault(GuestFault.TS, selector, external);
        }
        long old = cpu.segmentBase[TR];
        long base = Descriptors.base(descriptor);
        cpu.mmu.systemProbeWrite(old, SIZE + 1);
        cpu.mmu.systemProbeWrite(base, SIZE + 1);
        int oldSelector = cpu.segmentSelector[TR];
        save(cpu, old, cause == Cause.RETURN ? cpu.rflags() & ~Flags.NT : cpu.rflags());
        if (cause != Cause.CALL) {
            Descriptors.attributes(cpu, oldSelector, cpu.segmentAttributes[TR] & 0xFF & ~BUSY);
        }
        if (cause == Cause.CALL) {
            cpu.mmu.systemWrite(base + LINK & 0xFFFF_FFFFL, 2, oldSelector);
        }
        if (cause != Cause.RETURN) {
            Descriptors.attributes(cpu, selector, attributes & 0xFF | BUSY);
        }
        cpu.segmentSelector[TR] = selector;
        cpu.segmentBase[TR] = base;
        cpu.segmentLimit[TR] = (int) limit;
        cpu.segmentAttributes[TR] = attributes | BUSY;
        cpu.cr0 |= Control.CR0_TS;
        load(cpu, base, cause);
    }

    private static void save(Cpu cpu, long base, int flags) {
        store(cpu, base + EIP, cpu.rip);
        store(cpu, base + EFLAGS, flags);
        for (int i = 0; i < 8; i++) {
            store(cpu, base + REGISTERS + 4 * i, cpu.gpr[i]);
        }
        for (int segment = ES; segment <= GS; segment++) {
            cpu.mmu.systemWrite(base + SEGMENTS + 4 * segment & 0xFFFF_FFFFL, 2, cpu.segmentSelector[segment]);
        }
    }

    private static void store(Cpu cpu, long linear, long value) {
        cpu.mmu.systemWrite(linear & 0xFFFF_FFFFL, 4, value);
    }

    private static long fetch(Cpu cpu, long linear, int size) {
        return cpu.mmu.systemRead(linear & 0xFFFF_FFFFL, size);
    }

    private static void load(Cpu cpu, long base, Cause cause) {
        long[] registers = new long[8];
        for (int i = 0; i < 8; i++) {
            registers[i] = fetch(cpu, base + REGISTERS + 4 * i, 4);
        }
        int[] selectors = new int[6];
        for (int segment = ES; segment <= GS; segment++) {
            selectors[segment] = (int) fetch(cpu, base + SEGMENTS + 4 * segment, 2);
        }
        int localTable = (int) fetch(cpu, base + LOCAL_TABLE, 2);
        boolean trap = (fetch(cpu, base + TRAP, 2) & 1) != 0;
        int flags = (int) fetch(cpu, base + EFLAGS, 4) | (cause == Cause.CALL ? Flags.NT : 0);
        final long rip = fetch(cpu, base + EIP, 4);
        if ((cpu.cr0 & Control.CR0_PG) != 0) {
            ControlRegisters.loadRoot(cpu, fetch(cpu, base + CR3, 4));
        }
        System.arraycopy(registers, 0, cpu.gpr, 0, 8);
        cpu.rip = rip;
        cpu.loadFlags(flags, ~(Flags.VIF | Flags.VIP) & 0x3F_7FD5);
        for (int segment = ES; segment <= GS; segment++) {
            Segmentation.loadNull(cpu, segment, selectors[segment]);
        }
        Segmentation.loadNull(cpu, LDTR, localTable);
        if (!Descriptors.isNull(localTable)) {
            SystemSegments.loadLocalTable(cpu, localTable, GuestFault.TS);
        }
        if (cpu.virtual8086()) {
            for (int segment = ES; segment <= GS; segment++) {
                Segmentation.loadReal(cpu, segment, selectors[segment]);
            }
            cpu.cpl = 3;
            cpu.contextChanged();
        } else {
            loadSegments(cpu, selectors);
        }
        if (trap) {
            cpu.debugCause |= Breakpoints.TASK_SWITCH;
        }
    }

    private static void loadSegments(Cpu cpu, int[] selectors) {
        int selector = selectors[CS];
        cpu.cpl = selector & 3;
        cpu.contextChanged();
        if (Descriptors.isNull(selector)) {
            throw Descriptors.fault(GuestFault.TS, selector, 0);
        }
        long code = Descriptors.read(cpu, selector, GuestFault.TS, 0);
        int attributes = Descriptors.attributes(code);
        int dpl = Descriptors.dpl(attributes);
        boolean allowed = Descriptors.conforming(attributes) ? dpl <= (selector & 3) : dpl == (selector & 3);
        if (!Descriptors.code(attributes) || !allowed) {
            throw Descriptors.fault(GuestFault.TS, selector, 0);
        }
        if (!Descriptors.present(attributes)) {
            throw Descriptors.fault(GuestFault.NP, selector, 0);
        }
        Segmentation.setCode(cpu, selector, code, selector & 3);
        Segmentation.loadStack(cpu, selectors[SS], cpu.cpl, GuestFault.TS, 0);
        for (int segment : new int[] {DS, ES, FS, GS}) {
            try {
                Segmentation.load(cpu, segment, selectors[segment]);
            } catch (GuestFault fault) {
                throw fault.vector() == GuestFault.GP ? Descriptors.fault(GuestFault.TS, selectors[segment], 0) : fault;
            }
        }
        if (cpu.rip > (cpu.segmentLimit[CS] & 0xFFFF_FFFFL)) {
            throw GuestFault.protection();
        }
    }
}
