package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.CS;
import static cloison.machine.processor.ProcessorState.DS;
import static cloison.machine.processor.ProcessorState.ES;
import static cloison.machine.processor.ProcessorState.SS;

import cloison.cpu.state.CpuState;
import cloison.cpu.state.GuestFault;

/// Segment checks outside 64-bit mode, and the loading of segment registers.
///
/// SDM volume 3, 5.3 to 5.8.
public final class Segmentation {
    /// Attributes of a segment in virtual-8086 mode: read/write data, DPL 3.
    private static final int V86_ATTRIBUTES = 0xF3;

    private Segmentation() {}

    /// {@return the linear address of `size` bytes at `offset` in a segment, checked for reading}
    public static long read(Cpu cpu, int segment, long offset, int size) {
        int attributes = cpu.segmentAttributes[segment];
        boolean readable = (attributes & Descriptors.EXECUTABLE) == 0 || (attributes & Descriptors.PERMISSIVE) != 0;
        if (!readable || !within(cpu, segment, attributes, offset, size)) {
            throw violation(segment);
        }
        return cpu.segmentBase[segment] + offset & 0xFFFF_FFFFL;
    }

    /// {@return the linear address of `size` bytes at `offset` in a segment, checked for writing}
    public static long write(Cpu cpu, int segment, long offset, int size) {
        int attributes = cpu.segmentAttributes[segment];
        boolean writable = (attributes & (Descriptors.EXECUTABLE | Descriptors.PERMISSIVE)) == Descriptors.PERMISSIVE;
        if (!writable && !(cpu.realSegments() && attributes != 0) || !within(cpu, segment, attributes, offset, size)) {
            throw violation(segment);
        }
        return cpu.segmentBase[segment] + offset & 0xFFFF_FFFFL;
    }

    private static boolean within(Cpu cpu, int segment, int attributes, long offset, int size) {
        if (attributes == 0) {
            return false;
        }
        long limit = cpu.segmentLimit[segment] & 0xFFFF_FFFFL;
        long last = offset + size - 1;
        if ((attributes & (Descriptors.EXECUTABLE | Descriptors.SPECIAL)) == Descriptors.SPECIAL) {
            long top = (attributes & Descriptors.BIG) != 0 ? 0xFFFF_FFFFL : 0xFFFFL;
            return offset > limit && last <= top;
        }
        return last <= limit;
    }

    private static GuestFault violation(int segment) {
        return GuestFault.of(segment == SS ? GuestFault.SS : GuestFault.GP, 0);
    }

    /// {@return whether every access of four gigabytes from a segment's base on is allowed}
    public static boolean open(CpuState cpu, int segment) {
        int type = cpu.segmentAttributes[segment]
                & (Descriptors.EXECUTABLE | Descriptors.SPECIAL | Descriptors.PERMISSIVE);
        return type == Descriptors.PERMISSIVE && cpu.segmentLimit[segment] == -1;
    }

    /// {@return whether it executes 32-bit code at CPL 3 in flat segments: CS, SS, DS and ES are four gigabytes from 0}
    public static boolean flatUser32(Cpu cpu) {
        return cpu.cpl == 3
                && cpu.codeSize() == 32
                && cpu.segmentLimit[CS] == -1
                && (cpu.segmentAttributes[SS] & Descriptors.BIG) != 0
                && (cpu.segmentBase[CS] | cpu.segmentBase[SS] | cpu.segmentBase[DS] | cpu.segmentBase[ES]) == 0
                && open(cpu, SS)
                && open(cpu, DS)
                && open(cpu, ES);
    }

    /// Loads ES, SS, DS, FS or GS as MOV and POP do.
    static void load(Cpu cpu, int segment, int selector) {
        if (cpu.realSegments()) {
            loadReal(cpu, segment, selector);
        } else if (segment == SS) {
            loadStack(cpu, selector, cpu.cpl, GuestFault.GP, 0);
        } else {
            loadData(cpu, segment, selector);
        }
    }

    /// Loads a segment register as real and virtual-8086 mode do.
    static void loadReal(Cpu cpu, int segment, int selector) {
        cpu.segmentSelector[segment] = selector;
        cpu.segmentBase[segment] = (long) selector << 4;
        if (cpu.virtual8086()) {
            cpu.segmentLimit[segment] = 0xFFFF;
            cpu.segmentAttributes[segment] = V86_ATTRIBUTES;
        } else if (cpu.segmentAttributes[segment] == 0) {
            cpu.segmentLimit[segment] = 0xFFFF;
            cpu.segmentAttributes[segment] = 0x93;
        }
        if (segment == CS) {
            cpu.verifyBlocks();
        }
    }

    private static void loadData(Cpu cpu, int segment, int selector) {
        if (Descriptors.isNull(selector)) {
            loadNull(cpu, segment, selector);
            return;
        }
        long descriptor = Descriptors.read(cpu, selector, GuestFault.GP, 0);
        int attributes = Descriptors.attributes(descriptor);
        boolean code = Descriptors.code(attributes);
        if (!Descriptors.segment(attributes) || code && (attributes & Descriptors.PERMISSIVE) == 0) {
            throw Descriptors.fault(GuestFault.GP, selector, 0);
        }
        int dpl = Descriptors.dpl(attributes);
        if (!Descriptors.conforming(attributes) && ((selector & 3) > dpl || cpu.cpl > dpl)) {
            throw Descriptors.fault(GuestFault.GP, selector, 0);
        }
        if (!Descriptors.present(attributes)) {
            throw Descriptors.fault(GuestFault.NP, selector, 0);
        }
        set(cpu, segment, selector, descriptor);
    }

    /// Loads SS with all checks.
    ///
    /// @param cpl the privilege level that it is loaded for
    /// @param vector the fault that a bad selector raises: #GP, or #TS when it comes from a task-state segment
    static void loadStack(Cpu cpu, int selector, int cpl, int vector, int external) {
        if (Descriptors.isNull(selector)) {
            if (!cpu.longMode || cpl == 3 || (selector & 3) != cpl) {
                throw Descriptors.fault(vector, 0, external);
            }
            loadNull(cpu, SS, selector);
            cpu.segmentAttributes[SS] = cpl << 5;
            return;
        }
        long descriptor = checkedStack(cpu, selector, cpl, vector, external);
        set(cpu, SS, selector, descriptor);
    }

    /// {@return the descriptor of a stack segment that may be loaded for privilege level `cpl`}
    static long checkedStack(Cpu cpu, int selector, int cpl, int vector, int external) {
        long descriptor = Descriptors.read(cpu, selector, vector, external);
        int attributes = Descriptors.attributes(descriptor);
        if ((selector & 3) != cpl || !Descriptors.writableData(attributes) || Descriptors.dpl(attributes) != cpl) {
            throw Descriptors.fault(vector, selector, external);
        }
        if (!Descriptors.present(attributes)) {
            throw Descriptors.fault(GuestFault.SS, selector, external);
        }
        return descriptor;
    }

    /// Makes a segment register null.
    static void loadNull(Cpu cpu, int segment, int selector) {
        cpu.segmentSelector[segment] = selector;
        cpu.segmentBase[segment] = 0;
        cpu.segmentLimit[segment] = 0;
        cpu.segmentAttributes[segment] = 0;
    }

    /// Loads a segment register, its hidden part from a descriptor that was checked; marks the descriptor accessed.
    static void set(Cpu cpu, int segment, int selector, long descriptor) {
        Descriptors.access(cpu, selector, descriptor);
        cpu.segmentSelector[segment] = selector;
        cpu.segmentBase[segment] = Descriptors.base(descriptor);
        cpu.segmentLimit[segment] = Descriptors.limit(descriptor);
        cpu.segmentAttributes[segment] = Descriptors.attributes(descriptor) | Descriptors.ACCESSED;
    }

    /// Loads CS and CPL from a descriptor that was checked; the processor's context follows.
    static void setCode(Cpu cpu, int selector, long descriptor, int cpl) {
        long base = cpu.segmentBase[CS];
        int limit = cpu.segmentLimit[CS];
        set(cpu, CS, selector & 0xFFFC | cpl, descriptor);
        cpu.cpl = cpl;
        if (base != cpu.segmentBase[CS] || limit != cpu.segmentLimit[CS]) {
            cpu.verifyBlocks();
        }
        cpu.contextChanged();
    }

    /// Loads CS and CPL with flat values, as SYSCALL and its kin do.
    static void setFlatCode(Cpu cpu, int selector, int attributes, int cpl) {
        if (cpu.segmentBase[CS] != 0 || cpu.segmentLimit[CS] != -1) {
            cpu.verifyBlocks();
        }
        cpu.segmentSelector[CS] = selector;
        cpu.segmentBase[CS] = 0;
        cpu.segmentLimit[CS] = -1;
        cpu.segmentAttributes[CS] = attributes;
        cpu.cpl = cpl;
        cpu.contextChanged();
    }

    /// Loads SS with flat values, as SYSCALL and its kin do.
    static void setFlatStack(Cpu cpu, int selector, int cpl) {
        cpu.segmentSelector[SS] = selector;
        cpu.segmentBase[SS] = 0;
        cpu.segmentLimit[SS] = -1;
        cpu.segmentAttributes[SS] = 0xC093 | cpl << 5;
    }
}
