package cloison.cpu.interpret;

import cloison.cpu.decode.VectorOp;
import cloison.cpu.fp.Reciprocals;
import cloison.cpu.fp.Scalar;
import cloison.cpu.fp.Scalar.Operation;

/// Makes the steps of the rarer SSE floating-point operations: comparisons to masks, rounding, horizontal arithmetic,
/// dot products, approximations.
final class FloatMixes {
    /// What an operation makes of registers, before it is committed: low and high half of the destination.
    private interface Whole {
        long half(Scalar unit, long[] x, int d, int s, int half);
    }

    private FloatMixes() {}

    static Step of(VectorOp op, int immediate, int d, int s) {
        int predicate = immediate & 0x1F;
        return switch (op) {
            case CMPPD -> whole(d, s, (u, x, a, b, h) -> ones(u.holds64(predicate, x[a + h], x[b + h])));
            case CMPPS -> whole(d, s, (u, x, a, b, h) -> masks(u, predicate, x[a + h], x[b + h]));
            case CMPSD -> low64(d, s, (u, x, a, b, _) -> ones(u.holds64(predicate, x[a], x[b])));
            case CMPSS -> low32(d, s, (u, x, a, b, _) -> ones(u.holds32(predicate, (int) x[a], (int) x[b])));
            case ROUNDPD -> whole(d, s, (u, x, _, b, h) -> u.integral64(x[b + h], immediate));
            case ROUNDPS ->
                whole(
                        d,
                        s,
                        (u, x, _, b, h) -> Lanes.pair(
                                u.integral32((int) x[b + h], immediate),
                                u.integral32((int) (x[b + h] >>> 32), immediate)));
            case ROUNDSD -> low64(d, s, (u, x, _, b, _) -> u.integral64(x[b], immediate));
            case ROUNDSS -> low32(d, s, (u, x, _, b, _) -> u.integral32((int) x[b], immediate));
            case HADDPD -> whole(d, s, (u, x, a, b, h) -> across64(u, Operation.ADD, x, h == 0 ? a : b));
            case HSUBPD -> whole(d, s, (u, x, a, b, h) -> across64(u, Operation.SUBTRACT, x, h == 0 ? a : b));
            case HADDPS -> whole(d, s, (u, x, a, b, h) -> across32(u, Operation.ADD, x, h == 0 ? a : b));
            case HSUBPS -> whole(d, s, (u, x, a, b, h) -> across32(u, Operation.SUBTRACT, x, h == 0 ? a : b));
            case ADDSUBPD ->
                whole(
                        d,
                        s,
                        (u, x, a, b, h) -> u.float64(h == 0 ? Operation.SUBTRACT : Operation.ADD, x[a + h], x[b + h]));
            case ADDSUBPS ->
                whole(
                        d,
                        s,
                        (u, x, a, b, h) -> Lanes.pair(
                                u.float32(Operation.SUBTRACT, (int) x[a + h], (int) x[b + h]),
                                u.float32(Operation.ADD, (int) (x[a + h] >>> 32), (int) (x[b + h] >>> 32))));
            case DPPD -> dotProduct64(d, s, immediate);
            case DPPS -> dotProduct32(d, s, immediate);
            case RCPPS ->
                whole(
                        d,
                        s,
                        (_, x, _, b, h) ->
                                Lanes.pair(Reciprocals.reciprocal((int) x[b + h]), Reciprocals.reciprocal((int)
                                        (x[b + h] >>> 32))));
            case RSQRTPS ->
                whole(
                        d,
                        s,
                        (_, x, _, b, h) ->
                                Lanes.pair(Reciprocals.reciprocalRoot((int) x[b + h]), Reciprocals.reciprocalRoot((int)
                                        (x[b + h] >>> 32))));
            case RCPSS -> low32(d, s, (_, x, _, b, _) -> Reciprocals.reciprocal((int) x[b]));
            case RSQRTSS -> low32(d, s, (_, x, _, b, _) -> Reciprocals.reciprocalRoot((int) x[b]));
            default -> throw new IllegalStateException("not a floating-point operation: " + op);
        };
    }

    private static long ones(boolean condition) {
        return condition ? -1 : 0;
    }

    private static long masks(Scalar unit, int predicate, long a, long b) {
        long low = ones(unit.holds32(predicate, (int) a, (int) b));
        long high = ones(unit.holds32(predicate, (int) (a >>> 32), (int) (b >>> 32)));
        return low & 0xFFFF_FFFFL | high << 32;
    }

    private static long across64(Scalar unit, Operation operation, long[] x, int at) {
        return unit.float64(operation, x[at], x[at + 1]);
    }

    private static long across32(Scalar unit, Operation operation, long[] x, int at) {
        return Lanes.pair(
                unit.float32(operation, (int) x[at], (int) (x[at] >>> 32)),
                unit.float32(operation, (int) x[at + 1], (int) (x[at + 1] >>> 32)));
    }

    private static Step whole(int d, int s, Whole whole) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                Scalar unit = SseFloat.begin(cpu);
                long low = whole.half(unit, cpu.xmm, d, s, 0);
                long high = whole.half(unit, cpu.xmm, d, s, 1);
                SseFloat.commit(cpu);
                cpu.xmm[d] = low;
                cpu.xmm[d + 1] = high;
            }
        };
    }

    private static Step low64(int d, int s, Whole whole) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long low = whole.half(SseFloat.begin(cpu), cpu.xmm, d, s, 0);
                SseFloat.commit(cpu);
                cpu.xmm[d] = low;
            }
        };
    }

    private static Step low32(int d, int s, Whole whole) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                int low = (int) whole.half(SseFloat.begin(cpu), cpu.xmm, d, s, 0);
                SseFloat.commit(cpu);
                FloatSteps.low(cpu, d, low);
            }
        };
    }

    /// Each lane adds in an order of its own, which shows in the NaN that it takes.
    private static Step dotProduct64(int d, int s, int control) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                Scalar unit = SseFloat.begin(cpu);
                long low = (control & 0x10) != 0 ? unit.float64(Operation.MULTIPLY, x[d], x[s]) : 0;
                long high = (control & 0x20) != 0 ? unit.float64(Operation.MULTIPLY, x[d + 1], x[s + 1]) : 0;
                SseFloat.commit(cpu);
                long sum = unit.float64(Operation.ADD, low, high);
                long reverse = unit.float64(Operation.ADD, high, low);
                SseFloat.commit(cpu);
                x[d] = (control & 1) != 0 ? sum : 0;
                x[d + 1] = (control & 2) != 0 ? reverse : 0;
            }
        };
    }

    private static Step dotProduct32(int d, int s, int control) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                dotProducts32(cpu, d, s, control, 2, cpu.quads);
                cpu.xmm[d] = cpu.quads[0];
                cpu.xmm[d + 1] = cpu.quads[1];
            }
        };
    }

    /// Makes a dot product of each 128 bits of two registers; all products come before all sums.
    ///
    /// @param count quadwords: 2 or 4
    static void dotProducts32(Cpu cpu, int a, int b, int control, int count, long[] quads) {
        Scalar unit = SseFloat.begin(cpu);
        for (int n = 0; n < count; n++) {
            long x = Avx.quad(cpu, a, n);
            long y = Avx.quad(cpu, b, n);
            int bits = control >> 2 * (n & 1);
            quads[n] = Lanes.pair(product(unit, x, y, bits, 0x10), product(unit, x >>> 32, y >>> 32, bits, 0x20));
        }
        SseFloat.commit(cpu);
        for (int n = 0; n < count; n++) {
            int low = (int) quads[n];
            int high = (int) (quads[n] >>> 32);
            quads[n] = Lanes.pair(unit.float32(Operation.ADD, high, low), unit.float32(Operation.ADD, low, high));
        }
        SseFloat.commit(cpu);
        for (int n = 0; n < count; n += 2) {
            int s0 = (int) quads[n];
            int s1 = (int) (quads[n] >>> 32);
            int s2 = (int) quads[n + 1];
            int s3 = (int) (quads[n + 1] >>> 32);
            quads[n] = Lanes.pair(sum(unit, s0, s2, control & 1), sum(unit, s1, s3, control & 2));
            quads[n + 1] = Lanes.pair(sum(unit, s2, s0, control & 4), sum(unit, s3, s1, control & 8));
        }
        SseFloat.commit(cpu);
    }

    private static int sum(Scalar unit, int a, int b, int wanted) {
        int sum = unit.float32(Operation.ADD, a, b);
        return wanted != 0 ? sum : 0;
    }

    private static int product(Scalar unit, long a, long b, int control, int bit) {
        return (control & bit) != 0 ? unit.float32(Operation.MULTIPLY, (int) a, (int) b) : 0;
    }
}
