package cloison.cpu.fp;

/// A floating-point format, as rounding sees it. Exponents are biased as in the 80-bit format.
///
/// @param precision bits of the significand
/// @param minimum exponent of the smallest normal number
/// @param maximum exponent of the largest finite number
record Format(int precision, int minimum, int maximum) {
    /// The bias of all exponents here.
    static final int BIAS = 16383;

    static final Format HALF = new Format(11, BIAS - 14, BIAS + 15);
    static final Format SINGLE = new Format(24, BIAS - 126, BIAS + 127);
    static final Format DOUBLE = new Format(53, BIAS - 1022, BIAS + 1023);
    static final Format EXTENDED = new Format(64, 1, 0x7FFE);

    /// 80-bit results with the significand of float32: precision control 0.
    static final Format SHORT = new Format(24, 1, 0x7FFE);
    /// 80-bit results with the significand of float64: precision control 2.
    static final Format MEDIUM = new Format(53, 1, 0x7FFE);
}
