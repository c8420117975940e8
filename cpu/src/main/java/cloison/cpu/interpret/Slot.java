package cloison.cpu.interpret;

import cloison.cpu.decode.Operand;

/// A general register as an operand: all of it, or its low 4, 2 or 1 bytes, or the byte above the lowest.
///
/// @param register which
/// @param position 8 for AH to BH, else 0
/// @param mask the operand's bits, at position 0
/// @param keep the register's bits that a store leaves; none for 4 bytes, which are zero-extended
record Slot(int register, int position, long mask, long keep) {
    static Slot of(Operand operand) {
        int position = operand.kind() == Operand.Kind.GPR_HIGH ? 8 : 0;
        long mask = mask(operand.size());
        return new Slot(operand.number(), position, mask, operand.size() >= 4 ? 0 : ~(mask << position));
    }

    /// {@return the low `size` bytes}
    static long mask(int size) {
        return -1L >>> 64 - 8 * size;
    }

    /// {@return the operand, with anything above it}
    long get(Cpu cpu) {
        return cpu.gpr[register] >>> position;
    }

    /// {@return the operand, zero-extended}
    long value(Cpu cpu) {
        return cpu.gpr[register] >>> position & mask;
    }

    void set(Cpu cpu, long value) {
        cpu.gpr[register] = cpu.gpr[register] & keep | (value & mask) << position;
    }
}
