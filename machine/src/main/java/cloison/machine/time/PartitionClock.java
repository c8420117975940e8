package cloison.machine.time;

import java.time.Instant;

/// The clock of a running partition, driven by the host's.
public final class PartitionClock implements Clock {
    private volatile long origin = System.nanoTime();
    private volatile long pausedAt = -1;

    /// A clock that starts now.
    public PartitionClock() {}

    @Override
    public long nanos() {
        long paused = pausedAt;
        return paused >= 0 ? paused : System.nanoTime() - origin;
    }

    @Override
    public long wallNanos() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    /// Stops the clock. All processors and timers must stand still already.
    public synchronized void pause() {
        if (pausedAt < 0) {
            pausedAt = System.nanoTime() - origin;
        }
    }

    /// Lets the clock go on from where it stopped.
    public synchronized void resume() {
        if (pausedAt >= 0) {
            origin = System.nanoTime() - pausedAt;
            pausedAt = -1;
        }
    }
}
