package cloison.cpu.fp;

/// A floating-point datum of any format, taken apart.
///
/// A finite one is `significand * 2^(exponent - BIAS - 63)` with bit 63 of the significand set. A NaN keeps its payload
/// below bit 63.
final class Unpacked {
    // kinds, in the order in which comparisons use them
    static final int ZERO = 0;
    static final int FINITE = 1;
    static final int INFINITE = 2;
    static final int QUIET = 3;
    static final int SIGNALLING = 4;
    /// An 80-bit encoding that is no number: pseudo-NaN, pseudo-infinity, unnormal.
    static final int UNSUPPORTED = 5;

    static final long TOP = Long.MIN_VALUE;
    static final long QUIET_BIT = 1L << 62;

    int kind;
    boolean negative;
    int exponent;
    long significand;
    /// Whether it was denormal in its format.
    boolean denormal;

    boolean nan() {
        return kind >= QUIET;
    }

    void set(Unpacked other) {
        kind = other.kind;
        negative = other.negative;
        exponent = other.exponent;
        significand = other.significand;
        denormal = other.denormal;
    }

    void zero(boolean negative) {
        kind = ZERO;
        this.negative = negative;
    }

    void infinite(boolean negative) {
        kind = INFINITE;
        this.negative = negative;
    }

    void finite(boolean negative, int exponent, long significand) {
        kind = FINITE;
        this.negative = negative;
        this.exponent = exponent;
        this.significand = significand;
    }

    /// The NaN that an invalid operation gives.
    void indefinite() {
        kind = QUIET;
        negative = true;
        significand = TOP | QUIET_BIT;
    }

    void quiet() {
        kind = QUIET;
        significand |= QUIET_BIT;
    }

    /// Takes apart an 80-bit datum.
    ///
    /// @param signExponent sign (bit 15) and exponent
    void extended(int signExponent, long bits) {
        negative = (signExponent & 0x8000) != 0;
        exponent = signExponent & 0x7FFF;
        significand = bits;
        denormal = false;
        if (exponent == 0) {
            denormal = bits != 0;
            kind = denormal ? FINITE : ZERO;
            exponent = 1;
            normalize();
        } else if (bits >= 0) {
            kind = UNSUPPORTED;
        } else if (exponent == 0x7FFF) {
            kind = bits == TOP ? INFINITE : (bits & QUIET_BIT) != 0 ? QUIET : SIGNALLING;
        } else {
            kind = FINITE;
        }
    }

    /// Takes apart a float16.
    void float16(int bits) {
        take((bits & 0x8000) != 0, bits >>> 10 & 0x1F, 0x1F, (long) bits << 54 >>> 1, Format.HALF, false);
    }

    /// Takes apart a float64.
    void float64(long bits, boolean denormalsAreZero) {
        take(bits < 0, (int) (bits >>> 52) & 0x7FF, 0x7FF, bits << 12 >>> 1, Format.DOUBLE, denormalsAreZero);
    }

    /// Takes apart a float32.
    void float32(int bits, boolean denormalsAreZero) {
        take(bits < 0, bits >>> 23 & 0xFF, 0xFF, (long) bits << 41 >>> 1, Format.SINGLE, denormalsAreZero);
    }

    /// @param fraction the fraction, its first bit in bit 62
    private void take(boolean sign, int biased, int special, long fraction, Format format, boolean denormalsAreZero) {
        negative = sign;
        significand = fraction | TOP;
        denormal = false;
        if (biased == special) {
            kind = fraction == 0 ? INFINITE : (fraction & QUIET_BIT) != 0 ? QUIET : SIGNALLING;
        } else if (biased != 0) {
            kind = FINITE;
            exponent = biased - 1 + format.minimum();
        } else if (fraction == 0 || denormalsAreZero) {
            kind = ZERO;
        } else {
            kind = FINITE;
            denormal = true;
            exponent = format.minimum();
            significand = fraction;
            normalize();
        }
    }

    /// Takes an integer; {@return this}
    Unpacked integer(long value) {
        denormal = false;
        negative = value < 0;
        kind = value == 0 ? ZERO : FINITE;
        exponent = Format.BIAS + 63;
        significand = negative ? -value : value;
        normalize();
        return this;
    }

    void normalize() {
        if (significand != 0) {
            int shift = Long.numberOfLeadingZeros(significand);
            significand <<= shift;
            exponent -= shift;
        }
    }

    /// Undoes [#normalize] for an 80-bit denormal number.
    void denormalize() {
        if (kind == FINITE && exponent < 1) {
            significand >>>= 1 - exponent;
            exponent = 1;
        }
    }

    /// {@return the float16 that this is, which must have been rounded to it}
    int toFloat16() {
        int sign = negative ? 0x8000 : 0;
        int fraction = (int) (significand << 1 >>> 54);
        return switch (kind) {
            case ZERO -> sign;
            case FINITE -> sign | (significand >= 0 ? 0 : exponent - Format.HALF.minimum() + 1 << 10) | fraction;
            case INFINITE -> sign | 0x7C00;
            default -> sign | 0x7C00 | fraction;
        };
    }

    /// {@return the float64 that this is, which must have been rounded to it}
    long toFloat64() {
        long sign = negative ? TOP : 0;
        return switch (kind) {
            case ZERO -> sign;
            case FINITE ->
                sign
                        | (significand >= 0 ? 0 : (long) (exponent - Format.DOUBLE.minimum() + 1) << 52)
                        | significand << 1 >>> 12;
            case INFINITE -> sign | 0x7FF0_0000_0000_0000L;
            default -> sign | 0x7FF0_0000_0000_0000L | significand << 1 >>> 12;
        };
    }

    /// {@return the float32 that this is, which must have been rounded to it}
    int toFloat32() {
        int sign = negative ? Integer.MIN_VALUE : 0;
        int fraction = (int) (significand << 1 >>> 41);
        return switch (kind) {
            case ZERO -> sign;
            case FINITE -> sign | (significand >= 0 ? 0 : exponent - Format.SINGLE.minimum() + 1 << 23) | fraction;
            case INFINITE -> sign | 0x7F80_0000;
            default -> sign | 0x7F80_0000 | fraction;
        };
    }

    /// {@return sign and exponent of the 80-bit datum that this is; its significand is [#extendedSignificand]}
    int extendedExponent() {
        int sign = negative ? 0x8000 : 0;
        return switch (kind) {
            case ZERO -> sign;
            case FINITE -> sign | (significand >= 0 ? 0 : exponent);
            default -> sign | 0x7FFF;
        };
    }

    long extendedSignificand() {
        return switch (kind) {
            case ZERO -> 0;
            case INFINITE -> TOP;
            default -> significand;
        };
    }
}
