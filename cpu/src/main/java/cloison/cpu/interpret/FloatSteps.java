package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.fp.Scalar;
import cloison.cpu.fp.Scalar.Operation;
import cloison.cpu.state.Flags;

/// Makes the steps of SSE floating-point arithmetic and comparison.
///
/// A packed operation raises the exceptions of all its lanes together: with all of them masked ([SseFloat#ordinary])
/// lane after lane is committed; otherwise all lanes are computed first, then committed, then written.
final class FloatSteps {
    private static final long LOW = 0xFFFF_FFFFL;

    private FloatSteps() {}

    static Step of(VectorOp op, Instruction i) {
        int d = Sse.register(i.operand(0));
        int s = Sse.source(i.operand(1));
        int immediate = (int) i.immediate & 0xFF;
        Step step = switch (op) {
            case ADDSD -> addDouble(d, s);
            case SUBSD -> subtractDouble(d, s);
            case MULSD -> multiplyDouble(d, s);
            case DIVSD -> divideDouble(d, s);
            case ADDSS -> addSingle(d, s);
            case SUBSS -> subtractSingle(d, s);
            case MULSS -> multiplySingle(d, s);
            case DIVSS -> divideSingle(d, s);
            case SQRTSD -> squareRoot(d, s);
            case MINSD -> scalar64(Operation.MINIMUM, d, s);
            case MAXSD -> scalar64(Operation.MAXIMUM, d, s);
            case MINSS -> scalar32(Operation.MINIMUM, d, s);
            case MAXSS -> scalar32(Operation.MAXIMUM, d, s);
            case SQRTSS -> scalar32(Operation.SQUARE_ROOT, d, s);
            case ADDPD -> packed64(Operation.ADD, d, s);
            case SUBPD -> packed64(Operation.SUBTRACT, d, s);
            case MULPD -> packed64(Operation.MULTIPLY, d, s);
            case DIVPD -> packed64(Operation.DIVIDE, d, s);
            case MINPD -> packed64(Operation.MINIMUM, d, s);
            case MAXPD -> packed64(Operation.MAXIMUM, d, s);
            case SQRTPD -> packed64(Operation.SQUARE_ROOT, d, s);
            case ADDPS -> packed32(Operation.ADD, d, s);
            case SUBPS -> packed32(Operation.SUBTRACT, d, s);
            case MULPS -> packed32(Operation.MULTIPLY, d, s);
            case DIVPS -> packed32(Operation.DIVIDE, d, s);
            case MINPS -> packed32(Operation.MINIMUM, d, s);
            case MAXPS -> packed32(Operation.MAXIMUM, d, s);
            case SQRTPS -> packed32(Operation.SQUARE_ROOT, d, s);
            case UCOMISD -> compare64(d, s, false);
            case COMISD -> compare64(d, s, true);
            case UCOMISS -> compare32(d, s, false);
            case COMISS -> compare32(d, s, true);
            // without VEX there are eight predicates
            case CMPPS, CMPPD, CMPSS, CMPSD -> FloatMixes.of(op, immediate & 7, d, s);
            default -> FloatMixes.of(op, immediate, d, s);
        };
        return Sse.fetch(i, i.operand(1), step);
    }

    private static Step addDouble(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d] = SseFloat.add64(cpu, cpu.xmm[d], cpu.xmm[s]);
            }
        };
    }

    private static Step subtractDouble(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d] = SseFloat.subtract64(cpu, cpu.xmm[d], cpu.xmm[s]);
            }
        };
    }

    private static Step multiplyDouble(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d] = SseFloat.multiply64(cpu, cpu.xmm[d], cpu.xmm[s]);
            }
        };
    }

    private static Step divideDouble(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d] = SseFloat.divide64(cpu, cpu.xmm[d], cpu.xmm[s]);
            }
        };
    }

    private static Step squareRoot(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d] = SseFloat.squareRoot64(cpu, cpu.xmm[s]);
            }
        };
    }

    private static Step addSingle(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                low(cpu, d, SseFloat.add32(cpu, (int) cpu.xmm[d], (int) cpu.xmm[s]));
            }
        };
    }

    private static Step subtractSingle(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                low(cpu, d, SseFloat.subtract32(cpu, (int) cpu.xmm[d], (int) cpu.xmm[s]));
            }
        };
    }

    private static Step multiplySingle(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                low(cpu, d, SseFloat.multiply32(cpu, (int) cpu.xmm[d], (int) cpu.xmm[s]));
            }
        };
    }

    private static Step divideSingle(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                low(cpu, d, SseFloat.divide32(cpu, (int) cpu.xmm[d], (int) cpu.xmm[s]));
            }
        };
    }

    /// Writes the lowest float32 of a register.
    static void low(Cpu cpu, int d, int value) {
        cpu.xmm[d] = cpu.xmm[d] & ~LOW | value & LOW;
    }

    private static Step scalar64(Operation operation, int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d] = SseFloat.float64(cpu, operation, cpu.xmm[d], cpu.xmm[s]);
            }
        };
    }

    private static Step scalar32(Operation operation, int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                low(cpu, d, SseFloat.float32(cpu, operation, (int) cpu.xmm[d], (int) cpu.xmm[s]));
            }
        };
    }

    private static Step packed64(Operation operation, int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                long low;
                long high;
                if (SseFloat.ordinary(cpu)) {
                    low = SseFloat.float64(cpu, operation, x[d], x[s]);
                    high = SseFloat.float64(cpu, operation, x[d + 1], x[s + 1]);
                } else {
                    Scalar unit = SseFloat.begin(cpu);
                    low = unit.float64(operation, x[d], x[s]);
                    high = unit.float64(operation, x[d + 1], x[s + 1]);
                    SseFloat.commit(cpu);
                }
                x[d] = low;
                x[d + 1] = high;
            }
        };
    }

    private static Step packed32(Operation operation, int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                long low;
                long high;
                if (SseFloat.ordinary(cpu)) {
                    low = pair(cpu, operation, x[d], x[s]);
                    high = pair(cpu, operation, x[d + 1], x[s + 1]);
                } else {
                    Scalar unit = SseFloat.begin(cpu);
                    low = pair(unit, operation, x[d], x[s]);
                    high = pair(unit, operation, x[d + 1], x[s + 1]);
                    SseFloat.commit(cpu);
                }
                x[d] = low;
                x[d + 1] = high;
            }
        };
    }

    /// {@return two float32 operations, committed}
    private static long pair(Cpu cpu, Operation operation, long x, long y) {
        return Lanes.pair(
                SseFloat.float32(cpu, operation, (int) x, (int) y),
                SseFloat.float32(cpu, operation, (int) (x >>> 32), (int) (y >>> 32)));
    }

    /// {@return two float32 operations}
    static long pair(Scalar unit, Operation operation, long x, long y) {
        return Lanes.pair(
                unit.float32(operation, (int) x, (int) y), unit.float32(operation, (int) (x >>> 32), (int) (y >>> 32)));
    }

    private static Step compare64(int d, int s, boolean signal) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                flags(cpu, SseFloat.compare64(cpu, cpu.xmm[d], cpu.xmm[s], signal));
            }
        };
    }

    private static Step compare32(int d, int s, boolean signal) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                flags(cpu, SseFloat.compare32(cpu, (int) cpu.xmm[d], (int) cpu.xmm[s], signal));
            }
        };
    }

    /// Sets the status flags as floating-point comparisons do.
    static void flags(Cpu cpu, int order) {
        cpu.statusFlags(
                switch (order) {
                    case Scalar.LESS -> Flags.CF;
                    case Scalar.EQUAL -> Flags.ZF;
                    case Scalar.GREATER -> 0;
                    default -> Flags.CF | Flags.PF | Flags.ZF;
                });
    }
}
