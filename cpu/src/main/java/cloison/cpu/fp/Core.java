package cloison.cpu.fp;

import static cloison.cpu.fp.Unpacked.FINITE;
import static cloison.cpu.fp.Unpacked.INFINITE;
import static cloison.cpu.fp.Unpacked.SIGNALLING;
import static cloison.cpu.fp.Unpacked.TOP;
import static cloison.cpu.fp.Unpacked.UNSUPPORTED;
import static cloison.cpu.fp.Unpacked.ZERO;

/// The operations on unpacked data: operands [#a] and [#b], result [#r], exceptions in [#raised].
///
/// An operation that raises an unmasked exception before it computes (invalid, denormal, division by zero) returns
/// without a result. Otherwise the exact result, 128 bits of significand of which the last stands for all that follow,
/// is rounded once.
final class Core {
    // exceptions: the same bits in FSW, FCW and MXCSR (there, masks seven places higher)
    static final int INVALID = 1;
    static final int DENORMAL = 2;
    static final int ZERO_DIVIDE = 4;
    static final int OVERFLOW = 8;
    static final int UNDERFLOW = 16;
    static final int PRECISION = 32;
    static final int BEFORE = INVALID | DENORMAL | ZERO_DIVIDE;

    // rounding: to nearest even, down, up, toward zero
    static final int NEAREST = 0;
    static final int DOWN = 1;
    static final int UP = 2;
    static final int TRUNCATE = 3;

    /// By how much the exponent of an 80-bit result is corrected when overflow or underflow is unmasked.
    private static final int WRAP = 24576;

    // mode
    int rounding;
    /// Exceptions that are masked.
    int masks = 0x3F;
    /// Whether results are 80-bit: NaNs are chosen by significand, and unmasked overflow wraps the exponent.
    boolean extended;
    /// Whether tiny results become zero where underflow is masked.
    boolean flush;

    final Unpacked a = new Unpacked();
    final Unpacked b = new Unpacked();
    final Unpacked r = new Unpacked();

    int raised;
    /// Whether the last rounding increased the magnitude.
    boolean up;

    private long remainder;

    void raise(int exceptions) {
        raised |= exceptions;
    }

    void invalid() {
        raised |= INVALID;
        r.indefinite();
    }

    /// Raises the denormal exception if `x` is denormal; {@return whether that is unmasked}
    boolean denormal(boolean condition) {
        if (condition) {
            raised |= DENORMAL;
            return (masks & DENORMAL) == 0;
        }
        return false;
    }

    /// {@return whether an operand is NaN (or no number), and then the result is decided}
    boolean nans() {
        if (!a.nan() && !b.nan()) {
            return false;
        }
        if (a.kind == UNSUPPORTED || b.kind == UNSUPPORTED) {
            invalid();
            return true;
        }
        if (a.kind == SIGNALLING || b.kind == SIGNALLING) {
            raised |= INVALID;
        }
        r.set(extended ? larger() : a.nan() ? a : b);
        r.quiet();
        return true;
    }

    /// {@return the NaN that x87 takes: a quiet one before a signalling one, then the larger significand}
    private Unpacked larger() {
        if (!a.nan() || !b.nan()) {
            return a.nan() ? a : b;
        }
        if (a.kind != b.kind) {
            return a.kind == SIGNALLING ? b : a;
        }
        int order = Long.compareUnsigned(a.significand, b.significand);
        return order > 0 || order == 0 && !a.negative ? a : b;
    }

    /// {@return whether the only operand, [#a], is NaN (or no number), and then the result is decided}
    boolean nan() {
        if (!a.nan()) {
            return false;
        }
        if (a.kind == UNSUPPORTED) {
            invalid();
            return true;
        }
        if (a.kind == SIGNALLING) {
            raised |= INVALID;
        }
        r.set(a);
        r.quiet();
        return true;
    }

    /// {@return whether a denormal operand ends the operation}
    boolean denormals() {
        return denormal(a.denormal | b.denormal);
    }

    boolean denormalOperand() {
        return denormal(a.denormal);
    }

    void add(boolean subtract, Format format) {
        if (nans()) {
            return;
        }
        boolean second = b.negative ^ subtract;
        if (a.kind == INFINITE && b.kind == INFINITE && a.negative != second) {
            invalid();
            return;
        }
        if (denormals()) {
            return;
        }
        if (a.kind == INFINITE || b.kind == INFINITE) {
            r.infinite(a.kind == INFINITE ? a.negative : second);
        } else if (a.kind == ZERO && b.kind == ZERO) {
            r.zero(a.negative == second ? second : rounding == DOWN);
        } else if (b.kind == ZERO) {
            round(a.negative, a.exponent, a.significand, 0, format);
        } else if (a.kind == ZERO) {
            round(second, b.exponent, b.significand, 0, format);
        } else if (a.exponent > b.exponent
                || a.exponent == b.exponent && Long.compareUnsigned(a.significand, b.significand) >= 0) {
            sum(a, a.negative, b, second, format);
        } else {
            sum(b, second, a, a.negative, format);
        }
    }

    /// Adds `y` to `x`, whose magnitude is not smaller.
    private void sum(Unpacked x, boolean xNegative, Unpacked y, boolean yNegative, Format format) {
        int distance = x.exponent - y.exponent;
        long high = shiftedHigh(y.significand, distance);
        long low = shiftedLow(y.significand, distance);
        int exponent = x.exponent;
        if (xNegative == yNegative) {
            high += x.significand;
            if (Long.compareUnsigned(high, x.significand) < 0) {
                low = low >>> 1 | high << 63 | low & 1;
                high = high >>> 1 | TOP;
                exponent++;
            }
        } else {
            high = x.significand - high - (low != 0 ? 1 : 0);
            low = -low;
            if ((high | low) == 0) {
                r.zero(rounding == DOWN);
                return;
            }
            if (high == 0) {
                high = low;
                low = 0;
                exponent -= 64;
            }
            int shift = Long.numberOfLeadingZeros(high);
            if (shift != 0) {
                high = high << shift | low >>> 64 - shift;
                low <<= shift;
                exponent -= shift;
            }
        }
        round(xNegative, exponent, high, low, format);
    }

    static long shiftedHigh(long value, int by) {
        return by < 64 ? value >>> by : 0;
    }

    /// {@return the low half of `value:0 >> by`, the last bit set if any one was lost}
    static long shiftedLow(long value, int by) {
        if (by == 0) {
            return 0;
        }
        if (by < 64) {
            return value << 64 - by;
        }
        if (by == 64) {
            return value;
        }
        if (by < 128) {
            return value >>> by - 64 | (value << 128 - by != 0 ? 1 : 0);
        }
        return value != 0 ? 1 : 0;
    }

    void multiply(Format format) {
        if (nans()) {
            return;
        }
        if (a.kind == INFINITE && b.kind == ZERO || a.kind == ZERO && b.kind == INFINITE) {
            invalid();
            return;
        }
        if (denormals()) {
            return;
        }
        boolean negative = a.negative ^ b.negative;
        if (a.kind == INFINITE || b.kind == INFINITE) {
            r.infinite(negative);
        } else if (a.kind == ZERO || b.kind == ZERO) {
            r.zero(negative);
        } else {
            long high = Math.unsignedMultiplyHigh(a.significand, b.significand);
            long low = a.significand * b.significand;
            int exponent = a.exponent + b.exponent - Format.BIAS + 1;
            if (high >= 0) {
                high = high << 1 | low >>> 63;
                low <<= 1;
                exponent--;
            }
            round(negative, exponent, high, low, format);
        }
    }

    void divide(Format format) {
        if (nans()) {
            return;
        }
        if (a.kind == b.kind && a.kind != FINITE) {
            invalid();
            return;
        }
        boolean negative = a.negative ^ b.negative;
        if (b.kind == ZERO && a.kind == FINITE) {
            raised |= ZERO_DIVIDE;
            r.infinite(negative);
            return;
        }
        if (denormals()) {
            return;
        }
        if (a.kind == INFINITE || b.kind == ZERO) {
            r.infinite(negative);
        } else if (a.kind == ZERO || b.kind == INFINITE) {
            r.zero(negative);
        } else {
            fraction(negative, format);
        }
    }

    /// The quotient of two finite numbers.
    void fraction(boolean negative, Format format) {
        long divisor = b.significand;
        boolean less = Long.compareUnsigned(a.significand, divisor) < 0;
        long high = less ? a.significand : a.significand >>> 1;
        long low = less ? 0 : a.significand << 63;
        int exponent = a.exponent - b.exponent + Format.BIAS - (less ? 1 : 0);
        long quotient = divide(high, low, divisor);
        round(negative, exponent, quotient, half(remainder, divisor), format);
    }

    /// {@return what follows the quotient's last bit: how a remainder compares with half of the divisor}
    private static long half(long remainder, long divisor) {
        if (remainder == 0) {
            return 0;
        }
        long rest = divisor - remainder;
        int order = Long.compareUnsigned(remainder, rest);
        return order < 0 ? 1 : order == 0 ? TOP : TOP | 1;
    }

    /// {@return `high:low / divisor`, which must fit; the divisor has bit 63 set. The remainder is left in a field}
    long divide(long high, long low, long divisor) {
        long quotient = quotient(high, low, divisor);
        remainder = low - quotient * divisor;
        return quotient;
    }

    /// {@return `high:low / divisor`, which must fit; the divisor has bit 63 set}
    static long quotient(long high, long low, long divisor) {
        long first = digit(high, low >>> 32, divisor);
        long rest = (high << 32 | low >>> 32) - first * divisor;
        return first << 32 | digit(rest, low & 0xFFFF_FFFFL, divisor);
    }

    /// {@return the remainder of the last [#divide]}
    long remainder() {
        return remainder;
    }

    /// Leaves a remainder that no division was needed for.
    void remainder(long value) {
        remainder = value;
    }

    /// One digit of 32 bits: Knuth's algorithm D.
    private static long digit(long high, long next, long divisor) {
        long top = divisor >>> 32;
        long bottom = divisor & 0xFFFF_FFFFL;
        long digit = Long.divideUnsigned(high, top);
        long rest = high - digit * top;
        while (digit >>> 32 != 0 || Long.compareUnsigned(digit * bottom, rest << 32 | next) > 0) {
            digit--;
            rest += top;
            if (rest >>> 32 != 0) {
                break;
            }
        }
        return digit;
    }

    void squareRoot(Format format) {
        if (nan()) {
            return;
        }
        if (a.negative && a.kind != ZERO) {
            invalid();
            return;
        }
        if (denormalOperand()) {
            return;
        }
        if (a.kind != FINITE) {
            r.set(a);
            return;
        }
        // The root of an odd or even power; the radicand is high:low with 126 or 127 bits after the binary point.
        int power = a.exponent - Format.BIAS;
        boolean odd = (power & 1) != 0;
        long high = odd ? a.significand : a.significand >>> 1;
        long low = odd ? 0 : a.significand << 63;
        long root = 0;
        long restHigh = 0;
        long restLow = 0;
        for (int i = 0; i < 64; i++) {
            restHigh = restHigh << 2 | restLow >>> 62;
            restLow = restLow << 2 | high >>> 62;
            high = high << 2 | low >>> 62;
            low <<= 2;
            long trialHigh = root >>> 62;
            long trialLow = root << 2 | 1;
            root <<= 1;
            boolean fits = restHigh != trialHigh
                    ? Long.compareUnsigned(restHigh, trialHigh) > 0
                    : Long.compareUnsigned(restLow, trialLow) >= 0;
            if (fits) {
                restHigh -= trialHigh + (Long.compareUnsigned(restLow, trialLow) < 0 ? 1 : 0);
                restLow -= trialLow;
                root |= 1;
            }
        }
        boolean above = restHigh != 0 || Long.compareUnsigned(restLow, root) > 0;
        long after = above ? TOP | 1 : restLow != 0 ? 1 : 0;
        round(false, (power >> 1) + Format.BIAS, root, after, format);
    }

    /// Rounds `high:low * 2^(exponent - BIAS - 127)`, bit 63 of `high` set, to `format`, into [#r].
    void round(boolean negative, int exponent, long high, long low, Format format) {
        up = false;
        int power = exponent;
        long top = high;
        long rest = low;
        boolean tiny = false;
        boolean wrapped = false;
        if (power < format.minimum()) {
            tiny = power < format.minimum() - 1 || !carries(negative, top, rest, format.precision());
            if (tiny && (masks & UNDERFLOW) == 0) {
                raised |= UNDERFLOW;
                tiny = false;
                wrapped = true;
                power += WRAP;
            } else if (tiny && flush) {
                raised |= UNDERFLOW | PRECISION;
                r.zero(negative);
                return;
            } else {
                int shift = format.minimum() - power;
                rest = shift < 64
                        ? top << 64 - shift | rest >>> shift | (rest << 64 - shift != 0 ? 1 : 0)
                        : shiftedLow(top, shift) | (rest != 0 ? 1 : 0);
                top = shiftedHigh(top, shift);
                power = format.minimum();
            }
        }
        int drop = 64 - format.precision();
        long lost = drop == 0 ? 0 : top & (1L << drop) - 1;
        if ((lost | rest) != 0) {
            raised |= PRECISION | (tiny ? UNDERFLOW : 0);
            top ^= lost;
            if (increments(negative, top >>> drop & 1, lost, rest, drop)) {
                up = true;
                top += 1L << drop;
                if (top == 0) {
                    top = TOP;
                    power++;
                }
            }
        }
        if (power > format.maximum() && !wrapped) {
            overflow(negative, power, top, format);
        } else if (wrapped && power < format.minimum()) {
            raised |= PRECISION;
            r.zero(negative);
        } else if (top == 0) {
            r.zero(negative);
        } else {
            r.finite(negative, power, top);
        }
    }

    private void overflow(boolean negative, int power, long top, Format format) {
        raised |= OVERFLOW;
        boolean unmasked = (masks & OVERFLOW) == 0;
        if (unmasked && power - WRAP <= format.maximum()) {
            r.finite(negative, power - WRAP, top);
            return;
        }
        raised |= PRECISION;
        up = unmasked || rounding == NEAREST || rounding == (negative ? DOWN : UP);
        if (up) {
            r.infinite(negative);
        } else {
            r.finite(negative, format.maximum(), -1L << 64 - format.precision());
        }
    }

    /// {@return whether rounding to `precision` bits carries out of the significand}
    private boolean carries(boolean negative, long high, long low, int precision) {
        int drop = 64 - precision;
        long lost = drop == 0 ? 0 : high & (1L << drop) - 1;
        long kept = high ^ lost;
        return kept == -1L << drop && (lost | low) != 0 && increments(negative, 1, lost, low, drop);
    }

    /// {@return whether a magnitude is rounded up, given its last bit and what is lost: `drop` bits, then 64}
    private boolean increments(boolean negative, long odd, long lost, long rest, int drop) {
        return switch (rounding) {
            case NEAREST -> {
                long half = drop == 0 ? rest >>> 63 : lost >>> drop - 1;
                boolean beyond = drop == 0 ? rest << 1 != 0 : (lost & (1L << drop - 1) - 1 | rest) != 0;
                yield half != 0 && (beyond || odd != 0);
            }
            case DOWN -> negative;
            case UP -> !negative;
            default -> false;
        };
    }

    /// Rounds [#a], which is finite or zero, to an integer, into [#r].
    void roundToIntegral() {
        up = false;
        int bits = a.exponent - Format.BIAS;
        if (a.kind != FINITE || bits >= 63) {
            r.set(a);
            return;
        }
        long whole = bits < 0 ? 0 : a.significand >>> 63 - bits;
        long rest = bits < -1 ? 1 : a.significand << bits + 1;
        if (rest != 0) {
            raised |= PRECISION;
            if (increments(a.negative, whole & 1, 0, rest, 0)) {
                up = true;
                whole++;
            }
        }
        boolean negative = a.negative;
        if (whole == 0) {
            r.zero(negative);
        } else {
            r.finite(negative, Format.BIAS + 63, whole);
            r.normalize();
        }
    }

    /// {@return [#a] rounded to a signed integer of `bits` bits; invalid, and the smallest one, if it does not fit}
    long toInteger(int bits) {
        long indefinite = -1L << bits - 1;
        up = false;
        if (a.nan() || a.kind == INFINITE || a.kind == FINITE && a.exponent > Format.BIAS + 63) {
            raised |= INVALID;
            return indefinite;
        }
        int before = raised;
        if (a.kind == FINITE && a.exponent == Format.BIAS + 63) {
            r.set(a);
        } else {
            roundToIntegral();
        }
        if (r.kind == ZERO) {
            return 0;
        }
        int shift = Format.BIAS + 63 - r.exponent;
        long magnitude = r.significand >>> shift;
        long limit = (1L << bits - 1) - (r.negative ? 0 : 1);
        if (Long.compareUnsigned(magnitude, limit) > 0) {
            raised = before | INVALID;
            up = false;
            return indefinite;
        }
        return r.negative ? -magnitude : magnitude;
    }

    /// {@return how [#a] compares with [#b], neither of which is NaN: -1, 0 or 1}
    int compare() {
        if (a.kind == ZERO && b.kind == ZERO) {
            return 0;
        }
        if (a.kind == ZERO) {
            return b.negative ? 1 : -1;
        }
        if (b.kind == ZERO || a.negative != b.negative) {
            return a.negative ? -1 : 1;
        }
        int order = Integer.compare(a.kind, b.kind);
        if (order == 0 && a.kind == FINITE) {
            order = Integer.compare(a.exponent, b.exponent);
            if (order == 0) {
                order = Long.compareUnsigned(a.significand, b.significand);
            }
        }
        return a.negative ? -order : order;
    }
}
