package cloison.machine;

import cloison.machine.time.Clock;

/// A clock that a test moves by hand.
public final class StepClock implements Clock {
    private volatile long now;
    private volatile long wall = 1_700_000_000_000_000_000L;

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public long wallNanos() {
        return wall;
    }

    /// Moves time on.
    public void advance(long nanos) {
        now += nanos;
        wall += nanos;
    }
}
