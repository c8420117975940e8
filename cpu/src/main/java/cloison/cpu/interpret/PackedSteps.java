package cloison.cpu.interpret;

import static cloison.cpu.interpret.Lanes.BYTES;
import static cloison.cpu.interpret.Lanes.DOUBLES;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.state.Flags;
import java.util.function.LongBinaryOperator;

/// Makes the steps of integer and logical operations on XMM registers.
///
/// The commonest are written straight; the others are a function of halves ([PackedLanes]) or of whole registers
/// ([PackedShuffles]).
final class PackedSteps {
    private PackedSteps() {}

    static Step of(VectorOp op, Instruction i) {
        return switch (op) {
            case PINSRB, PINSRW, PINSRD, PINSRQ -> insert(op, i);
            case PEXTRB, PEXTRW, PEXTRD, PEXTRQ, EXTRACTPS -> extract(op, i);
            default ->
                i.operands.length > 1 && i.operand(1).kind() == Kind.IMMEDIATE
                        ? shiftBy(op, i)
                        : Sse.fetch(i, i.operand(1), operation(op, i));
        };
    }

    private static Step operation(VectorOp op, Instruction i) {
        int d = Sse.register(i.operand(0));
        int s = Sse.source(i.operand(1));
        return switch (op) {
            case PXOR, XORPS, XORPD -> d == s ? clear(d) : exclusiveOr(d, s);
            case PAND, ANDPS, ANDPD -> and(d, s);
            case POR, ORPS, ORPD -> or(d, s);
            case PADDB -> addBytes(d, s);
            case PADDD -> addDoubles(d, s);
            case PADDQ -> addQuads(d, s);
            case PCMPEQB -> equalBytes(d, s);
            case PCMPEQD -> equalDoubles(d, s);
            case PMINUB -> minimumBytes(d, s);
            case PTEST -> test(d, s);
            default -> {
                LongBinaryOperator lanes = PackedLanes.of(op);
                if (lanes != null) {
                    yield halves(d, s, lanes);
                }
                LongBinaryOperator shift = PackedLanes.shift(op);
                yield shift != null ? shift(d, s, shift) : PackedShuffles.of(op, i, d, s);
            }
        };
    }

    private static Step halves(int d, int s, LongBinaryOperator lanes) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] = lanes.applyAsLong(x[d], x[s]);
                x[d + 1] = lanes.applyAsLong(x[d + 1], x[s + 1]);
            }
        };
    }

    private static Step shift(int d, int s, LongBinaryOperator shift) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                long count = x[s];
                x[d] = shift.applyAsLong(x[d], count);
                x[d + 1] = shift.applyAsLong(x[d + 1], count);
            }
        };
    }

    private static Step shiftBy(VectorOp op, Instruction i) {
        int d = Sse.register(i.operand(0));
        int count = (int) i.immediate & 0xFF;
        LongBinaryOperator shift = PackedLanes.shift(op);
        if (shift == null) {
            return PackedShuffles.shiftBytes(op, d, count);
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] = shift.applyAsLong(x[d], count);
                x[d + 1] = shift.applyAsLong(x[d + 1], count);
            }
        };
    }

    private static Step clear(int d) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d] = 0;
                cpu.xmm[d + 1] = 0;
            }
        };
    }

    private static Step exclusiveOr(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] ^= x[s];
                x[d + 1] ^= x[s + 1];
            }
        };
    }

    private static Step and(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] &= x[s];
                x[d + 1] &= x[s + 1];
            }
        };
    }

    private static Step or(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] |= x[s];
                x[d + 1] |= x[s + 1];
            }
        };
    }

    private static Step addBytes(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] = Lanes.add(x[d], x[s], BYTES);
                x[d + 1] = Lanes.add(x[d + 1], x[s + 1], BYTES);
            }
        };
    }

    private static Step addDoubles(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] = Lanes.add(x[d], x[s], DOUBLES);
                x[d + 1] = Lanes.add(x[d + 1], x[s + 1], DOUBLES);
            }
        };
    }

    private static Step addQuads(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] += x[s];
                x[d + 1] += x[s + 1];
            }
        };
    }

    private static Step equalBytes(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] = Lanes.equal(x[d], x[s], BYTES);
                x[d + 1] = Lanes.equal(x[d + 1], x[s + 1], BYTES);
            }
        };
    }

    private static Step equalDoubles(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] = Lanes.equal(x[d], x[s], DOUBLES);
                x[d + 1] = Lanes.equal(x[d + 1], x[s + 1], DOUBLES);
            }
        };
    }

    private static Step minimumBytes(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] = Lanes.minimumUnsigned(x[d], x[s], BYTES);
                x[d + 1] = Lanes.minimumUnsigned(x[d + 1], x[s + 1], BYTES);
            }
        };
    }

    private static Step test(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                long common = x[d] & x[s] | x[d + 1] & x[s + 1];
                long missing = ~x[d] & x[s] | ~x[d + 1] & x[s + 1];
                cpu.statusFlags((common == 0 ? Flags.ZF : 0) | (missing == 0 ? Flags.CF : 0));
            }
        };
    }

    /// PINSR: a lane from a general register or memory.
    private static Step insert(VectorOp op, Instruction i) {
        int bits = laneBits(op);
        int lane = (int) i.immediate & 128 / bits - 1;
        int d = Sse.register(i.operand(0)) + lane * bits / 64;
        int shift = lane * bits & 63;
        long mask = -1L >>> 64 - bits << shift;
        if (i.operand(1).kind() == Kind.MEMORY) {
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    long value = cpu.mmu.read(address.read(cpu, bits / 8), bits / 8);
                    cpu.xmm[d] = Lanes.select(mask, value << shift, cpu.xmm[d]);
                }
            };
        }
        int r = i.operand(1).number();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d] = Lanes.select(mask, cpu.gpr[r] << shift, cpu.xmm[d]);
            }
        };
    }

    /// PEXTR and EXTRACTPS: a lane to a general register or memory.
    private static Step extract(VectorOp op, Instruction i) {
        int bits = laneBits(op);
        int lane = (int) i.immediate & 128 / bits - 1;
        int s = Sse.register(i.operand(1)) + lane * bits / 64;
        int shift = lane * bits & 63;
        long mask = -1L >>> 64 - bits;
        if (i.operand(0).kind() == Kind.MEMORY) {
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    cpu.mmu.write(address.write(cpu, bits / 8), bits / 8, cpu.xmm[s] >>> shift & mask);
                }
            };
        }
        int r = i.operand(0).number();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.gpr[r] = cpu.xmm[s] >>> shift & mask;
            }
        };
    }

    private static int laneBits(VectorOp op) {
        return switch (op) {
            case PINSRB, PEXTRB -> 8;
            case PINSRW, PEXTRW -> 16;
            case PINSRD, PEXTRD, EXTRACTPS -> 32;
            case PINSRQ, PEXTRQ -> 64;
            default -> throw new IllegalStateException("not a move of a lane: " + op);
        };
    }
}
