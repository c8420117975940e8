package cloison.cpu.decode;

import cloison.cpu.state.CpuState;

/// One decoded instruction: the only thing that executions and the disassembler know of its bytes.
///
/// Fields are written by the decoder and then only read.
public final class Instruction {
    /// The row of the opcode table that matched.
    public final Row row;

    /// Code size in which it was decoded: 16, 32 or 64.
    public int mode;

    /// Offset of its first byte in CS.
    public long address;
    /// Bytes.
    public int length;

    /// Effective operand size in bytes: 2, 4 or 8.
    public int operandSize;
    /// Effective address size in bytes: 2, 4 or 8.
    public int addressSize;
    /// Bytes of a vector: 16, or 32 where VEX.L is set.
    public int vectorSize = 16;
    /// 0, 0xF2 or 0xF3; also present where it is a mandatory prefix.
    public int repeat;

    public boolean lock;

    /// The ModRM byte; 0 where there is none.
    public int modrm;

    /// The operands in Intel order, destination first.
    public Operand[] operands = {};

    // the memory operand: base + (index << scale) + displacement, truncated to the address size
    /// Register number, or [CpuState#ZERO].
    public int base = CpuState.ZERO;

    public int index = CpuState.ZERO;
    /// 0..3.
    public int scale;
    /// Sign-extended; for RIP-relative operands the absolute address, with no base.
    public long displacement;
    /// Effective segment of the memory operand: overridden or default. String sources use it too.
    public int segment;

    public long immediate;
    public long immediate2;

    public Instruction(Row row) {
        this.row = row;
    }

    /// {@return the same instruction with other operands and another immediate}
    public Instruction with(long immediate, Operand... operands) {
        Instruction copy = new Instruction(row);
        copy.mode = mode;
        copy.address = address;
        copy.length = length;
        copy.operandSize = operandSize;
        copy.addressSize = addressSize;
        copy.vectorSize = vectorSize;
        copy.modrm = modrm;
        copy.operands = operands;
        copy.base = base;
        copy.index = index;
        copy.scale = scale;
        copy.displacement = displacement;
        copy.segment = segment;
        copy.immediate = immediate;
        return copy;
    }

    /// {@return what it does}
    public Op op() {
        return row.op();
    }

    /// {@return operand `i`, destination first}
    public Operand operand(int i) {
        return operands[i];
    }

    /// {@return the offset in CS of the instruction after it; 32 bits wide outside 64-bit mode}
    public long next() {
        long next = address + length;
        return mode == 64 ? next : next & 0xFFFF_FFFFL;
    }
}
