package cloison.hyperv.synic;

import cloison.hyperv.time.ReferenceTime;
import cloison.machine.interrupt.VectorSink;
import cloison.machine.time.TimerQueue;

/// One of the four synthetic timers of a virtual processor.
///
/// ```text
///  CONFIG
///  63      20 19    16 15  13 12       11       4 3      2      1          0
///  +---------+--------+------+--------+----------+------+------+----------+---------+
///  | zero    | SINT   | zero | direct | vector   | auto | lazy | periodic | enabled |
///  +---------+--------+------+--------+----------+------+------+----------+---------+
/// ```
///
/// COUNT is the expiration in reference time, or the period, which is served no faster than [#SHORTEST_PERIOD].
///
/// A periodic timer that was late, or whose last signal the guest has not taken yet, owes signals. If it is lazy it
/// skips them. If not it signals at half its period until it has caught up, but owes no more than [#MOST_OWED]. TLFS:
/// *Periodic Timers*.
///
/// **Owner:** the virtual processor's thread writes, the timer queue's thread expires; the monitor guards the rest.
public final class SyntheticTimer {
    /// The shortest period that is served, in units of reference time: 50 microseconds.
    public static final long SHORTEST_PERIOD = 500;

    /// Periods that a timer makes up for; what is missed beyond is skipped.
    static final long MOST_OWED = 1000;

    private static final long ENABLED = 1;
    private static final long PERIODIC = 1 << 1;
    private static final long LAZY = 1 << 2;
    private static final long AUTO_ENABLE = 1 << 3;
    private static final long DIRECT = 1 << 12;
    private static final long DEFINED = 0xF_1FFF;
    private static final int FIRST_VECTOR = 16;

    // wiring
    private final Synic synic;
    private final VectorSink sink;
    private final ReferenceTime time;
    private final long defined;
    private final TimerQueue.Timer timer;
    private final QueuedMessage.Expired message;

    // registers
    private long config;
    private long count;

    // state
    private long expiration;

    /// Timer `index` of the processor of `synic`.
    ///
    /// @param directAllowed whether the guest may use direct mode
    public SyntheticTimer(
            int index, Synic synic, VectorSink sink, ReferenceTime time, TimerQueue timers, boolean directAllowed) {
        this.synic = synic;
        this.sink = sink;
        this.time = time;
        defined = directAllowed ? DEFINED : DEFINED & ~DIRECT;
        timer = timers.timer(this::due);
        message = new QueuedMessage.Expired(index);
    }

    /// {@return the configuration register}
    public synchronized long config() {
        return config;
    }

    /// {@return the count register}
    public synchronized long count() {
        return count;
    }

    /// Writes the configuration register; reserved bits are dropped.
    public synchronized void config(long value) {
        config = value & defined;
        if (!deliverable()) {
            config &= ~ENABLED;
        }
        start();
    }

    /// Writes the count register.
    public synchronized void count(long value) {
        count = value;
        if (value == 0) {
            config &= ~ENABLED;
        } else if ((config & AUTO_ENABLE) != 0 && deliverable()) {
            config |= ENABLED;
        }
        start();
    }

    /// Puts everything into the state after creation.
    public synchronized void reset() {
        config = 0;
        count = 0;
        timer.cancel();
    }

    private boolean direct() {
        return (config & DIRECT) != 0;
    }

    private int vector() {
        return (int) (config >>> 4) & 0xFF;
    }

    private int sint() {
        return (int) (config >>> 16) & 0xF;
    }

    private boolean deliverable() {
        return direct() ? vector() >= FIRST_VECTOR : sint() != 0;
    }

    private void start() {
        if ((config & ENABLED) == 0 || count == 0) {
            timer.cancel();
            return;
        }
        long now = time.now();
        if ((config & PERIODIC) != 0) {
            expiration = now + period();
        } else {
            expiration = count;
        }
        armOrExpire(now);
    }

    private long period() {
        return count < 0 ? Long.MAX_VALUE / 2 : Math.max(count, SHORTEST_PERIOD);
    }

    private synchronized void due() {
        if ((config & ENABLED) != 0 && count != 0) {
            armOrExpire(time.now());
        }
    }

    private void armOrExpire(long now) {
        if (Long.compareUnsigned(now, expiration) >= 0) {
            expire(now);
        } else {
            arm(expiration);
        }
    }

    private void arm(long when) {
        long nanos = time.nanosAt(when);
        if (nanos == Long.MAX_VALUE) {
            timer.cancel();
        } else {
            timer.arm(nanos);
        }
    }

    private void expire(long now) {
        if ((config & PERIODIC) == 0) {
            config &= ~ENABLED;
            timer.cancel();
            signal(expiration);
            return;
        }
        long period = period();
        long missed = (now - expiration) / period;
        boolean lazy = (config & LAZY) != 0;
        if (lazy || missed > MOST_OWED) {
            long skipped = lazy ? missed : missed - MOST_OWED;
            expiration += skipped * period;
        }
        if (signal(expiration) || lazy) {
            expiration += period;
        }
        arm(lazy ? expiration : Math.max(expiration, now + Math.max(period / 2, SHORTEST_PERIOD)));
    }

    /// {@return false if the guest has not taken the last signal yet, so that this one would be lost}
    private boolean signal(long expired) {
        if (!direct()) {
            return synic.expired(sint(), message, expired);
        }
        boolean lost = sink.pending(vector());
        sink.assertVector(vector());
        return !lost;
    }
}
