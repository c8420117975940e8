package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.state.CpuState;
import org.jspecify.annotations.Nullable;

/// A register becomes a sum: `gpr[to] = gpr[base] + (gpr[index] << scale) + addend & mask`.
///
/// MOV between registers or from an immediate, LEA, and, where nobody sees their flags, ADD, SUB, INC, DEC, SHL and the
/// clearing XOR are of this form. It cannot fault, so that neighbours can share a step.
record Assignment(int to, int base, int index, int scale, long addend, long mask) {
    private static final int ZERO = CpuState.ZERO;

    /// {@return what `i` assigns, or null if it is not of this form}
    ///
    /// @param unseen whether nobody sees its flags
    static @Nullable Assignment of(Instruction i, boolean unseen) {
        if (!(i.op() instanceof IntegerOp op) || i.operands.length == 0) {
            return null;
        }
        Operand target = i.operand(0);
        if (target.kind() != Kind.GPR || target.size() < 4) {
            return null;
        }
        int to = target.number();
        long mask = Slot.mask(target.size());
        if (op == IntegerOp.LEA) {
            return new Assignment(to, i.base, i.index, i.scale, i.displacement, mask & Slot.mask(i.addressSize));
        }
        if (i.operands.length == 1) {
            return unseen && (op == IntegerOp.INC || op == IntegerOp.DEC)
                    ? new Assignment(to, to, ZERO, 0, op == IntegerOp.INC ? 1 : -1, mask)
                    : null;
        }
        Operand source = i.operand(1);
        if (i.operands.length > 2 || op != IntegerOp.MOV && !unseen) {
            return null;
        }
        return switch (source.kind()) {
            case GPR -> register(op, to, source.number(), source.size(), mask);
            case IMMEDIATE -> immediate(op, to, i.immediate, mask);
            case CONSTANT -> op == IntegerOp.SHL ? new Assignment(to, ZERO, to, 1, 0, mask) : null;
            default -> null;
        };
    }

    private static @Nullable Assignment register(IntegerOp op, int to, int from, int size, long mask) {
        if (size < 4) {
            return null;
        }
        return switch (op) {
            case MOV -> new Assignment(to, from, ZERO, 0, 0, mask);
            case ADD -> new Assignment(to, to, from, 0, 0, mask);
            case XOR, SUB -> to == from ? new Assignment(to, ZERO, ZERO, 0, 0, mask) : null;
            default -> null;
        };
    }

    private static @Nullable Assignment immediate(IntegerOp op, int to, long value, long mask) {
        return switch (op) {
            case MOV -> new Assignment(to, ZERO, ZERO, 0, value, mask);
            case ADD -> new Assignment(to, to, ZERO, 0, value, mask);
            case SUB -> new Assignment(to, to, ZERO, 0, -value, mask);
            case SHL -> {
                int places = (int) value & (mask == -1 ? 63 : 31);
                yield new Assignment(to, ZERO, to, places, 0, mask);
            }
            default -> null;
        };
    }

    /// {@return the step of one}
    Step step() {
        int to = this.to;
        int base = this.base;
        int index = this.index;
        int scale = this.scale;
        long addend = this.addend;
        long mask = this.mask;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long[] gpr = cpu.gpr;
                gpr[to] = gpr[base] + (gpr[index] << scale) + addend & mask;
            }
        };
    }

    /// {@return the step of two, one after the other}
    static Step pair(Assignment a, Assignment b) {
        return new Pair(a, b);
    }

    /// {@return the step of three, one after the other}
    static Step triple(Assignment a, Assignment b, Assignment c) {
        return new Triple(a, b, c);
    }

    private static class Pair extends Step {
        private final int to1;
        private final int base1;
        private final int index1;
        private final int scale1;
        private final long addend1;
        private final long mask1;
        private final int to2;
        private final int base2;
        private final int index2;
        private final int scale2;
        private final long addend2;
        private final long mask2;

        Pair(Assignment a, Assignment b) {
            to1 = a.to;
            base1 = a.base;
            index1 = a.index;
            scale1 = a.scale;
            addend1 = a.addend;
            mask1 = a.mask;
            to2 = b.to;
            base2 = b.base;
            index2 = b.index;
            scale2 = b.scale;
            addend2 = b.addend;
            mask2 = b.mask;
        }

        @Override
        public void run(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[to1] = gpr[base1] + (gpr[index1] << scale1) + addend1 & mask1;
            gpr[to2] = gpr[base2] + (gpr[index2] << scale2) + addend2 & mask2;
        }
    }

    private static final class Triple extends Pair {
        private final int to3;
        private final int base3;
        private final int index3;
        private final int scale3;
        private final long addend3;
        private final long mask3;

        Triple(Assignment a, Assignment b, Assignment c) {
            super(a, b);
            to3 = c.to;
            base3 = c.base;
            index3 = c.index;
            scale3 = c.scale;
            addend3 = c.addend;
            mask3 = c.mask;
        }

        @Override
        public void run(Cpu cpu) {
            super.run(cpu);
            long[] gpr = cpu.gpr;
            gpr[to3] = gpr[base3] + (gpr[index3] << scale3) + addend3 & mask3;
        }
    }
}
