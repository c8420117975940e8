package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.state.Flags;

/// Finds out which instructions of a block set flags that nobody can see: a later one of the block sets them again, and
/// none in between reads them, may fault, or may leave the block.
///
/// What an instruction leaves undefined counts as left alone, unless its step always sets it.
final class LiveFlags {
    private LiveFlags() {}

    /// Sets `unseen[n]` for each of the first `count` instructions whose flags nobody sees.
    static void mark(Instruction[] instructions, int count, boolean[] unseen) {
        int live = Flags.STATUS;
        for (int n = count - 1; n >= 0; n--) {
            Instruction i = instructions[n];
            unseen[n] = i.row.flagsWritten() != 0 && (i.row.flagsWritten() & live) == 0;
            live = live & ~set(i) | i.row.flagsRead();
            if (mayStop(i)) {
                live = Flags.STATUS;
            }
        }
    }

    /// {@return the status flags that the step of `i` sets whatever the operands are}
    private static int set(Instruction i) {
        if (!(i.op() instanceof IntegerOp op)) {
            return 0;
        }
        return switch (op) {
            case SHL, SHR, SAR, ROL, ROR, RCL, RCR, SHLD, SHRD -> shifted(op, i);
            case IMUL, MUL -> Flags.STATUS;
            case AND, OR, XOR, TEST -> Flags.STATUS;
            case DIV, IDIV -> 0;
            case BT, BTS, BTR, BTC -> Flags.CF;
            default -> i.row.flagsWritten() & ~i.row.flagsUndefined();
        };
    }

    private static int shifted(IntegerOp op, Instruction i) {
        Operand count = i.operand(i.operands.length - 1);
        long places = count.kind() == Kind.CONSTANT ? 1 : i.immediate & (i.operand(0).size() == 8 ? 63 : 31);
        if (count.kind() == Kind.GPR || places == 0) {
            return 0;
        }
        return switch (op) {
            case ROL, ROR -> Flags.CF | Flags.OF;
            // 8- and 16-bit ones may rotate all the way round
            case RCL, RCR -> i.operand(0).size() >= 4 ? Flags.CF | Flags.OF : 0;
            default -> Flags.STATUS;
        };
    }

    /// {@return whether the instruction may fault, trap or leave the block}
    private static boolean mayStop(Instruction i) {
        if (!(i.op() instanceof IntegerOp op) || i.row.ends() || i.row.is("faults") || i.lock) {
            return true;
        }
        if (op == IntegerOp.NOP || op == IntegerOp.LEA) {
            return false;
        }
        for (Operand operand : i.operands) {
            if (operand.kind() == Kind.MEMORY) {
                return true;
            }
        }
        return false;
    }
}
