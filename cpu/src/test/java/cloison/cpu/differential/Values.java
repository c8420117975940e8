package cloison.cpu.differential;

import java.util.SplittableRandom;

/// Random values that are more often on an edge than chance would have it.
final class Values {
    private static final long[] EDGES = {
        0,
        1,
        2,
        3,
        -1,
        -2,
        7,
        8,
        15,
        16,
        17,
        31,
        32,
        33,
        63,
        64,
        65,
        0x7F,
        0x80,
        0x81,
        0xFF,
        0x100,
        0x7FFF,
        0x8000,
        0xFFFF,
        0x1_0000,
        0x7FFF_FFFFL,
        0x8000_0000L,
        0xFFFF_FFFFL,
        0x1_0000_0000L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -128,
        -32768,
        Integer.MIN_VALUE,
        0x8000_8000_8000_8000L,
        0x7FFF_7FFF_7FFF_7FFFL,
        0x8080_8080_8080_8080L,
        0x0102_0304_0506_0708L,
        0x5555_5555_5555_5555L,
        0xAAAA_AAAA_AAAA_AAAAL,
        0x00FF_00FF_00FF_00FFL
    };

    private static final float[] FLOATS = {
        0f,
        -0f,
        1f,
        -1f,
        0.5f,
        1.5f,
        2.5f,
        -0.5f,
        3f,
        1e10f,
        -1e10f,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        Float.MIN_VALUE,
        Float.MIN_NORMAL,
        -Float.MIN_NORMAL,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        2147483648f,
        -2147483648f,
        2147483520f,
        32767.5f,
        255.5f,
        0.1f,
        16777216f,
        1.0000001f,
        1e-38f,
        9.223372e18f
    };

    private static final double[] DOUBLES = {
        0,
        -0.0,
        1,
        -1,
        0.5,
        1.5,
        2.5,
        -0.5,
        3,
        1e100,
        -1e100,
        Double.MAX_VALUE,
        -Double.MAX_VALUE,
        Double.MIN_VALUE,
        Double.MIN_NORMAL,
        -Double.MIN_NORMAL,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        2147483647.5,
        -2147483648.5,
        9.223372036854775807e18,
        -9.3e18,
        0.1,
        4503599627370497.5,
        1e-308,
        3.4028235677973366e38,
        1e-45,
        1.1754943508222875e-38
    };

    private Values() {}

    static long integer(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0, 1 -> EDGES[random.nextInt(EDGES.length)];
            case 2 -> random.nextInt(256);
            case 3 -> random.nextInt();
            case 4 -> random.nextLong() >>> random.nextInt(64);
            case 5 -> 1L << random.nextInt(64);
            default -> random.nextLong();
        };
    }

    static int float32(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0, 1 -> Float.floatToRawIntBits(FLOATS[random.nextInt(FLOATS.length)]);
            case 2 -> random.nextInt();
            // infinities and NaNs, quiet and signalling
            case 3 -> 0x7F80_0000 | random.nextInt() & 0x8040_0001;
            case 4 -> random.nextInt() & 0x807F_FFFF; // denormal
            case 5 -> Float.floatToRawIntBits((random.nextInt(2001) - 1000) / 4f);
            default -> random.nextInt() & 0x80FF_FFFF | 112 + random.nextInt(32) << 23;
        };
    }

    static long float64(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0, 1 -> Double.doubleToRawLongBits(DOUBLES[random.nextInt(DOUBLES.length)]);
            case 2 -> random.nextLong();
            case 3 -> 0x7FF0_0000_0000_0000L | random.nextLong() & 0x8008_0000_0000_0001L;
            case 4 -> random.nextLong() & 0x800F_FFFF_FFFF_FFFFL;
            case 5 -> Double.doubleToRawLongBits((random.nextInt(2001) - 1000) / 4.0);
            default -> random.nextLong() & 0x801F_FFFF_FFFF_FFFFL | 1007L + random.nextInt(32) << 52;
        };
    }

    /// Puts sixteen bytes of one lane type.
    static void vector(SplittableRandom random, byte[] to, int at) {
        int kind = random.nextInt(5);
        for (int i = 0; i < 16; i += 8) {
            long value = switch (kind) {
                case 0 -> float32(random) & 0xFFFF_FFFFL | (long) float32(random) << 32;
                case 1 -> float64(random);
                case 2 -> random.nextLong();
                case 3 -> integer(random);
                default -> random.nextInt(256) * 0x0101_0101_0101_0101L & random.nextLong();
            };
            put(to, at + i, 8, value);
        }
    }

    /// Puts an 80-bit value, valid or not.
    static void float80(SplittableRandom random, byte[] to, int at) {
        long significand = random.nextLong() | Long.MIN_VALUE;
        int sign = random.nextInt() & 0x8000;
        int exponent = 0x3FFF + random.nextInt(64) - 32;
        switch (random.nextInt(14)) {
            case 0 -> {
                significand = 0;
                exponent = 0;
            }
            case 1 -> {
                significand = Long.MIN_VALUE;
                exponent = 0x7FFF; // infinity
            }
            case 2 -> {
                significand = Long.MIN_VALUE | random.nextLong() & 0x4000_0000_0000_0001L;
                exponent = 0x7FFF; // NaN
            }
            case 3 -> {
                significand = random.nextLong() >>> 1 + random.nextInt(62);
                exponent = 0; // denormal
            }
            case 4 -> exponent = random.nextInt(0x8000);
            case 5 -> {
                long integer = random.nextInt(100_000);
                int shift = Long.numberOfLeadingZeros(integer | 1);
                significand = (integer | 1) << shift;
                exponent = 0x3FFF + 63 - shift;
            }
            case 6 -> significand = Long.MIN_VALUE; // a power of two
            case 7 -> {
                if (random.nextInt(3) == 0) { // unnormal, pseudo-infinity, pseudo-NaN, pseudo-denormal
                    significand = random.nextLong();
                    exponent = random.nextInt(3) == 0 ? 0 : random.nextBoolean() ? 0x7FFF : exponent;
                }
            }
            case 8 -> significand &= -1L << random.nextInt(63);
            case 9 -> exponent = random.nextBoolean() ? 1 + random.nextInt(70) : 0x7FFE - random.nextInt(70);
            default -> {}
        }
        put(to, at, 8, significand);
        put(to, at + 8, 2, exponent | sign);
    }

    /// Stores the low `size` bytes of `value`.
    static void put(byte[] to, int at, int size, long value) {
        for (int i = 0; i < size; i++) {
            to[at + i] = (byte) (value >>> 8 * i);
        }
    }

    /// {@return `size` bytes}
    static long get(byte[] from, int at, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (from[at + i] & 0xFFL) << 8 * i;
        }
        return value;
    }

    /// Copies `size` bytes at an offset that may lie outside.
    static void copy(byte[] to, byte[] from, long at, int size) {
        for (long i = Math.max(at, 0); i < Math.min(at + size, to.length); i++) {
            to[(int) i] = from[(int) i];
        }
    }

    /// Copies one bit of the byte at an offset that may lie outside.
    static void copyBit(byte[] to, byte[] from, long at, int bit) {
        if (at >= 0 && at < to.length) {
            to[(int) at] = (byte) (to[(int) at] & ~(1 << bit) | from[(int) at] & 1 << bit);
        }
    }
}
