package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import org.jspecify.annotations.Nullable;

/// Makes the steps of a block's instructions: leaves out what does nothing and flags that nobody sees, and joins
/// neighbours in one step where that cannot be noticed.
///
/// A joined step stands for several instructions of which only the first can fault, so that a fault is always that of
/// the instruction at which the step begins.
///
/// **Owner:** the thread that builds blocks; it is used again for each block.
final class Sequence {
    private final boolean[] unseen;
    private final Step[] steps;
    private final int[] origins;
    private int size;

    /// @param most the most instructions of a block
    Sequence(int most) {
        unseen = new boolean[most];
        steps = new Step[most];
        origins = new int[most];
    }

    /// {@return how many steps there are}
    int size() {
        return size;
    }

    /// {@return step `n`}
    Step step(int n) {
        return steps[n];
    }

    /// {@return which instruction step `n` begins with}
    int origin(int n) {
        return origins[n];
    }

    /// Makes the steps of the first `count` instructions.
    void make(Instruction[] instructions, int count) {
        size = 0;
        LiveFlags.mark(instructions, count, unseen);
        int at = 0;
        while (at < count) {
            at += join(instructions, count, at);
        }
    }

    /// Makes the step of the instruction at `at` and perhaps of some after it; {@return how many it stands for}
    private int join(Instruction[] instructions, int count, int at) {
        Instruction i = instructions[at];
        if (i.op() == IntegerOp.NOP) {
            return 1;
        }
        if (at == count - 2) {
            Step both = CompareBranches.of(i, instructions[at + 1]);
            if (both != null) {
                add(both, at);
                return 2;
            }
        }
        Assignment first = Assignment.of(i, unseen[at]);
        if (first == null) {
            Step quiet = unseen[at] ? QuietSteps.of(i) : null;
            add(quiet == null ? plain(i) : quiet, at);
            return 1;
        }
        Assignment second = assignment(instructions, count, at + 1);
        if (second == null) {
            add(i.row.flagsWritten() == 0 ? plain(i) : first.step(), at);
            return 1;
        }
        Assignment third = assignment(instructions, count, at + 2);
        if (third == null) {
            add(Assignment.pair(first, second), at);
            return 2;
        }
        add(Assignment.triple(first, second, third), at);
        return 3;
    }

    private @Nullable Assignment assignment(Instruction[] instructions, int count, int at) {
        return at < count ? Assignment.of(instructions[at], unseen[at]) : null;
    }

    private static Step plain(Instruction i) {
        try {
            return Steps.of(i);
        } catch (IllegalStateException e) {
            return new Unknown(e);
        }
    }

    private void add(Step step, int at) {
        if (!(step instanceof MiscSteps.Nothing)) {
            steps[size] = step;
            origins[size++] = at;
        }
    }

    /// An instruction that the table has and no factory makes: the engine's fault, if it is ever executed.
    private static final class Unknown extends Step {
        private final IllegalStateException cause;

        Unknown(IllegalStateException cause) {
            this.cause = cause;
        }

        @Override
        public void run(Cpu cpu) {
            throw new IllegalStateException(cause);
        }
    }
}
