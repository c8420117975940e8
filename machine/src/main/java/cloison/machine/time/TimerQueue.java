package cloison.machine.time;

import cloison.machine.agent.Agent;
import cloison.machine.agent.Doorbell;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The timers of one partition: an agent that calls each when its time has come.
///
/// Arming and cancelling is free for any thread and any number of times. A timer is in the queue at most once, so the
/// queue is never longer than the number of timers made, whatever a guest arms. A timer's task runs on the queue's
/// thread, must be short, and may arm timers again.
///
/// **Owner:** the agent's thread runs tasks; the queue itself is guarded by its monitor, which is a leaf lock.
public final class TimerQueue implements Agent {
    private static final int ABSENT = -1;
    private static final int MOST_PER_TURN = 1_000;

    /// One timer; made once, armed often.
    public final class Timer {
        private final Runnable task;
        private long deadline;
        private int place = ABSENT;

        private Timer(Runnable task) {
            this.task = task;
        }

        /// Runs the task once when the clock reaches `deadlineNanos`, instead of what was armed before.
        public void arm(long deadlineNanos) {
            boolean first;
            synchronized (TimerQueue.this) {
                remove(this);
                deadline = deadlineNanos;
                insert(this);
                first = heap[0] == this;
            }
            if (first) {
                doorbell.ring();
            }
        }

        /// Forgets what was armed. The task may be running at this moment.
        public void cancel() {
            synchronized (TimerQueue.this) {
                remove(this);
            }
        }
    }

    // wiring
    private final Clock clock;
    private final Doorbell doorbell;
    private final String role;

    // state: a binary heap, earliest deadline first; each timer knows its place
    private @Nullable Timer[] heap = new @Nullable Timer[16];
    private int armed;

    /// An empty queue that rings `doorbell` when its thread must wake earlier than it meant to.
    public TimerQueue(String role, Clock clock, Doorbell doorbell) {
        this.role = role;
        this.clock = clock;
        this.doorbell = doorbell;
    }

    /// {@return a timer, not armed}
    public Timer timer(Runnable task) {
        return new Timer(task);
    }

    /// Timers that are armed again as fast as they run leave room between turns.
    @Override
    public int turn() {
        int fired = 0;
        for (Timer due = takeDue(); due != null; due = fired < MOST_PER_TURN ? takeDue() : null) {
            due.task.run();
            fired++;
        }
        return fired;
    }

    private synchronized @Nullable Timer takeDue() {
        Timer head = heap[0];
        if (head == null || head.deadline - clock.nanos() > 0) {
            return null;
        }
        remove(head);
        return head;
    }

    @Override
    public synchronized long dueInNanos() {
        Timer head = heap[0];
        return head == null ? Long.MAX_VALUE : Math.max(0, head.deadline - clock.nanos());
    }

    @Override
    public String role() {
        return role;
    }

    private void insert(Timer timer) {
        if (armed == heap.length) {
            heap = Arrays.copyOf(heap, 2 * armed);
        }
        rise(timer, armed++);
    }

    private void remove(Timer timer) {
        int hole = timer.place;
        if (hole == ABSENT) {
            return;
        }
        timer.place = ABSENT;
        Timer last = heap[--armed];
        heap[armed] = null;
        if (last != null && last != timer) {
            rise(last, sink(last, hole));
        }
    }

    /// Moves the hole at `at` towards the root until `timer` fits into it.
    private void rise(Timer timer, int at) {
        int hole = at;
        while (hole > 0) {
            int parent = (hole - 1) / 2;
            Timer above = heap[parent];
            if (above == null || above.deadline <= timer.deadline) {
                break;
            }
            place(above, hole);
            hole = parent;
        }
        place(timer, hole);
    }

    /// Moves the hole at `at` away from the root while an earlier timer than `timer` is below; {@return where it ends}
    private int sink(Timer timer, int at) {
        int hole = at;
        for (int child = 2 * hole + 1; child < armed; child = 2 * hole + 1) {
            Timer below = heap[child];
            Timer other = child + 1 < armed ? heap[child + 1] : null;
            if (other != null && below != null && other.deadline < below.deadline) {
                below = other;
                child++;
            }
            if (below == null || below.deadline >= timer.deadline) {
                break;
            }
            place(below, hole);
            hole = child;
        }
        return hole;
    }

    private void place(Timer timer, int at) {
        heap[at] = timer;
        timer.place = at;
    }
}
