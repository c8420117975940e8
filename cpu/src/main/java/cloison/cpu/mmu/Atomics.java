package cloison.cpu.mmu;

import cloison.machine.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Compare-and-exchange of 1 to 8 bytes anywhere inside an aligned 8-byte word of the store.
final class Atomics {
    private static final VarHandle LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final MemorySegment store;

    Atomics(MemorySegment store) {
        this.store = store;
    }

    /// {@return whether `size` bytes at `offset` lie inside one aligned 8-byte word}
    static boolean whole(long offset, int size) {
        return (offset & 7) + size <= 8;
    }

    /// Replaces the bytes if they are `expected`; {@return what was found}
    long compareAndExchange(long offset, int size, long expected, long value) {
        if (size == 8) {
            return (long) LONG.compareAndExchange(store, offset, expected, value);
        }
        if (size == 4 && (offset & 3) == 0) {
            return (int) INT.compareAndExchange(store, offset, (int) expected, (int) value) & 0xFFFF_FFFFL;
        }
        int shift = 8 * (int) (offset & 7);
        long mask = (-1L >>> 64 - 8 * size) << shift;
        long word = offset & -8L;
        long found = store.get(GuestMemory.LONG, word);
        while ((found & mask) == (expected << shift & mask)) {
            long wanted = found & ~mask | value << shift & mask;
            long seen = (long) LONG.compareAndExchange(store, word, found, wanted);
            if (seen == found) {
                break;
            }
            found = seen;
        }
        return (found & mask) >>> shift;
    }
}
