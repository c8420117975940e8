package cloison.cpu.interpret;

/// What the SHA instructions compute (SDM volume 2; the functions are those of FIPS 180-4).
///
/// Doubleword 3 of a register, its highest, is the first of a sequence for SHA-1, and the last for messages of SHA-256.
final class Sha {
    private static final int[] CONSTANTS = {0x5A82_7999, 0x6ED9_EBA1, 0x8F1B_BCDC, 0xCA62_C1D6};

    private Sha() {}

    private static int get(long[] x, int register, int n) {
        return (int) (x[register + (n >> 1)] >>> 32 * (n & 1));
    }

    private static void set(long[] x, int d, int d0, int d1, int d2, int d3) {
        x[d] = Lanes.pair(d0, d1);
        x[d + 1] = Lanes.pair(d2, d3);
    }

    static void nextE(long[] x, int d, int s) {
        int e = Integer.rotateLeft(get(x, d, 3), 30);
        set(x, d, get(x, s, 0), get(x, s, 1), get(x, s, 2), get(x, s, 3) + e);
    }

    static void firstMessage1(long[] x, int d, int s) {
        set(
                x,
                d,
                get(x, d, 0) ^ get(x, s, 2),
                get(x, d, 1) ^ get(x, s, 3),
                get(x, d, 2) ^ get(x, d, 0),
                get(x, d, 3) ^ get(x, d, 1));
    }

    static void secondMessage1(long[] x, int d, int s) {
        int w16 = Integer.rotateLeft(get(x, d, 3) ^ get(x, s, 2), 1);
        int w17 = Integer.rotateLeft(get(x, d, 2) ^ get(x, s, 1), 1);
        int w18 = Integer.rotateLeft(get(x, d, 1) ^ get(x, s, 0), 1);
        int w19 = Integer.rotateLeft(get(x, d, 0) ^ w16, 1);
        set(x, d, w19, w18, w17, w16);
    }

    static void fourRounds1(long[] x, int d, int s, int part) {
        int a = get(x, d, 3);
        int b = get(x, d, 2);
        int c = get(x, d, 1);
        int last = get(x, d, 0);
        int e = 0;
        for (int n = 3; n >= 0; n--) {
            int mix = part == 0 ? choose(b, c, last) : part == 2 ? majority(b, c, last) : b ^ c ^ last;
            int next = mix + Integer.rotateLeft(a, 5) + get(x, s, n) + e + CONSTANTS[part];
            e = last;
            last = c;
            c = Integer.rotateLeft(b, 30);
            b = a;
            a = next;
        }
        set(x, d, last, c, b, a);
    }

    /// With the sums of message and constant in XMM0.
    static void twoRounds256(long[] x, int d, int s) {
        int a = get(x, s, 3);
        int b = get(x, s, 2);
        int c = get(x, d, 3);
        int fourth = get(x, d, 2);
        int e = get(x, s, 1);
        int f = get(x, s, 0);
        int g = get(x, d, 1);
        int h = get(x, d, 0);
        for (int n = 0; n < 2; n++) {
            int sum = choose(e, f, g) + turned(e, 6, 11, 25) + get(x, 0, n) + h;
            h = g;
            g = f;
            f = e;
            e = sum + fourth;
            fourth = c;
            int next = sum + majority(a, b, c) + turned(a, 2, 13, 22);
            c = b;
            b = a;
            a = next;
        }
        set(x, d, f, e, b, a);
    }

    static void firstMessage256(long[] x, int d, int s) {
        int w0 = get(x, d, 0);
        int w1 = get(x, d, 1);
        int w2 = get(x, d, 2);
        int w3 = get(x, d, 3);
        int w4 = get(x, s, 0);
        set(
                x,
                d,
                w0 + small(w1, 7, 18, 3),
                w1 + small(w2, 7, 18, 3),
                w2 + small(w3, 7, 18, 3),
                w3 + small(w4, 7, 18, 3));
    }

    static void secondMessage256(long[] x, int d, int s) {
        int w16 = get(x, d, 0) + small(get(x, s, 2), 17, 19, 10);
        int w17 = get(x, d, 1) + small(get(x, s, 3), 17, 19, 10);
        int w18 = get(x, d, 2) + small(w16, 17, 19, 10);
        int w19 = get(x, d, 3) + small(w17, 17, 19, 10);
        set(x, d, w16, w17, w18, w19);
    }

    private static int choose(int x, int y, int z) {
        return x & y ^ ~x & z;
    }

    private static int majority(int x, int y, int z) {
        return x & y ^ x & z ^ y & z;
    }

    private static int turned(int x, int a, int b, int c) {
        return Integer.rotateRight(x, a) ^ Integer.rotateRight(x, b) ^ Integer.rotateRight(x, c);
    }

    private static int small(int x, int a, int b, int shift) {
        return Integer.rotateRight(x, a) ^ Integer.rotateRight(x, b) ^ x >>> shift;
    }
}
