package cloison.cpu.differential;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.state.Flags;
import java.util.ArrayList;
import java.util.List;

/// Where in a [Program] which status flags are undefined: along every way through it.
final class FlagFlow {
    private final List<Piece> pieces;
    private final int[] before;
    private final int[] after;

    private FlagFlow(List<Piece> pieces) {
        this.pieces = pieces;
        before = new int[pieces.size()];
        after = new int[pieces.size()];
    }

    /// Notes in the program where flags are undefined; {@return whether no instruction depends on such a flag}
    static boolean holds(Program program) {
        FlagFlow flow = new FlagFlow(program.pieces);
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = 0; i < flow.pieces.size(); i++) {
                changed |= flow.pass(i);
            }
        }
        program.undefined = new int[flow.before.length];
        for (int i = 0; i < flow.before.length; i++) {
            Instruction instruction = flow.pieces.get(i).instruction;
            if (instruction != null && (instruction.row.flagsRead() & flow.before[i]) != 0) {
                return false;
            }
            program.undefined[i] = flow.before[i] | flow.after[i];
        }
        return true;
    }

    private boolean pass(int i) {
        Instruction instruction = pieces.get(i).instruction;
        int out = before[i];
        if (instruction != null) {
            int undefined = instruction.row.flagsUndefined();
            out = out & ~(always(instruction) ? instruction.row.flagsWritten() : 0) | undefined;
        }
        after[i] = out;
        boolean changed = false;
        for (int next : successors(i)) {
            changed |= (out & ~before[next]) != 0;
            before[next] |= out;
        }
        return changed;
    }

    private List<Integer> successors(int i) {
        Piece piece = pieces.get(i);
        List<Integer> next = new ArrayList<>();
        if (piece.target >= 0) {
            next.add(piece.target);
        }
        if (piece.op().equals("RET")) {
            for (int call = 0; call < pieces.size(); call++) {
                if (pieces.get(call).op().equals("CALL")) {
                    next.add(call + 1);
                }
            }
        }
        if (i + 1 < pieces.size()) {
            next.add(i + 1); // too much after JMP and RET, which does not hurt
        }
        return next;
    }

    /// {@return whether an instruction writes its flags whatever its operands are}
    private static boolean always(Instruction instruction) {
        if (instruction.op() instanceof IntegerOp op) {
            return switch (op) {
                case ADD,
                        ADC,
                        SUB,
                        SBB,
                        CMP,
                        NEG,
                        INC,
                        DEC,
                        AND,
                        OR,
                        XOR,
                        TEST,
                        XADD,
                        CMPXCHG,
                        CLC,
                        STC,
                        CMC,
                        SAHF,
                        POPF -> true;
                default -> false;
            };
        }
        return (instruction.row.flagsWritten() & Flags.STATUS) == Flags.STATUS; // COMISS and the like, PTEST
    }
}
