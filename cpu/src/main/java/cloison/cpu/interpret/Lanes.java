package cloison.cpu.interpret;

/// The integer arithmetic of MMX and SSE on one 64-bit half: all lanes of a long at once.
///
/// Lanes are 8, 16, 32 or 64 bits wide. Most functions take the lane's most significant bits as a mask ([#BYTES],
/// [#WORDS], [#DOUBLES], [#QUADS]) and work for any width; masks of lanes have all bits of a lane equal.
final class Lanes {
    /// The most significant bit of each lane of 8 bits.
    static final long BYTES = 0x8080_8080_8080_8080L;
    /// The most significant bit of each lane of 16 bits.
    static final long WORDS = 0x8000_8000_8000_8000L;
    /// The most significant bit of each lane of 32 bits.
    static final long DOUBLES = 0x8000_0000_8000_0000L;
    /// The most significant bit of a lane of 64 bits.
    static final long QUADS = 0x8000_0000_0000_0000L;

    private Lanes() {}

    /// {@return bits per lane}
    static int width(long high) {
        return Long.numberOfTrailingZeros(high) + 1;
    }

    /// {@return ones in every lane whose most significant bit is set in `bits`, which has no others}
    static long spread(long bits, long high) {
        return (bits << 1) - (bits >>> width(high) - 1);
    }

    /// {@return `a` where `mask` has ones, else `b`}
    static long select(long mask, long a, long b) {
        return a & mask | b & ~mask;
    }

    static long add(long a, long b, long high) {
        return (a & ~high) + (b & ~high) ^ (a ^ b) & high;
    }

    static long subtract(long a, long b, long high) {
        return (a | high) - (b & ~high) ^ (a ^ ~b) & high;
    }

    static long addSigned(long a, long b, long high) {
        long sum = add(a, b, high);
        return saturate(~(a ^ b) & (a ^ sum) & high, a, sum, high);
    }

    static long subtractSigned(long a, long b, long high) {
        long difference = subtract(a, b, high);
        return saturate((a ^ b) & (a ^ difference) & high, a, difference, high);
    }

    /// Where `overflow`, the largest magnitude of the sign of `a`; else `value`.
    private static long saturate(long overflow, long a, long value, long high) {
        long limit = ~high + ((a & high) >>> width(high) - 1);
        return select(spread(overflow, high), limit, value);
    }

    static long addUnsigned(long a, long b, long high) {
        long sum = add(a, b, high);
        return sum | spread((a & b | (a | b) & ~sum) & high, high);
    }

    static long subtractUnsigned(long a, long b, long high) {
        return subtract(a, b, high) & ~belowMask(a, b, high);
    }

    /// {@return ones where `a` is below `b`, unsigned}
    static long belowMask(long a, long b, long high) {
        long difference = subtract(a, b, high);
        return spread((~a & b | (~a | b) & difference) & high, high);
    }

    /// {@return ones where `a` is greater than `b`, signed}
    static long greater(long a, long b, long high) {
        return belowMask(b ^ high, a ^ high, high);
    }

    /// {@return ones where the lanes are equal}
    static long equal(long a, long b, long high) {
        long x = a ^ b;
        return spread(~((x & ~high) + ~high | x) & high, high);
    }

    static long minimumSigned(long a, long b, long high) {
        return select(greater(a, b, high), b, a);
    }

    static long maximumSigned(long a, long b, long high) {
        return select(greater(a, b, high), a, b);
    }

    static long minimumUnsigned(long a, long b, long high) {
        return select(belowMask(a, b, high), a, b);
    }

    static long maximumUnsigned(long a, long b, long high) {
        return select(belowMask(a, b, high), b, a);
    }

    /// {@return the unsigned averages, rounded up}
    static long average(long a, long b, long high) {
        return (a | b) - ((a ^ b) >>> 1 & ~high);
    }

    static long absolute(long a, long high) {
        long negative = spread(a & high, high);
        return subtract(a ^ negative, negative, high);
    }

    /// {@return `a` negated where `b` is negative, zero where `b` is zero}
    static long sign(long a, long b, long high) {
        long negative = spread(b & high, high);
        return subtract(a ^ negative, negative, high) & ~equal(b, 0, high);
    }

    /// {@return the lanes shifted left; all zero for a count (unsigned) not below the width}
    static long shiftLeft(long a, long count, long high) {
        int width = width(high);
        return Long.compareUnsigned(count, width) >= 0 ? 0 : a << count & ~((high >>> width - 1) * ((1L << count) - 1));
    }

    /// {@return the lanes shifted right; all zero for a count (unsigned) not below the width}
    static long shiftRight(long a, long count, long high) {
        int width = width(high);
        return Long.compareUnsigned(count, width) >= 0
                ? 0
                : a >>> count & (high >>> width - 1) * ((-1L >>> 64 - width) >>> count);
    }

    /// {@return the lanes shifted right with their signs; all sign for a count (unsigned) not below the width}
    static long shiftArithmetic(long a, long count, long high) {
        int width = width(high);
        if (Long.compareUnsigned(count, width) >= 0) {
            return spread(a & high, high);
        }
        return shiftRight(a, count, high) | spread(a & high, high) & topBits(count, high);
    }

    /// {@return the top `count` bits of every lane}
    private static long topBits(long count, long high) {
        int width = width(high);
        long lane = -1L >>> 64 - width;
        return (high >>> width - 1) * (lane & ~(lane >>> count));
    }

    private static int word(long a, int lane) {
        return (short) (a >>> lane * 16);
    }

    private static long place(int value, int lane) {
        return (value & 0xFFFFL) << lane * 16;
    }

    static long multiplyLow(long a, long b) {
        long result = 0;
        for (int i = 0; i < 4; i++) {
            result |= place(word(a, i) * word(b, i), i);
        }
        return result;
    }

    static long multiplyHigh(long a, long b) {
        long result = 0;
        for (int i = 0; i < 4; i++) {
            result |= place(word(a, i) * word(b, i) >> 16, i);
        }
        return result;
    }

    static long multiplyHighUnsigned(long a, long b) {
        long result = 0;
        for (int i = 0; i < 4; i++) {
            result |= place((word(a, i) & 0xFFFF) * (word(b, i) & 0xFFFF) >>> 16, i);
        }
        return result;
    }

    /// {@return the products of signed words, scaled to 15 fraction bits and rounded}
    static long multiplyRounded(long a, long b) {
        long result = 0;
        for (int i = 0; i < 4; i++) {
            result |= place((word(a, i) * word(b, i) >> 14) + 1 >> 1, i);
        }
        return result;
    }

    /// {@return for each pair of signed words the sum of products}
    static long multiplyAdd(long a, long b) {
        int low = word(a, 0) * word(b, 0) + word(a, 1) * word(b, 1);
        int high = word(a, 2) * word(b, 2) + word(a, 3) * word(b, 3);
        return pair(low, high);
    }

    /// {@return for each pair of bytes, unsigned in `a` and signed in `b`, the saturated sum of products}
    static long multiplyAddBytes(long a, long b) {
        long result = 0;
        for (int i = 0; i < 4; i++) {
            int x = (int) (a >>> i * 16);
            int y = (int) (b >>> i * 16);
            int sum = (x & 0xFF) * (byte) y + (x >>> 8 & 0xFF) * (byte) (y >>> 8);
            result |= place(saturateWord(sum), i);
        }
        return result;
    }

    static long multiplyLowDoubles(long a, long b) {
        return pair((int) a * (int) b, (int) (a >>> 32) * (int) (b >>> 32));
    }

    static long multiplyUnsignedDoubles(long a, long b) {
        return (a & 0xFFFF_FFFFL) * (b & 0xFFFF_FFFFL);
    }

    static long multiplySignedDoubles(long a, long b) {
        return (long) (int) a * (int) b;
    }

    /// {@return the sum of the absolute differences of eight unsigned bytes}
    static long sumOfDifferences(long a, long b) {
        long sum = 0;
        for (int i = 0; i < 64; i += 8) {
            sum += Math.abs((int) (a >>> i & 0xFF) - (int) (b >>> i & 0xFF));
        }
        return sum;
    }

    /// {@return two doublewords in a long}
    static long pair(int low, int high) {
        return low & 0xFFFF_FFFFL | (long) high << 32;
    }

    static int saturateWord(int value) {
        return Math.clamp(value, Short.MIN_VALUE, Short.MAX_VALUE);
    }

    /// {@return four signed words as signed bytes, in the low half}
    static long packSignedWords(long a) {
        long result = 0;
        for (int i = 0; i < 4; i++) {
            result |= (Math.clamp(word(a, i), Byte.MIN_VALUE, Byte.MAX_VALUE) & 0xFFL) << i * 8;
        }
        return result;
    }

    /// {@return four signed words as unsigned bytes, in the low half}
    static long packUnsignedWords(long a) {
        long result = 0;
        for (int i = 0; i < 4; i++) {
            result |= (long) Math.clamp(word(a, i), 0, 0xFF) << i * 8;
        }
        return result;
    }

    /// {@return two signed doublewords as signed words, in the low half}
    static long packSignedDoubles(long a) {
        return saturateWord((int) a) & 0xFFFFL | (saturateWord((int) (a >>> 32)) & 0xFFFFL) << 16;
    }

    /// {@return two signed doublewords as unsigned words, in the low half}
    static long packUnsignedDoubles(long a) {
        return Math.clamp((int) a, 0, 0xFFFF) | (long) Math.clamp((int) (a >>> 32), 0, 0xFFFF) << 16;
    }

    /// {@return the low four bytes in lanes of 16 bits}
    static long widenBytes(long a) {
        long x = a & 0xFFFF_FFFFL;
        x = (x | x << 16) & 0x0000_FFFF_0000_FFFFL;
        return (x | x << 8) & 0x00FF_00FF_00FF_00FFL;
    }

    /// {@return the low two words in lanes of 32 bits}
    static long widenWords(long a) {
        return a & 0xFFFF | (a & 0xFFFF_0000L) << 16;
    }

    static long interleaveBytesLow(long a, long b) {
        return widenBytes(a) | widenBytes(b) << 8;
    }

    static long interleaveBytesHigh(long a, long b) {
        return interleaveBytesLow(a >>> 32, b >>> 32);
    }

    static long interleaveWordsLow(long a, long b) {
        return widenWords(a) | widenWords(b) << 16;
    }

    static long interleaveWordsHigh(long a, long b) {
        return interleaveWordsLow(a >>> 32, b >>> 32);
    }

    static long interleaveDoublesLow(long a, long b) {
        return a & 0xFFFF_FFFFL | b << 32;
    }

    static long interleaveDoublesHigh(long a, long b) {
        return a >>> 32 | b & 0xFFFF_FFFF_0000_0000L;
    }

    /// {@return the words of `a` in the order of the four two-bit fields of `order`}
    static long shuffleWords(long a, int order) {
        long result = 0;
        for (int i = 0; i < 4; i++) {
            result |= (a >>> (order >> 2 * i & 3) * 16 & 0xFFFF) << i * 16;
        }
        return result;
    }

    /// {@return the most significant bits of the eight bytes}
    static int signs(long a) {
        return (int) ((a >>> 7 & 0x0101_0101_0101_0101L) * 0x0102_0408_1020_4080L >>> 56);
    }

    /// {@return the bytes of `low` and `high` (together 16, or 8 with `mask` 7) chosen by the bytes of `order`}
    static long shuffleBytes(long low, long high, long order, int mask) {
        long result = 0;
        for (int i = 0; i < 64; i += 8) {
            int index = (int) (order >>> i);
            if ((index & 0x80) == 0) {
                int from = index & mask;
                result |= ((from < 8 ? low : high) >>> (from & 7) * 8 & 0xFF) << i;
            }
        }
        return result;
    }

    /// {@return sums of neighbours: two words of `a` below two of `b` for each half given}
    static long addPairsOfWords(long a) {
        return (word(a, 0) + word(a, 1)) & 0xFFFFL | ((word(a, 2) + word(a, 3)) & 0xFFFFL) << 16;
    }

    static long addPairsOfWordsSigned(long a) {
        return saturateWord(word(a, 0) + word(a, 1)) & 0xFFFFL
                | (saturateWord(word(a, 2) + word(a, 3)) & 0xFFFFL) << 16;
    }

    static long subtractPairsOfWords(long a) {
        return (word(a, 0) - word(a, 1)) & 0xFFFFL | ((word(a, 2) - word(a, 3)) & 0xFFFFL) << 16;
    }

    static long subtractPairsOfWordsSigned(long a) {
        return saturateWord(word(a, 0) - word(a, 1)) & 0xFFFFL
                | (saturateWord(word(a, 2) - word(a, 3)) & 0xFFFFL) << 16;
    }

    static long addPairOfDoubles(long a) {
        return a + (a >>> 32) & 0xFFFF_FFFFL;
    }

    static long subtractPairOfDoubles(long a) {
        return a - (a >>> 32) & 0xFFFF_FFFFL;
    }
}
