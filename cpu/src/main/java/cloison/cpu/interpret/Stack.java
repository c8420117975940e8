package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.RSP;
import static cloison.machine.processor.ProcessorState.SS;

/// The stack as far transfers, interrupts and returns use it: several values, and RSP changes only when all went well.
///
/// `pointer` walks; who uses it stores it to RSP at the end ([#commit]).
final class Stack {
    private Stack() {}

    /// {@return which bits of RSP address the stack: 64 in 64-bit mode, else 32 or 16 by SS.B}
    static long mask(Cpu cpu) {
        return cpu.longMode ? -1L : (cpu.segmentAttributes[SS] & Descriptors.BIG) != 0 ? 0xFFFF_FFFFL : 0xFFFFL;
    }

    /// {@return the stack pointer, without the bits that do not address the stack}
    static long pointer(Cpu cpu) {
        return cpu.gpr[RSP] & mask(cpu);
    }

    /// Stores the stack pointer, leaving the bits that do not address a 16-bit stack.
    static void commit(Cpu cpu, long pointer) {
        long mask = mask(cpu);
        cpu.gpr[RSP] = mask == 0xFFFFL ? cpu.gpr[RSP] & ~mask | pointer & mask : pointer & mask;
    }

    /// Stores a value below `pointer`; {@return the pointer below it}
    static long push(Cpu cpu, long pointer, int size, long value) {
        long below = pointer - size & mask(cpu);
        cpu.mmu.write(linear(cpu, below, size, true), size, value);
        return below;
    }

    /// {@return the value `depth` bytes above `pointer`}
    static long peek(Cpu cpu, long pointer, int depth, int size) {
        return cpu.mmu.read(linear(cpu, pointer + depth & mask(cpu), size, false), size);
    }

    /// {@return the linear address of `size` bytes at `offset` in the stack segment}
    static long linear(Cpu cpu, long offset, int size, boolean write) {
        if (cpu.longMode) {
            return offset;
        }
        return write ? Segmentation.write(cpu, SS, offset, size) : Segmentation.read(cpu, SS, offset, size);
    }
}
