package cloison.chipset.isa;

import cloison.machine.time.Clock;
import cloison.machine.time.TimerQueue;

/// A timer of one device: its task runs with the device's lock held, like an access from the bus.
///
/// **Owner:** who holds the device's lock; the partition's timer thread takes it to run the task.
public final class DeviceTimer {
    /// The shortest time between two expiries that a device repeats by itself. A guest that asks for more loses ticks,
    /// so that it cannot keep the timer thread from everybody else's timers.
    public static final long SHORTEST_PERIOD_NANOS = 100_000;

    // wiring
    private final Clock clock;
    private final TimerQueue.Timer timer;

    // state
    private boolean armed;
    private long deadline;

    /// A timer, not armed, that runs `task` under the lock of `device`.
    public DeviceTimer(TimerQueue timers, Clock clock, Object device, Runnable task) {
        this.clock = clock;
        timer = timers.timer(() -> {
            synchronized (device) {
                if (due()) {
                    task.run();
                }
            }
        });
    }

    /// Whether the expiry that brought the timer thread here is still wanted: the device may have armed anew meanwhile.
    private boolean due() {
        if (!armed || clock.nanos() - deadline < 0) {
            return false;
        }
        armed = false;
        return true;
    }

    /// Runs the task once at `deadlineNanos`, instead of what was armed before.
    public void arm(long deadlineNanos) {
        armed = true;
        deadline = deadlineNanos;
        timer.arm(deadlineNanos);
    }

    /// Runs the task at `deadlineNanos`, but not sooner than the shortest period after now: for tasks that arm again.
    public void repeat(long deadlineNanos) {
        arm(Math.max(deadlineNanos, clock.nanos() + SHORTEST_PERIOD_NANOS));
    }

    /// Forgets what was armed; the task does not run any more.
    public void cancel() {
        if (armed) {
            armed = false;
            timer.cancel();
        }
    }
}
