package cloison.cpu.fp;

import static cloison.cpu.fp.Unpacked.ZERO;

/// The floating-point arithmetic of SSE: float32 and float64 under MXCSR.
///
/// [#begin] takes MXCSR for one instruction; every operation adds the exceptions of its lane to [#raised]. Where one of
/// them is unmasked the results do not count.
///
/// **Owner:** the thread that runs the processor.
public final class Scalar {
    /// What [#float64] and [#float32] compute of two operands; a square root is of the second.
    public enum Operation {
        ADD,
        SUBTRACT,
        MULTIPLY,
        DIVIDE,
        MINIMUM,
        MAXIMUM,
        SQUARE_ROOT
    }

    // answers of compare
    public static final int LESS = -1;
    public static final int EQUAL = 0;
    public static final int GREATER = 1;
    public static final int UNORDERED = 2;

    // bits of MXCSR
    private static final int DENORMALS_ARE_ZERO = 1 << 6;
    private static final int FLUSH_TO_ZERO = 1 << 15;

    /// For each predicate, the orders of which it holds: bits LESS + 1, EQUAL + 1, GREATER + 1, UNORDERED + 1.
    private static final byte[] HOLDS = {2, 1, 3, 8, 13, 14, 12, 7, 10, 9, 11, 0, 5, 6, 4, 15};

    private final Core core = new Core();
    private final Fused fused = new Fused(core);
    private boolean denormalsAreZero;
    private int sum;

    public Scalar() {}

    /// Starts an instruction under `mxcsr`, with no exceptions raised.
    public void begin(int mxcsr) {
        core.rounding = mxcsr >>> 13 & 3;
        core.masks = mxcsr >>> 7 & 0x3F;
        core.flush = (mxcsr & FLUSH_TO_ZERO) != 0;
        denormalsAreZero = (mxcsr & DENORMALS_ARE_ZERO) != 0;
        sum = 0;
    }

    /// {@return the exceptions raised since [#begin], as the low six bits of MXCSR}
    ///
    /// Where an unmasked one of them is found before anything is computed, in whatever lane, those found by
    /// computing do not count.
    public int raised() {
        return (sum & ~core.masks & Core.BEFORE) != 0 ? sum & Core.BEFORE : sum;
    }

    /// {@return whether `x` is a normal number or zero}
    public static boolean plain(long x) {
        return (x + 0x0010_0000_0000_0000L & 0x7FE0_0000_0000_0000L) != 0 || x << 1 == 0;
    }

    /// {@return whether `x` is a normal number or zero}
    public static boolean plain(int x) {
        return (x + 0x0080_0000 & 0x7F00_0000) != 0 || x << 1 == 0;
    }

    private void enter() {
        core.raised = 0;
    }

    private void leave() {
        sum |= core.raised;
    }

    /// {@return the result as a float64}
    public long float64(Operation operation, long a, long b) {
        enter();
        core.a.float64(a, denormalsAreZero);
        core.b.float64(b, denormalsAreZero);
        if (operation == Operation.MINIMUM || operation == Operation.MAXIMUM) {
            boolean first = first(operation);
            leave();
            return (first ? core.a : core.b).kind == ZERO ? (first ? a : b) & Long.MIN_VALUE : first ? a : b;
        }
        compute(operation, Format.DOUBLE);
        leave();
        return core.r.toFloat64();
    }

    /// {@return the result as a float32}
    public int float32(Operation operation, int a, int b) {
        enter();
        core.a.float32(a, denormalsAreZero);
        core.b.float32(b, denormalsAreZero);
        if (operation == Operation.MINIMUM || operation == Operation.MAXIMUM) {
            boolean first = first(operation);
            leave();
            return (first ? core.a : core.b).kind == ZERO ? (first ? a : b) & Integer.MIN_VALUE : first ? a : b;
        }
        compute(operation, Format.SINGLE);
        leave();
        return core.r.toFloat32();
    }

    private void compute(Operation operation, Format format) {
        switch (operation) {
            case ADD -> core.add(false, format);
            case SUBTRACT -> core.add(true, format);
            case MULTIPLY -> core.multiply(format);
            case DIVIDE -> core.divide(format);
            default -> {
                core.a.set(core.b);
                core.squareRoot(format);
            }
        }
    }

    /// {@return whether the answer of MIN or MAX is the first operand; NaN or not, it is the second unless the first is
    /// smaller or greater}
    private boolean first(Operation operation) {
        if (core.a.nan() || core.b.nan()) {
            core.raise(Core.INVALID);
            return false;
        }
        core.denormals();
        return core.compare() == (operation == Operation.MINIMUM ? LESS : GREATER);
    }

    /// {@return how two float64s compare}
    ///
    /// @param signal whether a quiet NaN is invalid, too
    public int compare64(long a, long b, boolean signal) {
        if (plain(a) && plain(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            return x < y ? LESS : x > y ? GREATER : EQUAL;
        }
        core.a.float64(a, denormalsAreZero);
        core.b.float64(b, denormalsAreZero);
        return compare(signal);
    }

    /// {@return how two float32s compare}
    ///
    /// @param signal whether a quiet NaN is invalid, too
    public int compare32(int a, int b, boolean signal) {
        if (plain(a) && plain(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            return x < y ? LESS : x > y ? GREATER : EQUAL;
        }
        core.a.float32(a, denormalsAreZero);
        core.b.float32(b, denormalsAreZero);
        return compare(signal);
    }

    private int compare(boolean signal) {
        enter();
        int answer;
        if (core.a.nan() || core.b.nan()) {
            if (signal || core.a.kind == Unpacked.SIGNALLING || core.b.kind == Unpacked.SIGNALLING) {
                core.raise(Core.INVALID);
            }
            answer = UNORDERED;
        } else {
            core.denormals();
            answer = Integer.signum(core.compare());
        }
        leave();
        return answer;
    }

    /// {@return whether predicate `predicate` (0..31) holds of two float64s}
    ///
    /// SDM volume 2, CMPPD: 0..7 are eq lt le unord neq nlt nle ord, 8..15 their like for other answers to NaN
    /// and for the other direction; 16 changes whether a quiet NaN is invalid.
    public boolean holds64(int predicate, long a, long b) {
        return holds(predicate, compare64(a, b, signals(predicate)));
    }

    /// {@return whether predicate `predicate` holds of two float32s, like [#holds64]}
    public boolean holds32(int predicate, int a, int b) {
        return holds(predicate, compare32(a, b, signals(predicate)));
    }

    private static boolean signals(int predicate) {
        return ((predicate & 3) == 1 || (predicate & 3) == 2) != ((predicate & 16) != 0);
    }

    private static boolean holds(int predicate, int order) {
        return (HOLDS[predicate & 15] >> order + 1 & 1) != 0;
    }

    /// {@return a float64 as a float32}
    public int narrow(long a) {
        enter();
        core.a.float64(a, denormalsAreZero);
        convert(Format.SINGLE);
        leave();
        return core.r.toFloat32();
    }

    /// {@return a float32 as a float64}
    public long widen(int a) {
        if (plain(a)) {
            return Double.doubleToRawLongBits(Float.intBitsToFloat(a));
        }
        enter();
        core.a.float32(a, denormalsAreZero);
        convert(Format.DOUBLE);
        leave();
        return core.r.toFloat64();
    }

    private void convert(Format format) {
        if (core.nan() || core.denormalOperand()) {
            return;
        }
        if (core.a.kind == Unpacked.FINITE) {
            core.round(core.a.negative, core.a.exponent, core.a.significand, 0, format);
        } else {
            core.r.set(core.a);
        }
    }

    /// {@return a float16 as a float32; it is neither denormal nor zero for it}
    public int widenHalf(int a) {
        enter();
        core.a.float16(a);
        core.a.denormal = false;
        convert(Format.SINGLE);
        leave();
        return core.r.toFloat32();
    }

    /// {@return a float32 as a float16, never flushed to zero}
    ///
    /// @param control the immediate of VCVTPS2PH: bits 1..0 mode, 2 use that of MXCSR
    public int narrowToHalf(int a, int control) {
        enter();
        core.a.float32(a, denormalsAreZero);
        int rounding = core.rounding;
        boolean flush = core.flush;
        core.rounding = (control & 4) != 0 ? rounding : control & 3;
        core.flush = false;
        convert(Format.HALF);
        core.rounding = rounding;
        core.flush = flush;
        leave();
        return core.r.toFloat16();
    }

    /// {@return `a * b + c` as a float64, rounded once}
    ///
    /// @param negate whether the product is negated
    /// @param subtract whether `c` is
    public long fused64(long a, long b, long c, boolean negate, boolean subtract) {
        enter();
        core.a.float64(a, denormalsAreZero);
        core.b.float64(b, denormalsAreZero);
        fused.c.float64(c, denormalsAreZero);
        fused.compute(negate, subtract, Format.DOUBLE);
        leave();
        return core.r.toFloat64();
    }

    /// {@return `a * b + c` as a float32, like [#fused64]}
    public int fused32(int a, int b, int c, boolean negate, boolean subtract) {
        enter();
        core.a.float32(a, denormalsAreZero);
        core.b.float32(b, denormalsAreZero);
        fused.c.float32(c, denormalsAreZero);
        fused.compute(negate, subtract, Format.SINGLE);
        leave();
        return core.r.toFloat32();
    }

    /// {@return a signed integer as a float64}
    public long fromInteger64(long value) {
        if (value == (int) value) {
            return Double.doubleToRawLongBits((double) value);
        }
        enter();
        core.a.integer(value);
        convert(Format.DOUBLE);
        leave();
        return core.r.toFloat64();
    }

    /// {@return a signed integer as a float32}
    public int fromInteger32(long value) {
        enter();
        core.a.integer(value);
        convert(Format.SINGLE);
        leave();
        return core.r.toFloat32();
    }

    /// {@return a float64 as a signed integer of `bits` bits, the smallest one if it does not fit}
    public long toInteger64(long a, int bits, boolean truncate) {
        core.a.float64(a, denormalsAreZero);
        return toInteger(bits, truncate);
    }

    /// {@return a float32 as a signed integer of `bits` bits, the smallest one if it does not fit}
    public long toInteger32(int a, int bits, boolean truncate) {
        core.a.float32(a, denormalsAreZero);
        return toInteger(bits, truncate);
    }

    private long toInteger(int bits, boolean truncate) {
        enter();
        int rounding = core.rounding;
        core.rounding = truncate ? Core.TRUNCATE : rounding;
        long value = core.toInteger(bits);
        core.rounding = rounding;
        leave();
        return value;
    }

    /// {@return a float64 rounded to an integral value}
    ///
    /// @param control the immediate of ROUNDSD: bits 1..0 mode, 2 use that of MXCSR, 3 no precision exception
    public long integral64(long a, int control) {
        core.a.float64(a, denormalsAreZero);
        integral(control);
        return core.r.toFloat64();
    }

    /// {@return a float32 rounded to an integral value}
    ///
    /// @param control as for [#integral64]
    public int integral32(int a, int control) {
        core.a.float32(a, denormalsAreZero);
        integral(control);
        return core.r.toFloat32();
    }

    private void integral(int control) {
        enter();
        int rounding = core.rounding;
        core.rounding = (control & 4) != 0 ? rounding : control & 3;
        if (!core.nan()) {
            core.roundToIntegral();
            if ((control & 8) != 0) {
                core.raised &= ~Core.PRECISION;
            }
            if (core.r.kind == ZERO) {
                core.r.zero(core.a.negative);
            }
        }
        core.rounding = rounding;
        leave();
    }
}
