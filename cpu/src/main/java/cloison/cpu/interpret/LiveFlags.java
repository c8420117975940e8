package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.state.Flags;

/// Finds out which instructions of a block set flags that nobody can see: a later one of the block sets them again, and
/// none in between reads them, may fault, or may leave the block.
final class LiveFlags {
    private LiveFlags() {}

    /// Sets `unseen[n]` for each of the first `count` instructions that sets flags of which nobody sees any.
    static void mark(Instruction[] instructions, int count, boolean[] unseen) {
        int live = Flags.STATUS;
        for (int n = count - 1; n >= 0; n--) {
            Instruction i = instructions[n];
            int written = i.row.flagsWritten();
            unseen[n] = written != 0 && (written & live) == 0;
            live = onlyComputes(i) ? live & ~set(i) | i.row.flagsRead() : Flags.STATUS;
        }
    }

    /// {@return whether the instruction does nothing but compute registers from registers, so that it cannot fault}
    private static boolean onlyComputes(Instruction i) {
        if (!(i.op() instanceof IntegerOp op) || i.row.ends() || i.row.is("faults")) {
            return false;
        }
        for (Operand operand : i.operands) {
            if (operand.kind() == Kind.MEMORY && op != IntegerOp.LEA && op != IntegerOp.NOP) {
                return false;
            }
        }
        return op.set()
                || op.move()
                || switch (op) {
                    case ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST, INC, DEC, NOT, NEG, MUL, IMUL -> true;
                    case ROL, ROR, RCL, RCR, SHL, SHR, SAR, SHLD, SHRD, BT, BTS, BTR, BTC, BSF, BSR -> true;
                    case CBW, CWD, BSWAP, MOV, MOVZX, MOVSX, MOVSXD, LEA, NOP, CMC, CLC, STC -> true;
                    default -> false;
                };
    }

    /// {@return the status flags that the step of `i` sets whatever the operands are}
    ///
    /// What an instruction leaves undefined counts only where its step always sets it.
    private static int set(Instruction i) {
        return switch (i.op()) {
            case IntegerOp.AND, IntegerOp.OR, IntegerOp.XOR, IntegerOp.TEST -> Flags.STATUS;
            case IntegerOp.MUL, IntegerOp.IMUL -> Flags.STATUS;
            case IntegerOp.SHL, IntegerOp.SHR, IntegerOp.SAR, IntegerOp.SHLD, IntegerOp.SHRD -> shifted(i);
            case IntegerOp.ROL, IntegerOp.ROR, IntegerOp.RCL, IntegerOp.RCR -> 0;
            default -> i.row.flagsWritten() & ~i.row.flagsUndefined();
        };
    }

    /// {@return the flags that a shift sets; one by no places sets none}
    private static int shifted(Instruction i) {
        Operand count = i.operand(i.operands.length - 1);
        long most = i.operand(0).size() == 8 ? 63 : 31;
        boolean shifts = count.kind() == Kind.CONSTANT || count.kind() == Kind.IMMEDIATE && (i.immediate & most) != 0;
        return shifts ? Flags.STATUS : 0;
    }
}
