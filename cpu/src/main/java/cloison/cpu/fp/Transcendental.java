package cloison.cpu.fp;

import static cloison.cpu.fp.Unpacked.FINITE;
import static cloison.cpu.fp.Unpacked.INFINITE;
import static cloison.cpu.fp.Unpacked.ZERO;

/// The transcendental functions of x87: the operands are those of [Core], the result is rounded once.
///
/// Series are summed with 128 bits, so that results are the correctly rounded ones but for ties that no 128 bits
/// decide; processors return those or their neighbours (SDM volume 1, 8.3.10 promises an error below one unit in the
/// last place). Arguments of the trigonometric functions are reduced, as processors do, with the 66 bits of pi that SDM
/// volume 1, 8.3.8 gives, and exactly.
///
/// **Owner:** whoever owns the core.
final class Transcendental {
    /// Half of the 66-bit pi, times 2^65: high and low.
    private static final long HALF_PI_HIGH = 3;

    private static final long HALF_PI_LOW = 0x243F_6A88_85A3_08D3L;
    private static final int HALF_PI_SCALE = 65;

    /// The significand of pi / 4.
    private static final long QUARTER_PI = 0xC90F_DAA2_2168_C234L;

    private static final long ROOT_2 = 0xB504_F333_F9DE_6484L;

    /// Below this exponent sine and tangent are taken to be their argument, and cosine one; not rounded, but inexact.
    private static final int TINY = Format.BIAS - 68;

    /// Below this exponent of the ratio the arc tangent is taken to be the ratio.
    private static final int TINY_RATIO = -40;

    /// Arc tangents of 1/8, 2/8, ... 8/8.
    private static final Wide[] EIGHTHS = {
        new Wide(-4, 0xFEAD_D4D5_617B_6E32L, 0xC897_989F_3E88_8EF7L),
        new Wide(-3, 0xFADB_AFC9_6406_EB15L, 0x6DC7_9EF5_F7A2_17E5L),
        new Wide(-2, 0xB7B0_CA0F_26F7_8473L, 0x8AA3_2122_DCFE_4483L),
        new Wide(-2, 0xED63_382B_0DDA_7B45L, 0x6FE4_45EC_BC3A_8D03L),
        new Wide(-1, 0x8F00_5D5E_F7F5_9F9BL, 0x5C83_5E16_65C4_3747L),
        new Wide(-1, 0xA4BC_7D19_34F7_0924L, 0x19A8_7F2A_457D_AC9EL),
        new Wide(-1, 0xB805_3E2B_C231_9E73L, 0xCB2D_A552_10A4_443DL),
        new Wide(-1, 0xC90F_DAA2_2168_C234L, 0xC4C6_628B_80DC_1CD1L)
    };

    private final Core core;
    private final Unpacked a;
    private final Unpacked b;
    private final Unpacked r;

    // scratch
    private final Wide x = new Wide();
    private final Wide y = new Wide();
    private final Wide square = new Wide();
    private final Wide sum = new Wide();
    private final Wide term = new Wide();
    private final Wide other = new Wide();
    private final Wide inverse = new Wide();
    private final Wide error = new Wide();
    private int quadrant;

    Transcendental(Core core) {
        this.core = core;
        a = core.a;
        b = core.b;
        r = core.r;
    }

    /// Rounds `value`, which stands for a number that no format holds.
    private void deliver(Wide value, boolean negative) {
        core.round(negative, value.exponent + Format.BIAS, value.high, value.low | 1, Format.EXTENDED);
    }

    // ---- 2^x - 1

    void powerMinusOne() {
        if (core.nan() || core.denormalOperand()) {
            return;
        }
        if (a.kind == ZERO) {
            r.set(a);
        } else if (a.kind == INFINITE) {
            if (a.negative) {
                r.finite(true, Format.BIAS, Unpacked.TOP);
            } else {
                r.set(a);
            }
        } else if (a.exponent >= Format.BIAS) {
            outside();
        } else {
            x.set(a).multiply(Wide.LN_2);
            exponentialMinusOne();
            deliver(sum, a.negative);
        }
    }

    /// 2^x - 1 at -1 and 1; beyond, where nothing is defined, processors return the operand. All count as inexact.
    private void outside() {
        r.set(a);
        core.raise(Core.PRECISION);
        if (a.negative && a.exponent == Format.BIAS && a.significand == Unpacked.TOP) {
            r.exponent--;
        }
    }

    /// Sums e^x - 1 for |x| < 0.7: x (1 + x/2 (1 + x/3 (1 + ...))).
    private void exponentialMinusOne() {
        int terms = x.exponent < -40 ? 4 : x.exponent < -8 ? 12 : 28;
        sum.set(Wide.ONE);
        for (int n = terms; n > 1; n--) {
            sum.multiply(x).divide(n).add(Wide.ONE);
        }
        sum.multiply(x);
    }

    // ---- y * log2(x)

    /// [Core#a] times the logarithm of [Core#b] (plus one).
    void logarithm(boolean plusOne) {
        if (core.nans()) {
            return;
        }
        if (plusOne ? logarithmPlusOneIsInvalid() : logarithmIsInvalid()) {
            core.invalid();
            return;
        }
        if (!plusOne && b.kind == ZERO && a.kind == FINITE) {
            core.raise(Core.ZERO_DIVIDE);
            r.infinite(!a.negative);
            return;
        }
        if (core.denormals()) {
            return;
        }
        boolean below = plusOne ? b.negative : b.kind == ZERO || b.kind == FINITE && b.exponent < Format.BIAS;
        boolean negative = a.negative ^ below;
        if (a.kind == INFINITE || b.kind == INFINITE || !plusOne && b.kind == ZERO) {
            r.infinite(negative);
            return;
        }
        if (plusOne && b.negative && b.exponent >= Format.BIAS && b.kind == FINITE && a.kind == FINITE) {
            // nothing is defined; processors return the operand
            r.set(b);
            core.raise(Core.PRECISION);
            return;
        }
        boolean one = plusOne ? b.kind == ZERO : b.exponent == Format.BIAS && b.significand == Unpacked.TOP;
        if (a.kind == ZERO || one) {
            r.zero(negative);
            return;
        }
        if (plusOne) {
            logarithmOfOnePlus();
        } else {
            logarithmOf();
        }
        boolean exact = !plusOne && b.significand == Unpacked.TOP;
        x.set(a);
        sum.multiply(x);
        core.round(negative, sum.exponent + Format.BIAS, sum.high, exact ? sum.low : sum.low | 1, Format.EXTENDED);
        // where exact it counts as inexact, too
        core.raise(Core.PRECISION | (r.significand >= 0 ? Core.UNDERFLOW : 0));
    }

    private boolean logarithmIsInvalid() {
        boolean one = b.kind == FINITE && b.exponent == Format.BIAS && b.significand == Unpacked.TOP;
        return b.negative && b.kind != ZERO
                || b.kind == ZERO && a.kind == ZERO
                || b.kind == INFINITE && a.kind == ZERO
                || one && a.kind == INFINITE;
    }

    private boolean logarithmPlusOneIsInvalid() {
        return b.kind == INFINITE && (b.negative || a.kind == ZERO) || b.kind == ZERO && a.kind == INFINITE;
    }

    /// Sums log2 of [Core#b].
    private void logarithmOf() {
        int power = b.exponent - Format.BIAS;
        x.set(b);
        x.exponent = 0;
        if (Long.compareUnsigned(b.significand, ROOT_2) > 0) {
            x.exponent = -1;
            power++;
        }
        // (m - 1) / (m + 1), m in [sqrt(1/2), sqrt(2)]
        y.set(x).add(Wide.ONE);
        x.subtract(Wide.ONE);
        inverseHyperbolicTangent();
        sum.multiply(Wide.LOG2_E);
        other.set(power);
        sum.add(other);
    }

    /// Sums log2 of 1 + [Core#b].
    private void logarithmOfOnePlus() {
        x.set(b);
        if (b.exponent >= Format.BIAS - 1) {
            // not near one: take the sum apart as above
            x.add(Wide.ONE);
            int power = x.exponent;
            x.exponent = 0;
            if (Long.compareUnsigned(x.high, ROOT_2) > 0) {
                x.exponent = -1;
                power++;
            }
            y.set(x).add(Wide.ONE);
            x.subtract(Wide.ONE);
            inverseHyperbolicTangent();
            sum.multiply(Wide.LOG2_E);
            other.set(power);
            sum.add(other);
            return;
        }
        other.set(2);
        y.set(x).add(other);
        inverseHyperbolicTangent();
        sum.multiply(Wide.LOG2_E);
    }

    /// Sums 2 artanh(x / y) for |x / y| < 0.18.
    private void inverseHyperbolicTangent() {
        if (x.zero()) {
            sum.set(0);
            return;
        }
        x.divide(y, inverse, error);
        square.set(x).multiply(x);
        int terms = square.exponent < -60 ? 2 : square.exponent < -16 ? 6 : 20;
        series(terms, false);
        sum.multiply(x).scale(1);
    }

    /// Sums 1 + s/3 + s^2/5 + ..., or with alternating signs, of the square s.
    private void series(int terms, boolean alternating) {
        if (alternating && square.exponent < -130) {
            sum.set(Wide.BELOW_ONE);
            return;
        }
        sum.set(Wide.ONE).divide(2 * terms + 1);
        for (int n = terms - 1; n >= 0; n--) {
            sum.multiply(square);
            if (alternating) {
                sum.negate();
            }
            sum.add(n == 0 ? Wide.ONE : term.set(Wide.ONE).divide(2 * n + 1));
        }
    }

    // ---- arc tangent

    /// The angle of the point with ordinate [Core#a] and abscissa [Core#b].
    void arcTangent() {
        if (core.nans() || core.denormals()) {
            return;
        }
        boolean negative = a.negative;
        if (a.kind == ZERO || b.kind == INFINITE && a.kind != INFINITE) {
            if (b.negative) {
                deliver(Wide.PI, negative);
            } else {
                r.zero(negative);
            }
            return;
        }
        if (b.kind == ZERO || a.kind == INFINITE && b.kind != INFINITE) {
            deliver(Wide.HALF_PI, negative);
            return;
        }
        if (a.kind == INFINITE) {
            sum.set(Wide.HALF_PI).scale(-1);
        } else {
            boolean steep = a.exponent > b.exponent
                    || a.exponent == b.exponent && Long.compareUnsigned(a.significand, b.significand) > 0;
            if (!steep && !b.negative && a.exponent - b.exponent < TINY_RATIO) {
                core.fraction(negative, Format.EXTENDED);
                core.raise(Core.PRECISION | (r.significand >= 0 ? Core.UNDERFLOW : 0));
                return;
            }
            x.set(steep ? b : a);
            y.set(steep ? a : b);
            x.negative = false;
            y.negative = false;
            arcTangentOfRatio();
            if (steep) {
                sum.negate().add(Wide.HALF_PI);
            }
        }
        if (b.negative) {
            sum.negate().add(Wide.PI);
        }
        deliver(sum, negative);
    }

    /// Sums the arc tangent of x / y, 0 < x <= y.
    private void arcTangentOfRatio() {
        x.divide(y, inverse, error);
        int sixteenths = x.exponent >= 0 ? 16 : x.exponent < -4 ? 0 : (int) (x.high >>> 59 - x.exponent);
        int eighths = sixteenths + 1 >> 1;
        if (eighths > 0) {
            // (x - c) / (1 + c x)
            other.set(eighths).scale(-3);
            y.set(x).multiply(other).add(Wide.ONE);
            x.subtract(other);
            if (!x.zero()) {
                x.divide(y, inverse, error);
            }
        }
        if (x.zero()) {
            sum.set(0);
        } else {
            square.set(x).multiply(x);
            series(square.exponent < -60 ? 2 : square.exponent < -16 ? 6 : 14, true);
            sum.multiply(x);
        }
        if (eighths > 0) {
            sum.add(EIGHTHS[eighths - 1]);
        }
    }

    // ---- sine, cosine, tangent

    /// {@return false if the operand is too large, and then there is no result}
    boolean sine() {
        if (!reducible()) {
            return large();
        }
        sineOfQuadrant(quadrant, a.negative);
        return true;
    }

    /// {@return false if the operand is too large, and then there is no result}
    boolean cosine() {
        if (!reducible()) {
            if (a.kind == ZERO) {
                r.finite(false, Format.BIAS, Unpacked.TOP);
            }
            return large();
        }
        sineOfQuadrant(quadrant + 1, false);
        return true;
    }

    /// {@return false if the operand is too large, and then there is no result}
    ///
    /// @param sine receives the sine; the cosine is the core's result
    boolean sineAndCosine(Unpacked sine) {
        if (!reducible()) {
            sine.set(r);
            if (a.kind == ZERO) {
                r.finite(false, Format.BIAS, Unpacked.TOP);
            }
            return large();
        }
        sineOfQuadrant(quadrant, a.negative);
        sine.set(r);
        sineOfQuadrant(quadrant + 1, false);
        return true;
    }

    /// {@return false if the operand is too large, and then there is no result}
    boolean tangent() {
        if (!reducible()) {
            return large();
        }
        if (own()) {
            return true;
        }
        boolean negative = a.negative ^ x.negative ^ (quadrant & 1) != 0;
        x.negative = false;
        sineOfReduced();
        y.set(sum);
        cosineOfReduced();
        if ((quadrant & 1) == 0) {
            y.divide(sum, inverse, error);
            deliver(y, negative);
        } else {
            sum.divide(y, inverse, error);
            deliver(sum, negative);
        }
        return true;
    }

    private boolean large() {
        return a.kind != FINITE || a.exponent < Format.BIAS + 63;
    }

    /// Reduces the operand to x in [-pi/4, pi/4] and its quadrant; {@return false if there is nothing to compute: the
    /// result, if any, is then decided (zero for zero)}
    private boolean reducible() {
        if (core.nan()) {
            return false;
        }
        if (a.kind == INFINITE) {
            core.invalid();
            return false;
        }
        if (a.kind == ZERO) {
            r.set(a);
            return false;
        }
        if (a.exponent >= Format.BIAS + 63 || core.denormalOperand()) {
            return false;
        }
        quadrant = 0;
        x.set(a);
        x.negative = false;
        if (a.exponent > Format.BIAS - 1
                || a.exponent == Format.BIAS - 1 && Long.compareUnsigned(a.significand, QUARTER_PI) > 0) {
            reduce();
        }
        return true;
    }

    /// Takes the operand modulo half of the 66-bit pi, one bit of the quotient at a time.
    private void reduce() {
        int bits = 64 + a.exponent - Format.BIAS - 63 + HALF_PI_SCALE;
        long high = 0;
        long low = 0;
        int quotient = 0;
        for (int i = 0; i < bits; i++) {
            high = high << 1 | low >>> 63;
            low = low << 1 | (i < 64 ? a.significand >>> 63 - i & 1 : 0);
            quotient <<= 1;
            if (high > HALF_PI_HIGH || high == HALF_PI_HIGH && Long.compareUnsigned(low, HALF_PI_LOW) >= 0) {
                high -= HALF_PI_HIGH + (Long.compareUnsigned(low, HALF_PI_LOW) < 0 ? 1 : 0);
                low -= HALF_PI_LOW;
                quotient |= 1;
            }
        }
        long restHigh = HALF_PI_HIGH - high - (Long.compareUnsigned(HALF_PI_LOW, low) < 0 ? 1 : 0);
        long restLow = HALF_PI_LOW - low;
        boolean nearer = restHigh < high || restHigh == high && Long.compareUnsigned(restLow, low) < 0;
        if (nearer) {
            quotient++;
            x.set(restHigh, restLow, HALF_PI_SCALE).negate();
        } else {
            x.set(high, low, HALF_PI_SCALE);
        }
        quadrant = quotient & 3;
    }

    /// {@return whether the operand is so small that it is its own sine, which then is the result}
    private boolean own() {
        if (a.exponent >= TINY) {
            return false;
        }
        core.round(a.negative, a.exponent, a.significand, 0, Format.EXTENDED);
        core.raise(Core.PRECISION | (a.exponent < 1 ? Core.UNDERFLOW : 0));
        return true;
    }

    /// Rounds the sine of x plus `quarters` right angles.
    private void sineOfQuadrant(int quarters, boolean flip) {
        if (a.exponent < TINY && (quarters & 1) != 0) {
            r.finite(false, Format.BIAS, Unpacked.TOP);
            core.raise(Core.PRECISION);
            return;
        }
        if (own()) {
            return;
        }
        boolean negative = flip ^ (quarters & 2) != 0;
        if ((quarters & 1) == 0) {
            negative ^= x.negative;
            sineOfReduced();
        } else {
            cosineOfReduced();
        }
        deliver(sum, negative);
    }

    /// Sums sin |x|: x (1 - s/6 (1 - s/20 (1 - ...))), s the square.
    private void sineOfReduced() {
        boolean sign = x.negative;
        x.negative = false;
        square.set(x).multiply(x);
        alternate(1);
        sum.multiply(x);
        x.negative = sign;
    }

    /// Sums cos x: 1 - s/2 (1 - s/12 (1 - ...)), s the square.
    private void cosineOfReduced() {
        square.set(x).multiply(x);
        alternate(0);
    }

    private void alternate(int first) {
        int terms = square.exponent < -130 ? 0 : square.exponent < -60 ? 2 : square.exponent < -16 ? 6 : 15;
        sum.set(terms == 0 ? Wide.BELOW_ONE : Wide.ONE);
        for (int n = terms; n > 0; n--) {
            int k = 2 * n + first;
            sum.multiply(square).divide(k * (k - 1)).negate().add(Wide.ONE);
        }
    }
}
