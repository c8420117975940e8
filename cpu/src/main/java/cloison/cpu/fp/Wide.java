package cloison.cpu.fp;

/// A number with 128 bits of significand, for what must be known better than it is returned.
///
/// The value is `(-1)^negative * high:low * 2^(exponent - 127)`, bit 63 of `high` set, or zero. Operations truncate:
/// each is off by a few units in the last of 128 places, which the 80-bit results do not see.
///
/// **Owner:** whoever holds the one that is changed; constants are only read.
final class Wide {
    static final Wide ONE = new Wide(0, Long.MIN_VALUE, 0);
    /// What cannot be told from one but is below it.
    static final Wide BELOW_ONE = new Wide(-1, -1, -1);
    static final Wide PI = new Wide(1, 0xC90F_DAA2_2168_C234L, 0xC4C6_628B_80DC_1CD1L);
    static final Wide HALF_PI = new Wide(0, 0xC90F_DAA2_2168_C234L, 0xC4C6_628B_80DC_1CD1L);
    static final Wide LN_2 = new Wide(-1, 0xB172_17F7_D1CF_79ABL, 0xC9E3_B398_03F2_F6AFL);
    static final Wide LOG2_E = new Wide(0, 0xB8AA_3B29_5C17_F0BBL, 0xBE87_FED0_691D_3E88L);

    boolean negative;
    int exponent;
    long high;
    long low;

    Wide() {}

    Wide(int exponent, long high, long low) {
        this.exponent = exponent;
        this.high = high;
        this.low = low;
    }

    boolean zero() {
        return high == 0;
    }

    Wide set(Wide other) {
        negative = other.negative;
        exponent = other.exponent;
        high = other.high;
        low = other.low;
        return this;
    }

    /// Takes a finite number or zero.
    Wide set(Unpacked other) {
        negative = other.negative;
        exponent = other.exponent - Format.BIAS;
        high = other.kind == Unpacked.ZERO ? 0 : other.significand;
        low = 0;
        return this;
    }

    /// Takes a small integer.
    Wide set(int value) {
        negative = value < 0;
        high = Math.abs((long) value);
        low = 0;
        exponent = 63;
        return normalize();
    }

    /// Takes `high:low * 2^-scale`.
    Wide set(long high, long low, int scale) {
        negative = false;
        this.high = high;
        this.low = low;
        exponent = 127 - scale;
        return normalize();
    }

    private Wide normalize() {
        if (high == 0) {
            high = low;
            low = 0;
            exponent -= 64;
        }
        if (high != 0) {
            int shift = Long.numberOfLeadingZeros(high);
            if (shift != 0) {
                high = high << shift | low >>> 64 - shift;
                low <<= shift;
                exponent -= shift;
            }
        }
        return this;
    }

    Wide negate() {
        negative = !negative;
        return this;
    }

    /// Multiplies by 2^`power`.
    Wide scale(int power) {
        exponent += power;
        return this;
    }

    Wide add(Wide other) {
        return add(other, other.negative);
    }

    Wide subtract(Wide other) {
        return add(other, !other.negative);
    }

    private Wide add(Wide other, boolean otherNegative) {
        if (other.high == 0) {
            return this;
        }
        if (high == 0) {
            set(other);
            negative = otherNegative;
            return this;
        }
        boolean swap = exponent < other.exponent
                || exponent == other.exponent && Long.compareUnsigned(high, other.high) < 0
                || exponent == other.exponent && high == other.high && Long.compareUnsigned(low, other.low) < 0;
        boolean same = negative == otherNegative;
        long largeHigh = swap ? other.high : high;
        long largeLow = swap ? other.low : low;
        long smallHigh = swap ? high : other.high;
        long smallLow = swap ? low : other.low;
        int distance = Math.abs(exponent - other.exponent);
        exponent = Math.max(exponent, other.exponent);
        negative = swap ? otherNegative : negative;
        if (distance >= 128) {
            high = largeHigh;
            low = largeLow;
            return this;
        }
        if (distance >= 64) {
            smallLow = smallHigh;
            smallHigh = 0;
            distance -= 64;
        }
        if (distance != 0) {
            smallLow = smallLow >>> distance | smallHigh << 64 - distance;
            smallHigh >>>= distance;
        }
        if (same) {
            low = largeLow + smallLow;
            long carry = Long.compareUnsigned(low, largeLow) < 0 ? 1 : 0;
            high = largeHigh + smallHigh + carry;
            boolean over = Long.compareUnsigned(high, largeHigh) < 0 || carry != 0 && high == largeHigh;
            if (over) {
                low = low >>> 1 | high << 63;
                high = high >>> 1 | Long.MIN_VALUE;
                exponent++;
            }
            return this;
        }
        low = largeLow - smallLow;
        high = largeHigh - smallHigh - (Long.compareUnsigned(largeLow, smallLow) < 0 ? 1 : 0);
        return normalize();
    }

    Wide multiply(Wide other) {
        if (high == 0 || other.high == 0) {
            high = 0;
            low = 0;
            return this;
        }
        long top = Math.unsignedMultiplyHigh(high, other.high);
        long middle = high * other.high;
        long first = Math.unsignedMultiplyHigh(high, other.low);
        long second = Math.unsignedMultiplyHigh(low, other.high);
        long sum = middle + first;
        top += Long.compareUnsigned(sum, middle) < 0 ? 1 : 0;
        long total = sum + second;
        top += Long.compareUnsigned(total, sum) < 0 ? 1 : 0;
        high = top;
        low = total;
        exponent += other.exponent + 1;
        negative ^= other.negative;
        return normalize();
    }

    /// Divides by a positive integer below 2^31.
    Wide divide(int by) {
        long first = Long.divideUnsigned(high, by);
        long rest = high - first * by;
        long next = rest << 32 | low >>> 32;
        long second = Long.divideUnsigned(next, by);
        rest = next - second * by;
        long third = Long.divideUnsigned(rest << 32 | low & 0xFFFF_FFFFL, by);
        high = first;
        low = second << 32 | third;
        return normalize();
    }

    /// Divides by `other`, which is not zero.
    ///
    /// @param inverse scratch
    /// @param error scratch
    Wide divide(Wide other, Wide inverse, Wide error) {
        // 1 / other to some 62 bits, then one step of Newton's iteration
        inverse.negative = false;
        inverse.low = 0;
        if (other.high == Long.MIN_VALUE) {
            inverse.high = Long.MIN_VALUE;
            inverse.exponent = -other.exponent;
        } else {
            inverse.high = Core.quotient(Long.MIN_VALUE, 0, other.high);
            inverse.exponent = -other.exponent - 1;
        }
        error.set(inverse).multiply(other);
        error.negative = true;
        error.add(ONE).multiply(inverse);
        inverse.add(error);
        boolean sign = negative ^ other.negative;
        multiply(inverse);
        negative = sign;
        return this;
    }
}
