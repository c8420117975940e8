package cloison.cpu.interpret;

/// The steps of AES on a state of 128 bits (FIPS 197): byte n of an XMM register is row n mod 4 of column n / 4.
///
/// All tables are made from arithmetic in GF(2^8). A column of the mixed state is the sum of one entry for each of its
/// bytes, turned by the byte's row.
final class Aes {
    /// x^8 + x^4 + x^3 + x + 1.
    private static final int POLYNOMIAL = 0x11B;

    private static final int AFFINE = 0x63;

    private static final byte[] SUBSTITUTE = new byte[256];
    private static final byte[] RESTORE = new byte[256];
    /// The column that a byte in row 0 becomes by MixColumns, and by its inverse.
    private static final int[] MIX = new int[256];

    private static final int[] UNMIX = new int[256];

    static {
        for (int value = 0; value < 256; value++) {
            int inverse = inverse(value);
            int image = inverse ^ turned(inverse, 1) ^ turned(inverse, 2) ^ turned(inverse, 3) ^ turned(inverse, 4);
            SUBSTITUTE[value] = (byte) (image ^ AFFINE);
            RESTORE[(image ^ AFFINE) & 0xFF] = (byte) value;
            MIX[value] = column(value, 2, 1, 1, 3);
            UNMIX[value] = column(value, 14, 9, 13, 11);
        }
    }

    private Aes() {}

    private static int product(int a, int b) {
        int product = 0;
        for (int bit = 0; bit < 8; bit++) {
            product ^= (b >> bit & 1) != 0 ? a << bit : 0;
        }
        for (int bit = 14; bit >= 8; bit--) {
            product ^= (product >> bit & 1) != 0 ? POLYNOMIAL << bit - 8 : 0;
        }
        return product;
    }

    private static int inverse(int value) {
        int other = 0;
        while (value != 0 && product(value, other) != 1) {
            other++;
        }
        return other;
    }

    private static int turned(int value, int by) {
        return (value << by | value >> 8 - by) & 0xFF;
    }

    private static int column(int value, int row0, int row1, int row2, int row3) {
        return product(value, row0)
                | product(value, row1) << 8
                | product(value, row2) << 16
                | product(value, row3) << 24;
    }

    private static int byteAt(long low, long high, int n) {
        return (int) ((n < 8 ? low : high) >>> 8 * (n & 7)) & 0xFF;
    }

    /// {@return column `c` of the state after its rows were shifted and its bytes replaced}
    ///
    /// @param step by how many columns each row is shifted more than the one before: 1, or 3 for the inverse
    private static int shifted(long low, long high, int c, int step, byte[] table) {
        int column = 0;
        for (int row = 0; row < 4; row++) {
            int from = c + step * row & 3;
            column |= (table[byteAt(low, high, 4 * from + row)] & 0xFF) << 8 * row;
        }
        return column;
    }

    private static int mixed(int column, int[] table) {
        int sum = 0;
        for (int row = 0; row < 4; row++) {
            sum ^= Integer.rotateLeft(table[column >>> 8 * row & 0xFF], 8 * row);
        }
        return sum;
    }

    static void encrypt(long[] x, int d, int s) {
        round(x, d, s, 1, SUBSTITUTE, MIX, true);
    }

    static void encryptLast(long[] x, int d, int s) {
        round(x, d, s, 1, SUBSTITUTE, MIX, false);
    }

    static void decrypt(long[] x, int d, int s) {
        round(x, d, s, 3, RESTORE, UNMIX, true);
    }

    static void decryptLast(long[] x, int d, int s) {
        round(x, d, s, 3, RESTORE, UNMIX, false);
    }

    private static void round(long[] x, int d, int s, int step, byte[] replace, int[] mix, boolean mixes) {
        long low = x[d];
        long high = x[d + 1];
        long result = 0;
        long keyLow = x[s];
        long keyHigh = x[s + 1];
        for (int c = 0; c < 4; c++) {
            int column = shifted(low, high, c, step, replace);
            column = mixes ? mixed(column, mix) : column;
            result |= (column & 0xFFFF_FFFFL) << 32 * (c & 1);
            if (c == 1) {
                x[d] = result ^ keyLow;
                result = 0;
            }
        }
        x[d + 1] = result ^ keyHigh;
    }

    static void inverseMixColumns(long[] x, int d, int s) {
        long low = x[s];
        long high = x[s + 1];
        PackedShuffles.set(x, d, unmixed(low), unmixed(high));
    }

    private static long unmixed(long columns) {
        return Lanes.pair(mixed((int) columns, UNMIX), mixed((int) (columns >>> 32), UNMIX));
    }

    static void assistKey(long[] x, int d, int s, int constant) {
        int first = replaced((int) (x[s] >>> 32));
        int third = replaced((int) (x[s + 1] >>> 32));
        PackedShuffles.set(
                x,
                d,
                Lanes.pair(first, Integer.rotateRight(first, 8) ^ constant),
                Lanes.pair(third, Integer.rotateRight(third, 8) ^ constant));
    }

    private static int replaced(int word) {
        int result = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            result |= (SUBSTITUTE[word >>> shift & 0xFF] & 0xFF) << shift;
        }
        return result;
    }
}
