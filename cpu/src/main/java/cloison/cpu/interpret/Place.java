package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;

/// A general-register or memory operand of an instruction that is not worth a form of its own.
final class Place {
    private final int register;
    private final int shift;
    private final int size;
    private final Address address;
    private final boolean memory;

    /// Operand `i` of an instruction.
    Place(Instruction instruction, int i) {
        Operand operand = instruction.operand(i);
        memory = operand.kind() == Operand.Kind.MEMORY;
        address = new Address(instruction);
        register = operand.number();
        shift = operand.kind() == Operand.Kind.GPR_HIGH ? 8 : 0;
        size = operand.size();
    }

    /// {@return its value, zero-extended}
    long read(Cpu cpu) {
        if (memory) {
            return cpu.mmu.read(address.read(cpu, size), size);
        }
        long value = cpu.gpr[register] >>> shift;
        return size == 8 ? value : value & (1L << 8 * size) - 1;
    }

    /// Stores the low bytes of `value`; a 32-bit register is zero-extended.
    void write(Cpu cpu, long value) {
        if (memory) {
            cpu.mmu.write(address.write(cpu, size), size, value);
        } else if (size == 8) {
            cpu.gpr[register] = value;
        } else if (size == 4) {
            cpu.gpr[register] = value & 0xFFFF_FFFFL;
        } else {
            long mask = (1L << 8 * size) - 1 << shift;
            cpu.gpr[register] = cpu.gpr[register] & ~mask | value << shift & mask;
        }
    }
}
