package cloison.cpu.interpret;

import static cloison.cpu.interpret.Lanes.BYTES;
import static cloison.cpu.interpret.Lanes.DOUBLES;
import static cloison.cpu.interpret.Lanes.QUADS;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.VectorOp;

/// Makes the steps of operations on XMM registers that move lanes between the halves.
final class PackedShuffles {
    /// What an operation makes of registers: indices into `Cpu.xmm` of destination and source.
    interface Whole {
        void apply(long[] x, int d, int s);
    }

    private PackedShuffles() {}

    static Step of(VectorOp op, Instruction i, int d, int s) {
        int immediate = (int) i.immediate & 0xFF;
        return switch (op) {
            case PUNPCKLBW -> interleaveBytes(d, s);
            case PUNPCKLQDQ, UNPCKLPD -> interleaveQuads(d, s);
            case PSHUFD -> shuffleDoubles(d, s, immediate);
            case PSHUFB -> shuffleBytes(d, s);
            default -> step(d, s, whole(op, immediate, i.operand(1).kind() == Kind.MEMORY));
        };
    }

    private static Step step(int d, int s, Whole whole) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                whole.apply(cpu.xmm, d, s);
            }
        };
    }

    private static Step interleaveBytes(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                long a = x[d];
                long b = x[s];
                x[d] = Lanes.interleaveBytesLow(a, b);
                x[d + 1] = Lanes.interleaveBytesHigh(a, b);
            }
        };
    }

    private static Step interleaveQuads(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d + 1] = cpu.xmm[s];
            }
        };
    }

    private static Step shuffleDoubles(int d, int s, int order) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                long low = chosen(x, s, order);
                x[d + 1] = chosen(x, s, order >>> 4);
                x[d] = low;
            }
        };
    }

    private static Step shuffleBytes(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                long low = x[d];
                long high = x[d + 1];
                x[d] = Lanes.shuffleBytes(low, high, x[s], 15);
                x[d + 1] = Lanes.shuffleBytes(low, high, x[s + 1], 15);
            }
        };
    }

    /// PSLLDQ and PSRLDQ.
    static Step shiftBytes(VectorOp op, int d, int count) {
        boolean left = op == VectorOp.PSLLDQ;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                long low = x[d];
                long high = x[d + 1];
                x[d] = left ? bytesAt(0, 0, low, high, 16 - count) : bytesAt(low, high, 0, 0, count);
                x[d + 1] = left ? bytesAt(0, 0, low, high, 24 - count) : bytesAt(low, high, 0, 0, count + 8);
            }
        };
    }

    /// {@return the eight bytes at byte `at` of the 32 bytes a, b, c, d; zero outside}
    private static long bytesAt(long a, long b, long c, long d, int at) {
        if (at <= -8 || at >= 32) {
            return 0;
        }
        int shift = (at & 7) * 8;
        int first = at >> 3;
        long low = quad(a, b, c, d, first);
        return shift == 0 ? low : low >>> shift | quad(a, b, c, d, first + 1) << 64 - shift;
    }

    private static long quad(long a, long b, long c, long d, int index) {
        return switch (index) {
            case 0 -> a;
            case 1 -> b;
            case 2 -> c;
            case 3 -> d;
            default -> 0;
        };
    }

    /// {@return the doubleword of the register at `s` that the low two bits of `order` choose}
    private static long doubleAt(long[] x, int s, int order) {
        return x[s + (order >>> 1 & 1)] >>> (order & 1) * 32 & 0xFFFF_FFFFL;
    }

    /// {@return the two doublewords that the low four bits of `order` choose}
    private static long chosen(long[] x, int s, int order) {
        return doubleAt(x, s, order) | doubleAt(x, s, order >>> 2) << 32;
    }

    static void set(long[] x, int d, long low, long high) {
        x[d] = low;
        x[d + 1] = high;
    }

    private static Whole whole(VectorOp op, int immediate, boolean memory) {
        return switch (op) {
            case PUNPCKHBW ->
                (x, d, s) -> set(
                        x,
                        d,
                        Lanes.interleaveBytesLow(x[d + 1], x[s + 1]),
                        Lanes.interleaveBytesHigh(x[d + 1], x[s + 1]));
            case PUNPCKLWD ->
                (x, d, s) -> set(x, d, Lanes.interleaveWordsLow(x[d], x[s]), Lanes.interleaveWordsHigh(x[d], x[s]));
            case PUNPCKHWD ->
                (x, d, s) -> set(
                        x,
                        d,
                        Lanes.interleaveWordsLow(x[d + 1], x[s + 1]),
                        Lanes.interleaveWordsHigh(x[d + 1], x[s + 1]));
            case PUNPCKLDQ, UNPCKLPS ->
                (x, d, s) -> set(x, d, Lanes.interleaveDoublesLow(x[d], x[s]), Lanes.interleaveDoublesHigh(x[d], x[s]));
            case PUNPCKHDQ, UNPCKHPS ->
                (x, d, s) -> set(
                        x,
                        d,
                        Lanes.interleaveDoublesLow(x[d + 1], x[s + 1]),
                        Lanes.interleaveDoublesHigh(x[d + 1], x[s + 1]));
            case PUNPCKHQDQ, UNPCKHPD -> (x, d, s) -> set(x, d, x[d + 1], x[s + 1]);
            case PACKSSWB ->
                (x, d, s) -> set(
                        x,
                        d,
                        Lanes.packSignedWords(x[d]) | Lanes.packSignedWords(x[d + 1]) << 32,
                        Lanes.packSignedWords(x[s]) | Lanes.packSignedWords(x[s + 1]) << 32);
            case PACKUSWB ->
                (x, d, s) -> set(
                        x,
                        d,
                        Lanes.packUnsignedWords(x[d]) | Lanes.packUnsignedWords(x[d + 1]) << 32,
                        Lanes.packUnsignedWords(x[s]) | Lanes.packUnsignedWords(x[s + 1]) << 32);
            case PACKSSDW ->
                (x, d, s) -> set(
                        x,
                        d,
                        Lanes.packSignedDoubles(x[d]) | Lanes.packSignedDoubles(x[d + 1]) << 32,
                        Lanes.packSignedDoubles(x[s]) | Lanes.packSignedDoubles(x[s + 1]) << 32);
            case PACKUSDW ->
                (x, d, s) -> set(
                        x,
                        d,
                        Lanes.packUnsignedDoubles(x[d]) | Lanes.packUnsignedDoubles(x[d + 1]) << 32,
                        Lanes.packUnsignedDoubles(x[s]) | Lanes.packUnsignedDoubles(x[s + 1]) << 32);
            case PSHUFLW -> (x, d, s) -> set(x, d, Lanes.shuffleWords(x[s], immediate), x[s + 1]);
            case PSHUFHW -> (x, d, s) -> set(x, d, x[s], Lanes.shuffleWords(x[s + 1], immediate));
            case SHUFPS -> (x, d, s) -> set(x, d, chosen(x, d, immediate), chosen(x, s, immediate >>> 4));
            case SHUFPD -> (x, d, s) -> set(x, d, x[d + (immediate & 1)], x[s + (immediate >>> 1 & 1)]);
            case PALIGNR ->
                (x, d, s) -> set(
                        x,
                        d,
                        bytesAt(x[s], x[s + 1], x[d], x[d + 1], immediate),
                        bytesAt(x[s], x[s + 1], x[d], x[d + 1], immediate + 8));
            case INSERTPS -> insertSingle(immediate, memory);
            case PBLENDW, BLENDPS, BLENDPD -> blend(op, immediate);
            case PBLENDVB -> (x, d, s) -> blend(x, d, s, BYTES);
            case BLENDVPS -> (x, d, s) -> blend(x, d, s, DOUBLES);
            case BLENDVPD -> (x, d, s) -> blend(x, d, s, QUADS);
            default -> PackedMixes.of(op, immediate);
        };
    }

    private static Whole insertSingle(int immediate, boolean memory) {
        int from = memory ? 0 : immediate >>> 6;
        int to = immediate >>> 4 & 3;
        long keepLow = ~blendMask(immediate, 0, 32);
        long keepHigh = ~blendMask(immediate, 2, 32);
        return (x, d, s) -> {
            long value = doubleAt(x, s, from);
            int shift = (to & 1) * 32;
            int at = d + (to >>> 1);
            x[at] = x[at] & ~(0xFFFF_FFFFL << shift) | value << shift;
            x[d] &= keepLow;
            x[d + 1] &= keepHigh;
        };
    }

    /// {@return ones in the words, doublewords or quadwords of a half that a blend takes from its source}
    private static long blendMask(int bits, int from, int width) {
        long mask = 0;
        for (int lane = 0; lane < 64 / width; lane++) {
            if ((bits >>> from + lane & 1) != 0) {
                mask |= -1L >>> 64 - width << lane * width;
            }
        }
        return mask;
    }

    private static Whole blend(VectorOp op, int immediate) {
        int width = op == VectorOp.PBLENDW ? 16 : op == VectorOp.BLENDPS ? 32 : 64;
        long low = blendMask(immediate, 0, width);
        long high = blendMask(immediate, 64 / width, width);
        return (x, d, s) -> set(x, d, Lanes.select(low, x[s], x[d]), Lanes.select(high, x[s + 1], x[d + 1]));
    }

    /// Takes the lanes of the source whose sign in XMM0 is set.
    private static void blend(long[] x, int d, int s, long signs) {
        long low = Lanes.spread(x[0] & signs, signs);
        long high = Lanes.spread(x[1] & signs, signs);
        set(x, d, Lanes.select(low, x[s], x[d]), Lanes.select(high, x[s + 1], x[d + 1]));
    }
}
