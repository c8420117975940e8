package cloison.machine.memory;

import static cloison.machine.memory.GuestMemory.PAGE_SHIFT;
import static cloison.machine.memory.GuestMemory.PAGE_SIZE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// Guest pages, scattered or not, as one buffer with addresses from 0 to [#size]: a GPADL, a ring, a message page.
///
/// All pages were RAM when this was made, and RAM never goes away while a partition lives, so an access inside `size`
/// cannot fail. An access outside throws, because its caller forgot to check.
///
/// **Owner:** any thread; the ordered accessors say in their names what they order.
public final class GuestPages {
    private static final VarHandle INT32 = ValueLayout.JAVA_INT.varHandle();

    private final GuestMemory memory;
    private final MemorySegment store;
    private final long[] offsets;

    GuestPages(GuestMemory memory, long[] offsets) {
        this.memory = memory;
        this.store = memory.store();
        this.offsets = offsets;
    }

    /// {@return bytes}
    public long size() {
        return (long) offsets.length << PAGE_SHIFT;
    }

    /// {@return the pages from `firstPage` on, `count` of them, as a buffer of their own}
    public GuestPages slice(int firstPage, int count) {
        return new GuestPages(memory, Arrays.copyOfRange(offsets, firstPage, firstPage + count));
    }

    private long offset(long at) {
        return offsets[(int) (at >>> PAGE_SHIFT)] + (at & (PAGE_SIZE - 1));
    }

    /// {@return the aligned 32-bit value at `at`; what was written before it by who released it is visible after}
    public int readAcquire(long at) {
        return (int) INT32.getAcquire(store, offset(at));
    }

    /// Stores an aligned 32-bit value after all earlier stores.
    public void writeRelease(long at, int value) {
        INT32.setRelease(store, offset(at), value);
    }

    /// {@return the aligned 32-bit value at `at`, exchanged atomically if it was `expected`: the value found}
    public int compareAndExchange(long at, int expected, int value) {
        return (int) INT32.compareAndExchange(store, offset(at), expected, value);
    }

    /// {@return the aligned 32-bit value before `bits` were or-ed into it atomically}
    public int getAndOr(long at, int bits) {
        return (int) INT32.getAndBitwiseOr(store, offset(at), bits);
    }

    /// Copies `length` bytes from `at` out.
    public void read(long at, byte[] to, int toAt, int length) {
        int done = 0;
        while (done < length) {
            long from = at + done;
            int chunk = Math.min(length - done, PAGE_SIZE - (int) (from & (PAGE_SIZE - 1)));
            MemorySegment.copy(store, ValueLayout.JAVA_BYTE, offset(from), to, toAt + done, chunk);
            done += chunk;
        }
    }

    /// Copies `length` bytes in.
    public void write(long at, byte[] from, int fromAt, int length) {
        int done = 0;
        while (done < length) {
            long to = at + done;
            int chunk = Math.min(length - done, PAGE_SIZE - (int) (to & (PAGE_SIZE - 1)));
            long offset = offset(to);
            MemorySegment.copy(from, fromAt + done, store, ValueLayout.JAVA_BYTE, offset, chunk);
            memory.stored(offset, chunk);
            done += chunk;
        }
    }
}
