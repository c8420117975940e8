package cloison.cpu.fp;

/// The approximations of RCPPS and RSQRTPS, as Intel processors have them.
///
/// The significand is cut to 11 bits after the point (10 for the root); the answer is the exact one for the middle of
/// that interval, rounded to 12 bits. Denormal operands count as zero, denormal results are zero, MXCSR does not
/// matter, and no exception is raised.
public final class Reciprocals {
    private static final int SIGN = Integer.MIN_VALUE;
    private static final int INFINITY = 0x7F80_0000;
    private static final int INDEFINITE = 0xFFC0_0000;
    private static final int QUIET = 0x0040_0000;
    private static final int FRACTION = 0x007F_FFFF;

    private Reciprocals() {}

    /// {@return about 1 / `a`}
    public static int reciprocal(int a) {
        int exponent = a >>> 23 & 0xFF;
        int sign = a & SIGN;
        if (exponent == 0xFF) {
            return (a & FRACTION) != 0 ? a | QUIET : sign;
        }
        if (exponent == 0) {
            return sign | INFINITY;
        }
        int middle = (1 << 12) + 2 * (a >>> 12 & 0x7FF) + 1;
        // 2^13 / (middle / 2^12), rounded: 12 bits with the highest set
        int significand = ((1 << 26) / middle + 1) >> 1;
        int result = 253 - exponent;
        return result <= 0 ? sign : sign | result << 23 | (significand & 0xFFF) << 11;
    }

    /// {@return about 1 / sqrt(`a`)}
    public static int reciprocalRoot(int a) {
        int exponent = a >>> 23 & 0xFF;
        if (exponent == 0xFF && (a & FRACTION) != 0) {
            return a | QUIET;
        }
        if (exponent == 0) {
            return a & SIGN | INFINITY;
        }
        if (a < 0) {
            return INDEFINITE;
        }
        if (exponent == 0xFF) {
            return 0;
        }
        boolean odd = (exponent & 1) == 0;
        double middle = (2049 + 2 * (a >>> 13 & 0x3FF)) / (odd ? 1024.0 : 2048.0);
        int significand = (int) (8192 / Math.sqrt(middle) + 0.5);
        int result = 126 - ((exponent - 127) >> 1);
        return result << 23 | (significand & 0xFFF) << 11;
    }
}
