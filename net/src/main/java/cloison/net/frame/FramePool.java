package cloison.net.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// Frames of one size, lent to one sender and given back by whoever holds them last.
///
/// The pool makes frames while it has none to lend, up to a limit; after that warm-up it allocates nothing. An empty
/// pool at its limit means that the sender's frames wait in the queues of receivers: the sender drops.
///
/// **Owner:** one thread at a time takes; any thread gives back.
public final class FramePool {
    /*
     * Two lists. `idle` belongs to the taker. `returned` is a stack onto which any thread pushes; the taker empties it
     * as a whole when `idle` runs out. Nobody pops single frames from it, so a push cannot meet the ABA problem.
     */
    private static final VarHandle RETURNED;

    static {
        try {
            RETURNED = MethodHandles.lookup().findVarHandle(FramePool.class, "returned", Frame.class);
        } catch (ReflectiveOperationException missing) {
            throw new ExceptionInInitializerError(missing);
        }
    }

    private final int capacity;
    private final int limit;
    private int made;
    private @Nullable Frame idle;

    private volatile @Nullable Frame returned;

    /// A pool without frames yet.
    ///
    /// @param capacity bytes that each frame can hold
    /// @param limit frames that may exist
    public FramePool(int capacity, int limit) {
        if (capacity < Frame.HEADER_SIZE || limit < 1) {
            throw new IllegalArgumentException("a pool of " + limit + " frames of " + capacity + " bytes");
        }
        this.capacity = capacity;
        this.limit = limit;
    }

    /// {@return bytes that each frame can hold}
    public int capacity() {
        return capacity;
    }

    /// {@return an empty frame with one reference, or null when all are lent}
    public @Nullable Frame take() {
        Frame frame = idle;
        if (frame == null) {
            frame = (Frame) RETURNED.getAndSetAcquire(this, null);
        }
        if (frame != null) {
            idle = frame.next;
            frame.next = null;
        } else if (made < limit) {
            made++;
            frame = new Frame(this, capacity);
        } else {
            return null;
        }
        frame.born();
        return frame;
    }

    void giveBack(Frame frame) {
        Frame top;
        do {
            top = returned;
            frame.next = top;
        } while (!RETURNED.weakCompareAndSetRelease(this, top, frame));
    }

    /// {@return how many frames are lent; exact only while nobody takes or gives back}
    public int lent() {
        return made - count(idle) - count(returned);
    }

    private static int count(@Nullable Frame list) {
        int count = 0;
        for (Frame frame = list; frame != null; frame = frame.next) {
            count++;
        }
        return count;
    }
}
