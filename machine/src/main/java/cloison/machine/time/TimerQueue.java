package cloison.machine.time;

import cloison.machine.agent.Agent;
import cloison.machine.agent.Doorbell;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// The timers of one partition: an agent that calls each when its time has come.
///
/// Arming and cancelling is free for any thread and any number of times; an entry whose deadline was changed is found
/// stale when it surfaces. A timer's task runs on the queue's thread, must be short, and may arm timers again.
///
/// **Owner:** the agent's thread runs tasks; the queue itself is guarded by its monitor, which is a leaf lock.
public final class TimerQueue implements Agent {
    private record Entry(long deadline, Timer timer, long arming) {}

    /// One timer; made once, armed often.
    public final class Timer {
        private final Runnable task;
        private long arming;
        private boolean armed;

        private Timer(Runnable task) {
            this.task = task;
        }

        /// Runs the task once when the clock reaches `deadlineNanos`, instead of what was armed before.
        public void arm(long deadlineNanos) {
            boolean first;
            synchronized (TimerQueue.this) {
                arming++;
                armed = true;
                Entry entry = new Entry(deadlineNanos, this, arming);
                queue.add(entry);
                first = queue.peek() == entry;
            }
            if (first) {
                doorbell.ring();
            }
        }

        /// Forgets what was armed. The task may be running at this moment.
        public void cancel() {
            synchronized (TimerQueue.this) {
                arming++;
                armed = false;
            }
        }
    }

    private final Clock clock;
    private final Doorbell doorbell;
    private final String role;
    private final PriorityQueue<Entry> queue = new PriorityQueue<>((a, b) -> Long.compare(a.deadline(), b.deadline()));

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

    @Override
    public int turn() {
        int fired = 0;
        for (Timer due = takeDue(); due != null; due = takeDue()) {
            due.task.run();
            fired++;
        }
        return fired;
    }

    private synchronized @Nullable Timer takeDue() {
        for (Entry head = queue.peek(); head != null; head = queue.peek()) {
            Timer timer = head.timer();
            boolean current = timer.armed && timer.arming == head.arming();
            if (current && head.deadline() - clock.nanos() > 0) {
                return null;
            }
            queue.remove();
            if (current) {
                timer.armed = false;
                return timer;
            }
        }
        return null;
    }

    @Override
    public synchronized long dueInNanos() {
        Entry head = queue.peek();
        return head == null ? Long.MAX_VALUE : Math.max(0, head.deadline() - clock.nanos());
    }

    @Override
    public String role() {
        return role;
    }
}
