package cloison.hyperv.hypercall;

import cloison.machine.wire.Wire;
import java.util.Arrays;

/// Reads the sets of processors in inputs of hypercalls: a mask, or a sparse set (TLFS, `HV_VP_SET`).
///
/// ```text
///  0        8            16
///  +--------+------------+------------------+
///  | format | bank mask  | a mask per bank… |
///  +--------+------------+------------------+
/// ```
///
/// **Owner:** one virtual processor's thread.
final class ProcessorSets {
    private static final long SPARSE = 0;
    private static final long ALL = 1;
    private static final int BANK_SIZE = 64;

    private final long[] bits;
    private final long[] everyone;

    /// Sets of some of `processors`.
    ProcessorSets(int processors) {
        everyone = new long[(processors + BANK_SIZE - 1) / BANK_SIZE];
        Arrays.fill(everyone, -1);
        if (processors % BANK_SIZE != 0) {
            everyone[everyone.length - 1] = (1L << processors) - 1;
        }
        bits = new long[everyone.length];
    }

    /// {@return all processors, 64 a word, until the next call}
    long[] all() {
        System.arraycopy(everyone, 0, bits, 0, bits.length);
        return bits;
    }

    /// {@return the processors of a mask, until the next call}
    long[] mask(long mask) {
        Arrays.fill(bits, 0);
        bank(0, mask);
        return bits;
    }

    /// Takes the set at `at` of `block`; {@return whether it is one}
    ///
    /// @param banks how many masks follow
    boolean set(byte[] block, int at, int banks) {
        long format = Wire.u64(block, at);
        long bankMask = Wire.u64(block, at + 8);
        if (format == ALL) {
            all();
            return true;
        }
        if (format != SPARSE || Long.bitCount(bankMask) != banks) {
            return false;
        }
        Arrays.fill(bits, 0);
        int from = at + 16;
        for (long left = bankMask; left != 0; left &= left - 1, from += 8) {
            bank(Long.numberOfTrailingZeros(left), Wire.u64(block, from));
        }
        return true;
    }

    /// {@return what [#set] took, until the next call}
    long[] taken() {
        return bits;
    }

    private void bank(int number, long mask) {
        if (number < bits.length) {
            bits[number] = mask & everyone[number];
        }
    }
}
