package cloison.cpu.interpret;

import cloison.cpu.state.GuestFault;
import cloison.machine.processor.ProcessorState;

/// Segment and system descriptors: reading them from the tables, and what their bits say.
///
/// SDM volume 3, 3.4.5 and 3.5. A descriptor is its eight bytes as one long; `attributes` are as in
/// `ProcessorState.Segment`.
final class Descriptors {
    // attributes
    static final int ACCESSED = 1;
    /// Writable (data) or readable (code).
    static final int PERMISSIVE = 2;
    /// Expand-down (data) or conforming (code).
    static final int SPECIAL = 4;

    static final int EXECUTABLE = 8;
    static final int TYPE = 0xF;
    static final int NOT_SYSTEM = 0x10;
    static final int PRESENT = 0x80;
    static final int LONG = 1 << 13;
    static final int BIG = 1 << 14;

    // types of system descriptors
    static final int TSS_16 = 1;
    static final int LDT = 2;
    static final int TSS_16_BUSY = 3;
    static final int CALL_GATE_16 = 4;
    static final int TASK_GATE = 5;
    static final int INTERRUPT_GATE_16 = 6;
    static final int TRAP_GATE_16 = 7;
    static final int TSS = 9;
    static final int TSS_BUSY = 11;
    static final int CALL_GATE = 12;
    static final int INTERRUPT_GATE = 14;
    static final int TRAP_GATE = 15;

    private Descriptors() {}

    static int attributes(long descriptor) {
        return (int) (descriptor >>> 40) & 0xF0FF;
    }

    static long base(long descriptor) {
        return descriptor >>> 16 & 0xFF_FFFFL | descriptor >>> 32 & 0xFF00_0000L;
    }

    /// {@return the limit in bytes}
    static int limit(long descriptor) {
        int limit = (int) descriptor & 0xFFFF | (int) (descriptor >>> 32) & 0xF_0000;
        return descriptor << 8 < 0 ? limit << 12 | 0xFFF : limit;
    }

    static int type(int attributes) {
        return attributes & TYPE;
    }

    static int dpl(int attributes) {
        return attributes >> 5 & 3;
    }

    static boolean present(int attributes) {
        return (attributes & PRESENT) != 0;
    }

    /// {@return whether it is a segment (code or data), not a system descriptor}
    static boolean segment(int attributes) {
        return (attributes & NOT_SYSTEM) != 0;
    }

    static boolean code(int attributes) {
        return (attributes & (NOT_SYSTEM | EXECUTABLE)) == (NOT_SYSTEM | EXECUTABLE);
    }

    static boolean conforming(int attributes) {
        return (attributes & (NOT_SYSTEM | EXECUTABLE | SPECIAL)) == (NOT_SYSTEM | EXECUTABLE | SPECIAL);
    }

    static boolean writableData(int attributes) {
        return (attributes & (NOT_SYSTEM | EXECUTABLE | PERMISSIVE)) == (NOT_SYSTEM | PERMISSIVE);
    }

    /// {@return the offset in a gate's low eight bytes}
    static long gateOffset(long gate) {
        return gate & 0xFFFF | gate >>> 32 & 0xFFFF_0000L;
    }

    /// {@return the selector in a gate}
    static int gateSelector(long gate) {
        return (int) (gate >>> 16) & 0xFFFF;
    }

    static boolean isNull(int selector) {
        return (selector & 0xFFFC) == 0;
    }

    /// {@return the linear address of a selector's descriptor, or -1 if it lies outside its table}
    static long address(Cpu cpu, int selector, int size) {
        int offset = selector & 0xFFF8;
        if ((selector & 4) == 0) {
            return offset + size - 1 > cpu.gdtLimit ? -1 : linear(cpu, cpu.gdtBase + offset);
        }
        boolean usable = present(cpu.segmentAttributes[ProcessorState.LDTR]);
        long limit = cpu.segmentLimit[ProcessorState.LDTR] & 0xFFFF_FFFFL;
        return !usable || offset + size - 1 > limit ? -1 : linear(cpu, cpu.segmentBase[ProcessorState.LDTR] + offset);
    }

    private static long linear(Cpu cpu, long address) {
        return cpu.longActive() ? address : address & 0xFFFF_FFFFL;
    }

    /// {@return a selector's descriptor; a fault with `vector` if it lies outside its table}
    ///
    /// @param external 1 if the processor is delivering an event of its own, else 0
    static long read(Cpu cpu, int selector, int vector, int external) {
        long address = address(cpu, selector, 8);
        if (address == -1) {
            throw fault(vector, selector, external);
        }
        return cpu.mmu.systemRead(address, 8);
    }

    /// {@return a fault that names a selector}
    static GuestFault fault(int vector, int selector, int external) {
        return GuestFault.of(vector, selector & 0xFFFC | external);
    }

    /// Sets the accessed bit of a segment's descriptor in memory.
    static void access(Cpu cpu, int selector, long descriptor) {
        if ((attributes(descriptor) & ACCESSED) == 0) {
            attributes(cpu, selector, attributes(descriptor) & 0xFF | ACCESSED);
        }
    }

    /// Stores the low byte of the attributes of a descriptor in memory.
    static void attributes(Cpu cpu, int selector, int low) {
        long address = address(cpu, selector, 8);
        if (address != -1) {
            cpu.mmu.systemWrite(address + 5, 1, low);
        }
    }
}
