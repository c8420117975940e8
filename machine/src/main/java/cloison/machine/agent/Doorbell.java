package cloison.machine.agent;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Wakes one waiting thread. Rings while nobody waits are remembered, several as one.
///
/// **Owner:** anyone may [#ring]; one thread, always the same, may [#await].
public final class Doorbell {
    private final AtomicBoolean rung = new AtomicBoolean();
    private volatile @Nullable Thread waiter;

    /// A silent doorbell.
    public Doorbell() {}

    /// Wakes the waiter, or lets its next wait return at once.
    public void ring() {
        if (!rung.getAndSet(true)) {
            Thread thread = waiter;
            if (thread != null) {
                LockSupport.unpark(thread);
            }
        }
    }

    /// {@return whether it was rung since this was last asked; the call takes the ring}
    public boolean take() {
        return rung.getPlain() && rung.getAndSet(false);
    }

    /// Waits for a ring and takes it, at most `nanos`.
    public void await(long nanos) {
        if (take() || nanos <= 0) {
            return;
        }
        waiter = Thread.currentThread();
        long deadline = nanos == Long.MAX_VALUE ? 0 : System.nanoTime() + nanos;
        while (!rung.get()) {
            if (nanos == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    break;
                }
                LockSupport.parkNanos(this, left);
            }
        }
        waiter = null;
        rung.getAndSet(false);
    }
}
