package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.fp.Scalar;

/// Makes the steps of SSE conversions between float32, float64 and integers.
final class FloatConversions {
    private FloatConversions() {}

    static Step of(VectorOp op, Instruction i) {
        return switch (op) {
            case CVTSI2SD, CVTSI2SS -> fromGeneral(op, i);
            case CVTSD2SI, CVTTSD2SI, CVTSS2SI, CVTTSS2SI -> toGeneral(op, i);
            case CVTPI2PS, CVTPI2PD -> fromMmx(op, i);
            case CVTPS2PI, CVTTPS2PI, CVTPD2PI, CVTTPD2PI -> toMmx(op, i);
            default -> Sse.fetch(i, i.operand(1), between(op, i));
        };
    }

    private static Step fromGeneral(VectorOp op, Instruction i) {
        int d = Sse.register(i.operand(0));
        Operand from = i.operand(1);
        int size = from.size();
        int r = from.number();
        boolean wide = op == VectorOp.CVTSI2SD;
        if (from.kind() == Kind.MEMORY) {
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    fromInteger(cpu, d, wide, signed(cpu.mmu.read(address.read(cpu, size), size), size));
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                fromInteger(cpu, d, wide, signed(cpu.gpr[r], size));
            }
        };
    }

    private static long signed(long value, int size) {
        return size == 8 ? value : (int) value;
    }

    private static void fromInteger(Cpu cpu, int d, boolean wide, long value) {
        if (wide) {
            cpu.xmm[d] = SseFloat.fromInteger64(cpu, value);
        } else {
            int result = SseFloat.begin(cpu).fromInteger32(value);
            SseFloat.commit(cpu);
            FloatSteps.low(cpu, d, result);
        }
    }

    private static Step toGeneral(VectorOp op, Instruction i) {
        int r = i.operand(0).number();
        int bits = i.operand(0).size() * 8;
        long mask = -1L >>> 64 - bits;
        int s = Sse.source(i.operand(1));
        Step step;
        if (op == VectorOp.CVTTSD2SI) {
            step = new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    cpu.gpr[r] = SseFloat.truncate64(cpu, cpu.xmm[s], bits) & mask;
                }
            };
        } else {
            boolean wide = op == VectorOp.CVTSD2SI;
            boolean truncate = op == VectorOp.CVTTSS2SI;
            step = new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    Scalar unit = SseFloat.begin(cpu);
                    long value = wide
                            ? unit.toInteger64(cpu.xmm[s], bits, truncate)
                            : unit.toInteger32((int) cpu.xmm[s], bits, truncate);
                    SseFloat.commit(cpu);
                    cpu.gpr[r] = value & mask;
                }
            };
        }
        return Sse.fetch(i, i.operand(1), step);
    }

    private static Step fromMmx(VectorOp op, Instruction i) {
        int d = Sse.register(i.operand(0));
        int s = i.operand(1).number();
        boolean wide = op == VectorOp.CVTPI2PD;
        if (i.operand(1).kind() == Kind.MEMORY) {
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    fromPair(cpu, d, cpu.mmu.read64(address.read(cpu, 8)), wide);
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                MmxSteps.ready(cpu);
                MmxSteps.enter(cpu);
                fromPair(cpu, d, cpu.x87Significand[s], wide);
            }
        };
    }

    private static void fromPair(Cpu cpu, int d, long value, boolean wide) {
        Scalar unit = SseFloat.begin(cpu);
        if (wide) {
            cpu.xmm[d] = unit.fromInteger64((int) value);
            cpu.xmm[d + 1] = unit.fromInteger64((int) (value >>> 32));
            return;
        }
        long result = Lanes.pair(unit.fromInteger32((int) value), unit.fromInteger32((int) (value >>> 32)));
        SseFloat.commit(cpu);
        cpu.xmm[d] = result;
    }

    private static Step toMmx(VectorOp op, Instruction i) {
        int d = i.operand(0).number();
        int s = Sse.source(i.operand(1));
        boolean wide = op == VectorOp.CVTPD2PI || op == VectorOp.CVTTPD2PI;
        boolean truncate = op == VectorOp.CVTTPS2PI || op == VectorOp.CVTTPD2PI;
        Step step = new Step() {
            @Override
            public void run(Cpu cpu) {
                MmxSteps.enter(cpu);
                Scalar unit = SseFloat.begin(cpu);
                long value = wide ? doubles(unit, cpu.xmm, s, truncate) : singles(unit, cpu.xmm[s], truncate);
                SseFloat.commit(cpu);
                MmxSteps.write(cpu, d, value);
            }
        };
        Step fetched = Sse.fetch(i, i.operand(1), step);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                MmxSteps.ready(cpu);
                fetched.run(cpu);
            }
        };
    }

    /// {@return two float64s as two int32s}
    private static long doubles(Scalar unit, long[] x, int s, boolean truncate) {
        return Lanes.pair((int) unit.toInteger64(x[s], 32, truncate), (int) unit.toInteger64(x[s + 1], 32, truncate));
    }

    /// {@return two float32s as two int32s}
    private static long singles(Scalar unit, long pair, boolean truncate) {
        return Lanes.pair((int) unit.toInteger32((int) pair, 32, truncate), (int)
                unit.toInteger32((int) (pair >>> 32), 32, truncate));
    }

    /// {@return two int32s as two float32s}
    private static long singlesOf(Scalar unit, long pair) {
        return Lanes.pair(unit.fromInteger32((int) pair), unit.fromInteger32((int) (pair >>> 32)));
    }

    private static Step between(VectorOp op, Instruction i) {
        int d = Sse.register(i.operand(0));
        int s = Sse.source(i.operand(1));
        if (op == VectorOp.CVTSD2SS) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    FloatSteps.low(cpu, d, SseFloat.narrow(cpu, cpu.xmm[s]));
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                convert(cpu, op, d, s);
            }
        };
    }

    private static void convert(Cpu cpu, VectorOp op, int d, int s) {
        long[] x = cpu.xmm;
        Scalar unit = SseFloat.begin(cpu);
        long low = switch (op) {
            case CVTSS2SD -> unit.widen((int) x[s]);
            case CVTPS2PD -> unit.widen((int) x[s]);
            case CVTPD2PS -> Lanes.pair(unit.narrow(x[s]), unit.narrow(x[s + 1]));
            case CVTDQ2PS -> singlesOf(unit, x[s]);
            case CVTDQ2PD -> unit.fromInteger64((int) x[s]);
            case CVTPS2DQ -> singles(unit, x[s], false);
            case CVTTPS2DQ -> singles(unit, x[s], true);
            case CVTPD2DQ -> doubles(unit, x, s, false);
            case CVTTPD2DQ -> doubles(unit, x, s, true);
            default -> throw new IllegalStateException("not a conversion: " + op);
        };
        long high = switch (op) {
            case CVTSS2SD -> x[d + 1];
            case CVTPS2PD -> unit.widen((int) (x[s] >>> 32));
            case CVTDQ2PS -> singlesOf(unit, x[s + 1]);
            case CVTDQ2PD -> unit.fromInteger64((int) (x[s] >>> 32));
            case CVTPS2DQ -> singles(unit, x[s + 1], false);
            case CVTTPS2DQ -> singles(unit, x[s + 1], true);
            default -> 0;
        };
        SseFloat.commit(cpu);
        x[d] = low;
        x[d + 1] = high;
    }
}
