package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.state.Flags;

/// PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM: the comparison of two strings of up to 16 elements.
///
/// The control byte, SDM volume 2, 4.1: bits 1..0 elements (unsigned bytes, unsigned words, signed bytes, signed
/// words), 3..2 aggregation (any, ranges, each, ordered), 5..4 polarity (plain, negated, plain, negated where valid), 6
/// the other form of output.
final class StringCompare {
    private static final int ANY = 0;
    private static final int RANGES = 1;
    private static final int EACH = 2;

    private StringCompare() {}

    static Step of(VectorOp op, Instruction i) {
        int d = Sse.register(i.operand(0));
        int s = Sse.source(i.operand(1));
        int control = (int) i.immediate & 0x7F;
        boolean explicit = op == VectorOp.PCMPESTRI || op == VectorOp.PCMPESTRM;
        boolean index = op == VectorOp.PCMPESTRI || op == VectorOp.PCMPISTRI;
        boolean wideLengths = i.operandSize == 8;
        int count = (control & 1) != 0 ? 8 : 16;
        Step step = new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                int first = explicit ? given(cpu.gpr[0], wideLengths, count) : terminated(x, d, count);
                int second = explicit ? given(cpu.gpr[2], wideLengths, count) : terminated(x, s, count);
                int result = polarize(compare(x, d, s, first, second, control), second, control, count);
                if (index) {
                    cpu.gpr[1] = indexOf(result, control, count);
                } else {
                    mask(x, result, control, count);
                }
                cpu.statusFlags((result != 0 ? Flags.CF : 0)
                        | (second < count ? Flags.ZF : 0)
                        | (first < count ? Flags.SF : 0)
                        | ((result & 1) != 0 ? Flags.OF : 0));
            }
        };
        return Sse.fetchUnaligned(i, i.operand(1), step);
    }

    /// {@return an explicit length: the magnitude of the register, at most `count`}
    private static int given(long register, boolean wide, int count) {
        long length = wide ? register : (int) register;
        return length > count || length < -count ? count : (int) Math.abs(length);
    }

    /// {@return the number of elements before the first zero}
    private static int terminated(long[] x, int at, int count) {
        int width = 128 / count;
        for (int i = 0; i < count; i++) {
            if (element(x, at, i, width, false) == 0) {
                return i;
            }
        }
        return count;
    }

    private static int element(long[] x, int at, int i, int width, boolean signed) {
        int bit = i * width;
        int value = (int) (x[at + (bit >>> 6)] >>> (bit & 63));
        if (width == 8) {
            return signed ? (byte) value : value & 0xFF;
        }
        return signed ? (short) value : value & 0xFFFF;
    }

    /// {@return IntRes1: one bit per element of the second string}
    private static int compare(long[] x, int d, int s, int first, int second, int control) {
        int width = (control & 1) != 0 ? 16 : 8;
        int count = 128 / width;
        boolean signed = (control & 2) != 0;
        int how = control >>> 2 & 3;
        int result = 0;
        for (int j = 0; j < count; j++) {
            boolean bit;
            if (how == ANY || how == RANGES) {
                bit = j < second && found(x, d, element(x, s, j, width, signed), first, width, signed, how == RANGES);
            } else if (how == EACH) {
                bit = j < first && j < second
                        ? element(x, d, j, width, signed) == element(x, s, j, width, signed)
                        : j >= first && j >= second;
            } else {
                bit = startsAt(x, d, s, j, first, second, width);
            }
            result |= bit ? 1 << j : 0;
        }
        return result;
    }

    private static boolean found(long[] x, int d, int value, int length, int width, boolean signed, boolean ranges) {
        if (ranges) {
            for (int i = 0; i + 1 < length; i += 2) {
                if (value >= element(x, d, i, width, signed) && value <= element(x, d, i + 1, width, signed)) {
                    return true;
                }
            }
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (value == element(x, d, i, width, signed)) {
                return true;
            }
        }
        return false;
    }

    /// {@return whether the first string, as far as it fits, is at element `j` of the second}
    private static boolean startsAt(long[] x, int d, int s, int j, int first, int second, int width) {
        int count = 128 / width;
        for (int i = 0; i < first && j + i < count; i++) {
            if (j + i >= second || element(x, d, i, width, false) != element(x, s, j + i, width, false)) {
                return false;
            }
        }
        return true;
    }

    private static int polarize(int result, int second, int control, int count) {
        int all = (1 << count) - 1;
        return switch (control >>> 4 & 3) {
            case 1 -> ~result & all;
            case 3 -> result ^ (1 << second) - 1;
            default -> result;
        };
    }

    private static int indexOf(int result, int control, int count) {
        if (result == 0) {
            return count;
        }
        return (control & 0x40) != 0
                ? 31 - Integer.numberOfLeadingZeros(result)
                : Integer.numberOfTrailingZeros(result);
    }

    /// Puts the result into XMM0, as bits or as elements of all ones.
    private static void mask(long[] x, int result, int control, int count) {
        if ((control & 0x40) == 0) {
            x[0] = result;
            x[1] = 0;
            return;
        }
        int perHalf = count / 2;
        int width = 64 / perHalf;
        long low = 0;
        long high = 0;
        for (int i = 0; i < perHalf; i++) {
            long ones = -1L >>> 64 - width << i * width;
            low |= (result >>> i & 1) != 0 ? ones : 0;
            high |= (result >>> i + perHalf & 1) != 0 ? ones : 0;
        }
        x[0] = low;
        x[1] = high;
    }
}
