package cloison.cpu.fp;

import static cloison.cpu.fp.Core.DOWN;
import static cloison.cpu.fp.Core.INVALID;
import static cloison.cpu.fp.Core.shiftedHigh;
import static cloison.cpu.fp.Core.shiftedLow;
import static cloison.cpu.fp.Unpacked.INFINITE;
import static cloison.cpu.fp.Unpacked.SIGNALLING;
import static cloison.cpu.fp.Unpacked.TOP;
import static cloison.cpu.fp.Unpacked.ZERO;

/// The fused operations of FMA: a product, and a sum with it, rounded once.
///
/// The product has all its 128 bits; what is added to it, or it to that, is aligned in 192 bits, the last of which
/// stands for all that follow.
///
/// **Owner:** the thread that runs the processor.
final class Fused {
    private final Core core;
    /// The addend.
    final Unpacked c = new Unpacked();

    Fused(Core core) {
        this.core = core;
    }

    /// Leaves in the core's result its first operand times the second, negated if wanted, plus or minus [#c].
    void compute(boolean negate, boolean subtract, Format format) {
        Unpacked a = core.a;
        Unpacked b = core.b;
        if (a.nan() || b.nan() || c.nan()) {
            if (a.kind == SIGNALLING || b.kind == SIGNALLING || c.kind == SIGNALLING) {
                core.raise(INVALID);
            }
            core.r.set(a.nan() ? a : b.nan() ? b : c);
            core.r.quiet();
            return;
        }
        boolean negative = a.negative ^ b.negative ^ negate;
        boolean second = c.negative ^ subtract;
        boolean infinite = a.kind == INFINITE || b.kind == INFINITE;
        if (infinite && (a.kind == ZERO || b.kind == ZERO || c.kind == INFINITE && negative != second)) {
            core.invalid();
            return;
        }
        if (core.denormal(a.denormal | b.denormal | c.denormal)) {
            return;
        }
        if (infinite || c.kind == INFINITE) {
            core.r.infinite(infinite ? negative : second);
        } else if (a.kind == ZERO || b.kind == ZERO) {
            if (c.kind == ZERO) {
                core.r.zero(negative == second ? second : core.rounding == DOWN);
            } else {
                core.round(second, c.exponent, c.significand, 0, format);
            }
        } else {
            long high = Math.unsignedMultiplyHigh(a.significand, b.significand);
            long low = a.significand * b.significand;
            int exponent = a.exponent + b.exponent - Format.BIAS + 1;
            if (high >= 0) {
                high = high << 1 | low >>> 63;
                low <<= 1;
                exponent--;
            }
            if (c.kind == ZERO) {
                core.round(negative, exponent, high, low, format);
                return;
            }
            boolean larger =
                    exponent > c.exponent || exponent == c.exponent && Long.compareUnsigned(high, c.significand) >= 0;
            if (larger) {
                sum(negative, exponent, high, low, negative == second, c.significand, 0, exponent - c.exponent, format);
            } else {
                sum(second, c.exponent, c.significand, 0, negative == second, high, low, c.exponent - exponent, format);
            }
        }
    }

    /// Adds or subtracts a magnitude of 128 bits, shifted right by `distance`, that is not larger than the first.
    private void sum(
            boolean negative,
            int exponent,
            long xHigh,
            long xLow,
            boolean add,
            long yHigh,
            long yLow,
            int distance,
            Format format) {
        // y in three words, the last bit of which stands for all that are lost
        long high = shiftedHigh(yHigh, distance);
        long middle = shifted(yHigh, yLow, distance);
        long low = lost(yHigh, yLow, distance);
        int power = exponent;
        if (add) {
            middle += xLow;
            long carry = Long.compareUnsigned(middle, xLow) < 0 ? 1 : 0;
            high += carry;
            boolean over = carry != 0 && high == 0;
            high += xHigh;
            over |= Long.compareUnsigned(high, xHigh) < 0;
            if (over) {
                low = low >>> 1 | middle << 63 | low & 1;
                middle = middle >>> 1 | high << 63;
                high = high >>> 1 | TOP;
                power++;
            }
        } else {
            long borrow = low != 0 ? 1 : 0;
            low = -low;
            long difference = xLow - middle;
            long next = Long.compareUnsigned(xLow, middle) < 0 || difference == 0 && borrow != 0 ? 1 : 0;
            middle = difference - borrow;
            high = xHigh - high - next;
            if ((high | middle | low) == 0) {
                core.r.zero(core.rounding == DOWN);
                return;
            }
            while (high == 0) {
                high = middle;
                middle = low;
                low = 0;
                power -= 64;
            }
            int shift = Long.numberOfLeadingZeros(high);
            if (shift != 0) {
                high = high << shift | middle >>> 64 - shift;
                middle = middle << shift | low >>> 64 - shift;
                low <<= shift;
                power -= shift;
            }
        }
        core.round(negative, power, high, middle | (low != 0 ? 1 : 0), format);
    }

    /// {@return the second word of `high:low >> by`}
    private static long shifted(long high, long low, int by) {
        if (by == 0) {
            return low;
        }
        return by < 64 ? high << 64 - by | low >>> by : by == 64 ? high : shiftedHigh(high, by - 64);
    }

    /// {@return the third word of `high:low >> by`, the last bit set if any one was lost}
    private static long lost(long high, long low, int by) {
        if (by <= 64) {
            return shiftedLow(low, by);
        }
        if (by < 128) {
            return high << 128 - by | low >>> by - 64 | (low << 128 - by != 0 ? 1 : 0);
        }
        return shiftedLow(high, by - 64) | (low != 0 ? 1 : 0);
    }
}
