package cloison.cpu.fp;

import static cloison.cpu.fp.Unpacked.FINITE;
import static cloison.cpu.fp.Unpacked.INFINITE;
import static cloison.cpu.fp.Unpacked.SIGNALLING;
import static cloison.cpu.fp.Unpacked.TOP;
import static cloison.cpu.fp.Unpacked.ZERO;

/// The floating-point arithmetic of x87: 80-bit data under FCW.
///
/// An instruction calls [#begin], gives one operand or two, calls one operation, and asks for [#raised] and the result.
/// Where an unmasked invalid, denormal or zero-divide exception was raised there is no result; where overflow or
/// underflow is unmasked, an 80-bit result has its exponent wrapped and a narrower one does not exist.
///
/// **Owner:** the thread that runs the processor.
public final class Extended {
    /// What [#arithmetic] computes of the first and the second operand.
    public enum Operation {
        ADD,
        MULTIPLY,
        SUBTRACT,
        SUBTRACT_REVERSED,
        DIVIDE,
        DIVIDE_REVERSED
    }

    // bits of FSW
    public static final int INVALID = Core.INVALID;
    public static final int DENORMAL = Core.DENORMAL;
    public static final int ZERO_DIVIDE = Core.ZERO_DIVIDE;
    public static final int OVERFLOW = Core.OVERFLOW;
    public static final int UNDERFLOW = Core.UNDERFLOW;
    public static final int PRECISION = Core.PRECISION;
    public static final int C0 = 0x100;
    public static final int C1 = 0x200;
    public static final int C2 = 0x400;
    public static final int C3 = 0x4000;

    /// Sign and exponent of the NaN that an invalid operation gives.
    public static final int INDEFINITE_EXPONENT = 0xFFFF;
    /// Its significand.
    public static final long INDEFINITE_SIGNIFICAND = 0xC000_0000_0000_0000L;

    private static final long TEN_18 = 1_000_000_000_000_000_000L;

    final Core core = new Core();
    private final Unpacked second = new Unpacked();
    private final Transcendental transcendental = new Transcendental(core);
    private Format format = Format.EXTENDED;
    private int conditions;
    private int decimalHigh;

    public Extended() {
        core.extended = true;
    }

    /// Starts an instruction under `control`, with no exceptions raised.
    public void begin(int control) {
        core.rounding = control >>> 10 & 3;
        core.masks = control & 0x3F;
        core.raised = 0;
        core.up = false;
        conditions = 0;
        format = switch (control >>> 8 & 3) {
            case 0 -> Format.SHORT;
            case 2 -> Format.MEDIUM;
            default -> Format.EXTENDED;
        };
    }

    // ---- operands

    public void first(int signExponent, long significand) {
        core.a.extended(signExponent, significand);
    }

    public void first32(int bits) {
        core.a.float32(bits, false);
    }

    public void first64(long bits) {
        core.a.float64(bits, false);
    }

    public void second(int signExponent, long significand) {
        core.b.extended(signExponent, significand);
    }

    public void second32(int bits) {
        core.b.float32(bits, false);
    }

    public void second64(long bits) {
        core.b.float64(bits, false);
    }

    public void secondInteger(long value) {
        core.b.integer(value);
    }

    // ---- results

    /// {@return the exceptions raised since [#begin] and condition codes, as bits of FSW; C1 is set if the result was
    /// rounded away from zero}
    public int raised() {
        return core.raised | conditions | (core.up ? C1 : 0);
    }

    /// {@return sign and exponent of the result}
    public int exponent() {
        return core.r.extendedExponent();
    }

    /// {@return the significand of the result}
    public long significand() {
        return core.r.extendedSignificand();
    }

    /// {@return sign and exponent of the second result}
    public int secondExponent() {
        return second.extendedExponent();
    }

    /// {@return the significand of the second result}
    public long secondSignificand() {
        return second.extendedSignificand();
    }

    /// {@return the result as a float32, after [#narrow32]}
    public int float32() {
        return core.r.toFloat32();
    }

    /// {@return the result as a float64, after [#narrow64]}
    public long float64() {
        return core.r.toFloat64();
    }

    // ---- operations that precision control rounds

    public void arithmetic(Operation operation) {
        if (operation == Operation.SUBTRACT_REVERSED || operation == Operation.DIVIDE_REVERSED) {
            second.set(core.a);
            core.a.set(core.b);
            core.b.set(second);
        }
        switch (operation) {
            case ADD -> core.add(false, format);
            case SUBTRACT, SUBTRACT_REVERSED -> core.add(true, format);
            case MULTIPLY -> core.multiply(format);
            case DIVIDE, DIVIDE_REVERSED -> core.divide(format);
        }
    }

    /// The square root of the first operand.
    public void squareRoot() {
        core.squareRoot(format);
    }

    // ---- conversions

    /// The first operand, a float32 or float64, as an 80-bit datum.
    public void widen() {
        if (!core.nan()) {
            core.denormalOperand();
            core.r.set(core.a);
        }
    }

    /// The second operand, an integer, as an 80-bit datum.
    public void widenInteger() {
        core.r.set(core.b);
    }

    /// The first operand as a float32.
    public void narrow32() {
        narrow(Format.SINGLE);
    }

    /// The first operand as a float64.
    public void narrow64() {
        narrow(Format.DOUBLE);
    }

    private void narrow(Format to) {
        if (core.nan()) {
            return;
        }
        if (core.a.kind == FINITE) {
            core.round(core.a.negative, core.a.exponent, core.a.significand, 0, to);
        } else {
            core.r.set(core.a);
        }
    }

    /// {@return the first operand as a signed integer of `bits` bits}
    public long toInteger(int bits, boolean truncate) {
        if (truncate) {
            core.rounding = Core.TRUNCATE;
        }
        return core.toInteger(bits);
    }

    /// {@return the first operand as eighteen decimal digits and a sign, the low 64 bits of the packed BCD; the high
    /// 16 are [#decimalHigh]}
    public long toDecimal() {
        long value = core.toInteger(64);
        boolean negative = core.a.negative;
        long magnitude = Math.abs(value);
        if ((core.raised & INVALID) != 0 || magnitude < 0 || magnitude >= TEN_18) {
            core.raised = INVALID;
            core.up = false;
            conditions = 0;
            decimalHigh = 0xFFFF;
            return 0xC000_0000_0000_0000L;
        }
        long low = 0;
        for (int i = 0; i < 64; i += 4) {
            low |= magnitude % 10 << i;
            magnitude /= 10;
        }
        decimalHigh = (int) (magnitude % 10 | magnitude / 10 << 4) | (negative ? 0x8000 : 0);
        return low;
    }

    /// {@return sign and the two highest digits of the last [#toDecimal]}
    public int decimalHigh() {
        return decimalHigh;
    }

    /// Takes packed BCD.
    ///
    /// @param high sign and the two highest digits
    public void decimal(long low, int high) {
        long value = (high >>> 4 & 0xF) * 10 + (high & 0xF);
        for (int i = 60; i >= 0; i -= 4) {
            value = value * 10 + (low >>> i & 0xF);
        }
        core.r.integer(value);
        core.r.negative = (high & 0x8000) != 0;
    }

    // ---- comparison and classification

    /// Compares the first operand with the second; the condition codes say how.
    ///
    /// @param quiet whether a quiet NaN is only unordered, not invalid
    public void compare(boolean quiet) {
        Unpacked a = core.a;
        Unpacked b = core.b;
        if (a.nan() || b.nan()) {
            conditions = C0 | C2 | C3;
            if (!quiet || a.kind >= SIGNALLING || b.kind >= SIGNALLING) {
                core.raise(INVALID);
            }
            return;
        }
        core.denormals();
        int order = core.compare();
        conditions = order < 0 ? C0 : order > 0 ? 0 : C3;
    }

    /// {@return the condition codes of FXAM for a register that is not empty}
    public static int examine(int signExponent, long significand) {
        int exponent = signExponent & 0x7FFF;
        int sign = (signExponent & 0x8000) != 0 ? C1 : 0;
        if (exponent == 0) {
            return sign | (significand == 0 ? C3 : C3 | C2);
        }
        if (significand >= 0) {
            return sign;
        }
        if (exponent != 0x7FFF) {
            return sign | C2;
        }
        return sign | (significand == TOP ? C2 | C0 : C0);
    }

    // ---- exact operations

    /// Rounds the first operand to an integral value.
    public void roundToIntegral() {
        if (!core.nan() && !core.denormalOperand()) {
            core.roundToIntegral();
        }
    }

    /// The first operand times two to the power of the second, truncated.
    public void scale() {
        if (core.nans()) {
            return;
        }
        Unpacked a = core.a;
        Unpacked b = core.b;
        if (b.kind == INFINITE && (a.kind == INFINITE && b.negative || a.kind == ZERO && !b.negative)) {
            core.invalid();
            return;
        }
        if (core.denormals()) {
            return;
        }
        if (a.kind != FINITE) {
            core.r.set(a);
            core.r.denormalize();
        } else if (b.kind == INFINITE) {
            if (b.negative) {
                core.r.zero(a.negative);
            } else {
                core.r.infinite(a.negative);
            }
        } else {
            core.round(a.negative, a.exponent + power(b), a.significand, 0, Format.EXTENDED);
        }
    }

    /// {@return the integer part of `b`, at most some more than exponents can differ}
    private static int power(Unpacked b) {
        int bits = b.exponent - Format.BIAS;
        if (b.kind == ZERO || bits < 0) {
            return 0;
        }
        int magnitude = bits > 16 ? 1 << 17 : (int) (b.significand >>> 63 - bits);
        return b.negative ? -magnitude : magnitude;
    }

    /// Takes the first operand apart: the result is its significand, the second result its exponent.
    public void extract() {
        Unpacked a = core.a;
        if (core.nan()) {
            second.set(core.r);
            return;
        }
        if (a.kind == ZERO) {
            core.raise(ZERO_DIVIDE);
            second.infinite(true);
            core.r.set(a);
            return;
        }
        if (core.denormalOperand()) {
            return;
        }
        core.r.set(a);
        if (a.kind == INFINITE) {
            second.infinite(false);
        } else {
            second.integer(a.exponent - Format.BIAS);
            core.r.exponent = Format.BIAS;
        }
    }

    /// The remainder of the first operand by the second; the condition codes hold the quotient's low bits (C0, C3, C1)
    /// or, with C2, say that the reduction is not complete.
    ///
    /// @return whether there are condition codes: not where the result is NaN
    /// @param nearest whether the quotient is rounded to nearest (FPREM1), not truncated
    public boolean remainder(boolean nearest) {
        if (core.nans()) {
            return false;
        }
        Unpacked a = core.a;
        Unpacked b = core.b;
        if (a.kind == INFINITE || b.kind == ZERO) {
            core.invalid();
            return false;
        }
        if (core.denormals()) {
            return false;
        }
        if (a.kind == ZERO) {
            core.r.set(a);
            core.r.denormalize();
            return true;
        }
        int distance = a.exponent - b.exponent;
        if (b.kind == INFINITE || distance < -1 || distance < 0 && !nearest) {
            deliver(a.negative, a.exponent, a.significand);
            return true;
        }
        if (distance >= 64) {
            int step = distance & 0x1F | 0x20;
            reduce(step);
            conditions = C2;
            deliver(a.negative, a.exponent - step, core.remainder());
            return true;
        }
        long quotient = 0;
        long rest = a.significand;
        boolean negative = a.negative;
        if (distance >= 0) {
            quotient = reduce(distance);
            rest = core.remainder();
        }
        int exponent = b.exponent;
        if (nearest) {
            // with distance -1 the rest, in units of the divisor's exponent, is a half of it
            long half = distance < 0 ? 0 : b.significand - rest;
            int order = distance < 0 ? Long.compareUnsigned(rest, b.significand) : Long.compareUnsigned(rest, half);
            if (order > 0 || order == 0 && (quotient & 1) != 0) {
                quotient++;
                negative = !negative;
                if (distance < 0) {
                    // divisor - rest / 2, doubled
                    exponent--;
                    rest = (b.significand << 1) - rest;
                } else {
                    rest = half;
                }
            } else if (distance < 0) {
                exponent--;
            }
        }
        conditions = ((quotient & 4) != 0 ? C0 : 0) | ((quotient & 2) != 0 ? C3 : 0) | ((quotient & 1) != 0 ? C1 : 0);
        deliver(negative, exponent, rest);
        return true;
    }

    /// {@return the quotient of the first significand times 2^`by` (0..63) by the second; the remainder is left}
    private long reduce(int by) {
        long high = by == 0 ? 0 : core.a.significand >>> 64 - by;
        long low = core.a.significand << by;
        if (by == 0) {
            boolean once = Long.compareUnsigned(low, core.b.significand) >= 0;
            core.remainder(once ? low - core.b.significand : low);
            return once ? 1 : 0;
        }
        return core.divide(high, low, core.b.significand);
    }

    /// The result is exact and may have leading zeroes.
    private void deliver(boolean negative, int exponent, long significand) {
        if (significand == 0) {
            core.r.zero(negative);
            return;
        }
        int shift = Long.numberOfLeadingZeros(significand);
        core.round(negative, exponent - shift, significand << shift, 0, Format.EXTENDED);
    }

    // ---- transcendental functions

    /// 2 to the power of the first operand, minus 1.
    public void powerMinusOne() {
        transcendental.powerMinusOne();
    }

    /// The first operand times the logarithm to base 2 of the second (plus 1).
    public void logarithm(boolean plusOne) {
        transcendental.logarithm(plusOne);
    }

    /// The angle of the point whose ordinate is the first operand and whose abscissa is the second.
    public void arcTangent() {
        transcendental.arcTangent();
    }

    /// The sine of the first operand; C2 if that is too large.
    public void sine() {
        conditions = transcendental.sine() ? 0 : C2;
    }

    /// The cosine of the first operand; C2 if that is too large.
    public void cosine() {
        conditions = transcendental.cosine() ? 0 : C2;
    }

    /// The sine of the first operand as the second result, its cosine as the result; C2 if it is too large.
    public void sineAndCosine() {
        conditions = transcendental.sineAndCosine(second) ? 0 : C2;
    }

    /// The tangent of the first operand; C2 if that is too large.
    public void tangent() {
        conditions = transcendental.tangent() ? 0 : C2;
    }
}
