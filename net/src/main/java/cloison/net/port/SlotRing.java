package cloison.net.port;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// The places of a bounded queue: says who may use which place of the arrays that its owner keeps.
///
/// A producer claims a place, fills the arrays there and publishes it; a consumer takes a place, empties it and frees
/// it. Any number of either may do so at once; nobody allocates or waits for a lock.
///
/// **Owner:** any thread.
public final class SlotRing {
    /*
     * Each place has a sequence number. For the lap that place p is at position n (n = p, p + size, ...):
     *   n      free for the producer that claims position n
     *   n + 1  filled, for the consumer that takes position n
     * Freeing sets n + size, which is "free" of the next lap. This is the bounded queue that D. Vyukov described
     * ("Bounded MPMC queue", 1024cores.net).
     */
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    /// Where the two cursors are in [#cursors]: far enough apart for a cache line each.
    private static final int TAIL = 16;

    private static final int HEAD = 32;

    private final long[] sequence;
    private final long[] cursors = new long[48];
    private final int mask;

    /// A ring of `size` places, a power of two.
    public SlotRing(int size) {
        if (size < 2 || Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException("not a power of two above 1: " + size);
        }
        sequence = new long[size];
        for (int i = 0; i < size; i++) {
            sequence[i] = i;
        }
        mask = size - 1;
    }

    /// {@return the index in the owner's arrays of a position}
    public int index(long position) {
        return (int) position & mask;
    }

    /// {@return the position of a free place, now the caller's to fill, or -1 if there is none}
    public long claim() {
        long position = (long) LONGS.getOpaque(cursors, TAIL);
        while (true) {
            long ahead = (long) LONGS.getAcquire(sequence, index(position)) - position;
            if (ahead < 0) {
                return -1;
            }
            if (ahead == 0 && LONGS.compareAndSet(cursors, TAIL, position, position + 1)) {
                return position;
            }
            position = (long) LONGS.getOpaque(cursors, TAIL);
        }
    }

    /// Lets consumers see a place that was claimed and filled.
    public void publish(long position) {
        LONGS.setRelease(sequence, index(position), position + 1);
    }

    /// {@return the position of the oldest filled place, now the caller's to empty, or -1 if there is none}
    public long take() {
        long position = (long) LONGS.getOpaque(cursors, HEAD);
        while (true) {
            long ahead = (long) LONGS.getAcquire(sequence, index(position)) - (position + 1);
            if (ahead < 0) {
                return -1;
            }
            if (ahead == 0 && LONGS.compareAndSet(cursors, HEAD, position, position + 1)) {
                return position;
            }
            position = (long) LONGS.getOpaque(cursors, HEAD);
        }
    }

    /// Gives an emptied place back to producers.
    public void free(long position) {
        LONGS.setRelease(sequence, index(position), position + sequence.length);
    }

    /// {@return whether no filled place was there a moment ago}
    public boolean empty() {
        long position = (long) LONGS.getOpaque(cursors, HEAD);
        return (long) LONGS.getAcquire(sequence, index(position)) - (position + 1) < 0;
    }
}
