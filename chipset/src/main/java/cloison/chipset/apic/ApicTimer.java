package cloison.chipset.apic;

import cloison.chipset.isa.DeviceTimer;
import cloison.chipset.isa.Frequency;
import cloison.machine.time.Clock;
import cloison.machine.time.TimerQueue;
import java.util.function.LongSupplier;

/// The timer of one local APIC: one-shot, periodic, or against a deadline of the time-stamp counter.
///
/// A counter runs first down from `first`, then, when periodic, from `period` again and again; both are in undivided
/// ticks since `start`, so that nothing drifts.
///
/// **Owner:** the virtual processor's thread and the partition's timer thread, under this object's monitor, a leaf lock
/// but for the timer queue's.
final class ApicTimer {
    /// Values of bits 18..17 of the timer's LVT entry.
    static final int ONE_SHOT = 0;

    static final int PERIODIC = 1;
    static final int TSC_DEADLINE = 2;

    // wiring
    private final Frequency rate;
    private final Frequency timeStampRate;
    private final LongSupplier timeStamp;
    private final Clock clock;
    private final DeviceTimer timer;
    private final Runnable expired;

    // registers
    private int mode;
    private int divideRegister;
    private int initialCount;
    private long deadlineStamp;

    // transient
    private boolean counting;
    private long startNanos;
    private long first;

    ApicTimer(ApicConfig config, LongSupplier timeStamp, Clock clock, TimerQueue timers, Runnable expired) {
        rate = config.timer();
        timeStampRate = config.timeStamp();
        this.timeStamp = timeStamp;
        this.clock = clock;
        this.expired = expired;
        timer = new DeviceTimer(timers, clock, this, this::expire);
    }

    synchronized void reset() {
        stop();
        mode = ONE_SHOT;
        divideRegister = 0;
    }

    private void stop() {
        counting = false;
        initialCount = 0;
        deadlineStamp = 0;
        timer.cancel();
    }

    private int divider() {
        int code = (divideRegister & 3) | (divideRegister & 8) >> 1;
        return code == 7 ? 1 : 2 << code;
    }

    private long period() {
        return (initialCount & 0xFFFF_FFFFL) * divider();
    }

    private long elapsed() {
        return rate.ticks(Math.max(0, clock.nanos() - startNanos));
    }

    /// Changes the mode. Leaving or entering the deadline mode disarms; between the others the counter runs on.
    synchronized void mode(int next) {
        if (next == mode) {
            return;
        }
        if (next == TSC_DEADLINE || mode == TSC_DEADLINE) {
            stop();
        } else if (counting) {
            start(remainingTicks());
        }
        mode = next;
    }

    synchronized int divide() {
        return divideRegister;
    }

    synchronized void divide(int value) {
        if ((value & 0xB) == divideRegister) {
            return;
        }
        int remaining = currentCount();
        divideRegister = value & 0xB;
        if (remaining != 0) {
            start((remaining & 0xFFFF_FFFFL) * divider());
        }
    }

    synchronized int initialCount() {
        return initialCount;
    }

    /// Starts the counter, or stops it with 0. Ignored in deadline mode.
    synchronized void initialCount(int value) {
        if (mode == TSC_DEADLINE) {
            return;
        }
        initialCount = value;
        if (value == 0) {
            counting = false;
            timer.cancel();
        } else {
            start(period());
        }
    }

    /// Starts the counter so that it expires first after `ticks`, even if that many pass before this returns.
    private void start(long ticks) {
        counting = true;
        first = ticks;
        startNanos = clock.nanos();
        timer.arm(startNanos + rate.nanos(ticks));
    }

    synchronized int currentCount() {
        if (!counting) {
            return 0;
        }
        long ticks = remainingTicks();
        return (int) ((ticks + divider() - 1) / divider());
    }

    private long remainingTicks() {
        long done = elapsed();
        if (done < first) {
            return first - done;
        }
        return mode == PERIODIC ? period() - (done - first) % period() : 0;
    }

    synchronized long deadline() {
        return deadlineStamp;
    }

    /// Arms for the time-stamp `value`, or disarms with 0. Ignored outside deadline mode.
    synchronized void deadline(long value) {
        if (mode != TSC_DEADLINE) {
            return;
        }
        deadlineStamp = value;
        if (value == 0) {
            timer.cancel();
            return;
        }
        long now = timeStamp.getAsLong();
        long left = value - now;
        if (Long.compareUnsigned(value, now) <= 0) {
            timer.cancel();
            expire();
        } else {
            timer.arm(clock.nanos() + timeStampRate.nanos(left < 0 ? Long.MAX_VALUE : left));
        }
    }

    private void expire() {
        switch (mode) {
            case TSC_DEADLINE -> deadlineStamp = 0;
            case PERIODIC -> timer.repeat(startNanos + rate.nanos(elapsed() + remainingTicks()));
            default -> counting = false;
        }
        expired.run();
    }
}
