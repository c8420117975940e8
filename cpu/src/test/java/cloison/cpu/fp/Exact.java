package cloison.cpu.fp;

import java.math.BigInteger;

/// A rational number, and what IEEE 754 makes of it: an oracle that shares nothing with the code under test.
///
/// @param numerator signed
/// @param denominator positive
record Exact(BigInteger numerator, BigInteger denominator) {
    /// A rounded magnitude and what its rounding raises.
    ///
    /// @param significand integer multiple of 2^`quantum`
    record Rounded(boolean negative, BigInteger significand, int quantum, int exceptions, boolean up) {}

    static Exact of(double value) {
        long bits = Double.doubleToRawLongBits(value);
        int exponent = (int) (bits >>> 52) & 0x7FF;
        long fraction = bits & 0xF_FFFF_FFFF_FFFFL;
        return of(bits < 0, exponent == 0 ? fraction : fraction | 1L << 52, Math.max(exponent, 1) - 1075);
    }

    static Exact of(float value) {
        int bits = Float.floatToRawIntBits(value);
        int exponent = bits >>> 23 & 0xFF;
        int fraction = bits & 0x7F_FFFF;
        return of(bits < 0, exponent == 0 ? fraction : fraction | 1 << 23, Math.max(exponent, 1) - 150);
    }

    static Exact ofExtended(int signExponent, long significand) {
        int exponent = Math.max(signExponent & 0x7FFF, 1);
        return of(
                new BigInteger(Long.toUnsignedString(significand)),
                exponent - 16383 - 63,
                (signExponent & 0x8000) != 0);
    }

    private static Exact of(boolean negative, long significand, int exponent) {
        return of(BigInteger.valueOf(significand), exponent, negative);
    }

    private static Exact of(BigInteger significand, int exponent, boolean negative) {
        BigInteger signed = negative ? significand.negate() : significand;
        return exponent >= 0
                ? new Exact(signed.shiftLeft(exponent), BigInteger.ONE)
                : new Exact(signed, BigInteger.ONE.shiftLeft(-exponent));
    }

    Exact plus(Exact other) {
        return new Exact(
                numerator.multiply(other.denominator).add(other.numerator.multiply(denominator)),
                denominator.multiply(other.denominator));
    }

    Exact minus(Exact other) {
        return plus(new Exact(other.numerator.negate(), other.denominator));
    }

    Exact times(Exact other) {
        return new Exact(numerator.multiply(other.numerator), denominator.multiply(other.denominator));
    }

    /// {@return the quotient; the other is not zero}
    Exact over(Exact other) {
        BigInteger top = numerator.multiply(other.denominator);
        BigInteger bottom = denominator.multiply(other.numerator);
        return bottom.signum() < 0 ? new Exact(top.negate(), bottom.negate()) : new Exact(top, bottom);
    }

    /// {@return a number that rounds like the square root: exact, or off by less than any half of a last place}
    Exact root() {
        BigInteger scaled = numerator.multiply(denominator).shiftLeft(600);
        BigInteger root = scaled.sqrt();
        BigInteger bottom = denominator.shiftLeft(300);
        if (root.multiply(root).equals(scaled)) {
            return new Exact(root, bottom);
        }
        return new Exact(root.shiftLeft(1).add(BigInteger.ONE), bottom.shiftLeft(1));
    }

    private static BigInteger power(int exponent) {
        return BigInteger.ONE.shiftLeft(exponent);
    }

    /// {@return floor(log2) of the magnitude, which is not zero}
    private int magnitude() {
        BigInteger top = numerator.abs();
        int guess = top.bitLength() - denominator.bitLength();
        boolean below = guess >= 0
                ? top.compareTo(denominator.shiftLeft(guess)) < 0
                : top.shiftLeft(-guess).compareTo(denominator) < 0;
        return below ? guess - 1 : guess;
    }

    /// {@return this rounded so that its last place is a multiple of 2^`quantum`}
    private Rounded at(int quantum, int rounding) {
        BigInteger top = quantum < 0 ? numerator.abs().shiftLeft(-quantum) : numerator.abs();
        BigInteger bottom = quantum > 0 ? denominator.shiftLeft(quantum) : denominator;
        BigInteger[] parts = top.divideAndRemainder(bottom);
        boolean negative = numerator.signum() < 0;
        if (parts[1].signum() == 0) {
            return new Rounded(negative, parts[0], quantum, 0, false);
        }
        int half = parts[1].shiftLeft(1).compareTo(bottom);
        boolean up = switch (rounding) {
            case Core.NEAREST -> half > 0 || half == 0 && parts[0].testBit(0);
            case Core.DOWN -> negative;
            case Core.UP -> !negative;
            default -> false;
        };
        return new Rounded(negative, up ? parts[0].add(BigInteger.ONE) : parts[0], quantum, Core.PRECISION, up);
    }

    /// {@return this, which is not zero, rounded to a format with all exceptions masked; overflow is only reported}
    ///
    /// @param minimum smallest exponent of a normal number, unbiased
    /// @param maximum largest exponent, unbiased
    Rounded round(int precision, int minimum, int maximum, int rounding) {
        int magnitude = magnitude();
        Rounded free = at(magnitude - precision + 1, rounding);
        int top = magnitude + (free.significand.bitLength() > precision ? 1 : 0);
        if (top > maximum) {
            return new Rounded(free.negative, power(precision), maximum, Core.OVERFLOW | Core.PRECISION, true);
        }
        Rounded result = at(Math.max(magnitude, minimum) - precision + 1, rounding);
        boolean tiny = top < minimum;
        int exceptions = result.exceptions | (tiny && result.exceptions != 0 ? Core.UNDERFLOW : 0);
        return new Rounded(result.negative, result.significand, result.quantum, exceptions, result.up);
    }
}
