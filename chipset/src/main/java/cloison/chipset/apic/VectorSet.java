package cloison.chipset.apic;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// A set of the 256 vectors. Any thread may change it; each change is atomic and visible to whoever looks next.
final class VectorSet {
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] words = new long[4];

    private static long bit(int vector) {
        return 1L << (vector & 63);
    }

    /// {@return whether the vector was added just now}
    boolean add(int vector) {
        return ((long) WORD.getAndBitwiseOr(words, vector >>> 6, bit(vector)) & bit(vector)) == 0;
    }

    /// {@return whether the vector was in the set}
    boolean remove(int vector) {
        return ((long) WORD.getAndBitwiseAnd(words, vector >>> 6, ~bit(vector)) & bit(vector)) != 0;
    }

    boolean has(int vector) {
        return ((long) WORD.getVolatile(words, vector >>> 6) & bit(vector)) != 0;
    }

    /// {@return the highest vector, or -1}
    int highest() {
        for (int i = 3; i >= 0; i--) {
            long word = (long) WORD.getVolatile(words, i);
            if (word != 0) {
                return 64 * i + 63 - Long.numberOfLeadingZeros(word);
            }
        }
        return -1;
    }

    /// {@return 32 vectors as a register shows them; `index` from 0 to 7}
    int register(int index) {
        return (int) ((long) WORD.getVolatile(words, index >>> 1) >>> (32 * (index & 1)));
    }

    void clear() {
        for (int i = 0; i < words.length; i++) {
            WORD.setVolatile(words, i, 0L);
        }
    }
}
