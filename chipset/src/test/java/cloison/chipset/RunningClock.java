package cloison.chipset;

import cloison.machine.time.Clock;

/// A clock that goes on by itself: each look at it takes time, as on a real host, but always the same.
public final class RunningClock implements Clock {
    private final long stepNanos;
    private long now;

    /// A clock of which each look takes `stepNanos`.
    public RunningClock(long stepNanos) {
        this.stepNanos = stepNanos;
    }

    @Override
    public long nanos() {
        now += stepNanos;
        return now;
    }

    @Override
    public long wallNanos() {
        return nanos();
    }
}
