package cloison.net.port;

import cloison.net.frame.Frame;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// The bounded queue of frames between the threads of all senders and the thread of one receiver.
///
/// It exists as long as its adapter; the receiver opens it when it can take frames and closes it when it no longer
/// can. After [#close] has returned no frame stays behind in it. A sender wakes the receiver only if the receiver
/// said, by [#idle], that it is about to wait.
///
/// **Owner:** any thread offers; one thread opens, polls, idles and closes.
public final class FrameQueue implements FrameSink {
    private static final int CLOSED = 0;
    private static final int AWAKE = 1;
    private static final int IDLE = 2;

    private static final Runnable NOBODY = () -> {};

    private final SlotRing ring;
    private final @Nullable Frame[] frames;
    private final int[] tags;
    private final AtomicInteger state = new AtomicInteger(CLOSED);
    private final LongAdder discarded = new LongAdder();
    private volatile Runnable wake = NOBODY;
    /// Of the frame that was polled last; the receiver's.
    private int tag = Frame.UNTAGGED;

    /// A closed queue for up to `size` frames, a power of two.
    public FrameQueue(int size) {
        ring = new SlotRing(size);
        frames = new Frame[size];
        tags = new int[size];
    }

    @Override
    public Outcome accept(Frame frame, int tag) {
        if (state.get() == CLOSED) {
            return Outcome.CLOSED;
        }
        long position = ring.claim();
        if (position < 0) {
            return Outcome.FULL;
        }
        int index = ring.index(position);
        frames[index] = frame;
        tags[index] = tag;
        ring.publish(position);
        // Pairs with the fence in idle() and the set in close(): either this sees the new state, or they see the frame.
        VarHandle.fullFence();
        int now = state.get();
        if (now == IDLE) {
            if (state.compareAndSet(IDLE, AWAKE)) {
                wake.run();
            }
        } else if (now == CLOSED) {
            discardAll();
        }
        return Outcome.TAKEN;
    }

    /// Starts to take frames; the receiver is awake.
    ///
    /// @param waker called, on a sender's thread, when a frame has come to an idle receiver
    public void open(Runnable waker) {
        wake = waker;
        state.set(AWAKE);
    }

    /// {@return whether frames are taken}
    public boolean open() {
        return state.get() != CLOSED;
    }

    /// {@return the oldest frame and one reference to it, or null}
    public @Nullable Frame poll() {
        long position = ring.take();
        if (position < 0) {
            return null;
        }
        tag = tags[ring.index(position)];
        return remove(position);
    }

    private @Nullable Frame remove(long position) {
        int index = ring.index(position);
        Frame frame = frames[index];
        frames[index] = null;
        ring.free(position);
        return frame;
    }

    /// {@return the VLAN tag with which the frame came that was polled last, or [Frame#UNTAGGED]}
    public int tag() {
        return tag;
    }

    /// Says that the receiver is about to wait: the next frame wakes it.
    ///
    /// @return false if a frame is there already: do not wait
    public boolean idle() {
        if (!state.compareAndSet(AWAKE, IDLE)) {
            return true;
        }
        VarHandle.fullFence();
        return ring.empty() || !state.compareAndSet(IDLE, AWAKE);
    }

    /// Takes no more frames and releases those that wait.
    public void close() {
        state.set(CLOSED);
        VarHandle.fullFence();
        wake = NOBODY;
        discardAll();
    }

    private void discardAll() {
        for (long position = ring.take(); position >= 0; position = ring.take()) {
            Frame frame = remove(position);
            if (frame != null) {
                discarded.increment();
                frame.release();
            }
        }
    }

    /// {@return frames that were taken and then released unseen because the receiver closed}
    public long discarded() {
        return discarded.sum();
    }
}
