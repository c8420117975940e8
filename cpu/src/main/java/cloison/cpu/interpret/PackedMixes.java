package cloison.cpu.interpret;

import cloison.cpu.decode.VectorOp;

/// The rarer operations on whole XMM registers: horizontal arithmetic, minimum position, extensions.
final class PackedMixes {
    private PackedMixes() {}

    static PackedShuffles.Whole of(VectorOp op, int immediate) {
        return switch (op) {
            case PHADDW ->
                (x, d, s) -> PackedShuffles.set(
                        x,
                        d,
                        Lanes.addPairsOfWords(x[d]) | Lanes.addPairsOfWords(x[d + 1]) << 32,
                        Lanes.addPairsOfWords(x[s]) | Lanes.addPairsOfWords(x[s + 1]) << 32);
            case PHADDSW ->
                (x, d, s) -> PackedShuffles.set(
                        x,
                        d,
                        Lanes.addPairsOfWordsSigned(x[d]) | Lanes.addPairsOfWordsSigned(x[d + 1]) << 32,
                        Lanes.addPairsOfWordsSigned(x[s]) | Lanes.addPairsOfWordsSigned(x[s + 1]) << 32);
            case PHSUBW ->
                (x, d, s) -> PackedShuffles.set(
                        x,
                        d,
                        Lanes.subtractPairsOfWords(x[d]) | Lanes.subtractPairsOfWords(x[d + 1]) << 32,
                        Lanes.subtractPairsOfWords(x[s]) | Lanes.subtractPairsOfWords(x[s + 1]) << 32);
            case PHSUBSW ->
                (x, d, s) -> PackedShuffles.set(
                        x,
                        d,
                        Lanes.subtractPairsOfWordsSigned(x[d]) | Lanes.subtractPairsOfWordsSigned(x[d + 1]) << 32,
                        Lanes.subtractPairsOfWordsSigned(x[s]) | Lanes.subtractPairsOfWordsSigned(x[s + 1]) << 32);
            case PHADDD ->
                (x, d, s) -> PackedShuffles.set(
                        x,
                        d,
                        Lanes.addPairOfDoubles(x[d]) | Lanes.addPairOfDoubles(x[d + 1]) << 32,
                        Lanes.addPairOfDoubles(x[s]) | Lanes.addPairOfDoubles(x[s + 1]) << 32);
            case PHSUBD ->
                (x, d, s) -> PackedShuffles.set(
                        x,
                        d,
                        Lanes.subtractPairOfDoubles(x[d]) | Lanes.subtractPairOfDoubles(x[d + 1]) << 32,
                        Lanes.subtractPairOfDoubles(x[s]) | Lanes.subtractPairOfDoubles(x[s + 1]) << 32);
            case MPSADBW -> (x, d, s) -> sumsOfDifferences(x, d, s, immediate);
            case PHMINPOSUW -> PackedMixes::minimumPosition;
            case PMOVSXBW -> (x, d, s) -> extend(x, d, x[s], 8, 16, true);
            case PMOVSXBD -> (x, d, s) -> extend(x, d, x[s], 8, 32, true);
            case PMOVSXBQ -> (x, d, s) -> extend(x, d, x[s], 8, 64, true);
            case PMOVSXWD -> (x, d, s) -> extend(x, d, x[s], 16, 32, true);
            case PMOVSXWQ -> (x, d, s) -> extend(x, d, x[s], 16, 64, true);
            case PMOVSXDQ -> (x, d, s) -> extend(x, d, x[s], 32, 64, true);
            case PMOVZXBW -> (x, d, s) -> extend(x, d, x[s], 8, 16, false);
            case PMOVZXBD -> (x, d, s) -> extend(x, d, x[s], 8, 32, false);
            case PMOVZXBQ -> (x, d, s) -> extend(x, d, x[s], 8, 64, false);
            case PMOVZXWD -> (x, d, s) -> extend(x, d, x[s], 16, 32, false);
            case PMOVZXWQ -> (x, d, s) -> extend(x, d, x[s], 16, 64, false);
            case PMOVZXDQ -> (x, d, s) -> extend(x, d, x[s], 32, 64, false);
            default -> throw new IllegalStateException("not a packed operation: " + op);
        };
    }

    /// Widens the lowest lanes of `from` until the register is full.
    private static void extend(long[] x, int d, long from, int narrow, int wide, boolean signed) {
        int perHalf = 64 / wide;
        long low = 0;
        long high = 0;
        for (int lane = 0; lane < perHalf; lane++) {
            low |= widened(from >>> lane * narrow, narrow, wide, signed) << lane * wide;
            high |= widened(from >>> (lane + perHalf) * narrow, narrow, wide, signed) << lane * wide;
        }
        PackedShuffles.set(x, d, low, high);
    }

    private static long widened(long value, int narrow, int wide, boolean signed) {
        long top = value << 64 - narrow;
        return (signed ? top >> 64 - narrow : top >>> 64 - narrow) & -1L >>> 64 - wide;
    }

    private static int byteAt(long low, long high, int index) {
        return (int) ((index < 8 ? low : high) >>> (index & 7) * 8) & 0xFF;
    }

    private static void sumsOfDifferences(long[] x, int d, int s, int immediate) {
        int first = immediate & 4;
        int block = (immediate & 3) * 4;
        long low = 0;
        long high = 0;
        for (int i = 0; i < 8; i++) {
            long sum = 0;
            for (int k = 0; k < 4; k++) {
                sum += Math.abs(byteAt(x[d], x[d + 1], first + i + k) - byteAt(x[s], x[s + 1], block + k));
            }
            if (i < 4) {
                low |= sum << i * 16;
            } else {
                high |= sum << (i - 4) * 16;
            }
        }
        PackedShuffles.set(x, d, low, high);
    }

    private static void minimumPosition(long[] x, int d, int s) {
        long smallest = 0xFFFF;
        long position = 0;
        for (int i = 7; i >= 0; i--) {
            long word = x[s + (i >>> 2)] >>> (i & 3) * 16 & 0xFFFF;
            if (word <= smallest) {
                smallest = word;
                position = i;
            }
        }
        PackedShuffles.set(x, d, smallest | position << 16, 0);
    }
}
