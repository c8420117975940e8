package cloison.machine.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Lets agents take turns by hand, so that a test decides what happens when.
///
/// **Owner:** the thread that steps is the thread of every agent started here.
public final class SteppedThreading implements Threading {
    private static final int MANY_ROUNDS = 100_000;

    private final class Entry implements Running {
        private final Agent agent;
        private final Doorbell doorbell;
        private final Consumer<Throwable> failed;

        private Entry(Agent agent, Doorbell doorbell, Consumer<Throwable> failed) {
            this.agent = agent;
            this.doorbell = doorbell;
            this.failed = failed;
        }

        private int turn() {
            doorbell.take();
            try {
                return agent.turn();
            } catch (RuntimeException | AssertionError broken) {
                close();
                failed.accept(broken);
                return 0;
            }
        }

        @Override
        public void close() {
            entries.remove(this);
        }
    }

    private final List<Entry> entries = new ArrayList<>();

    /// No agents yet.
    public SteppedThreading() {}

    @Override
    public Running start(Agent agent, Doorbell doorbell, Consumer<Throwable> failed) {
        Entry entry = new Entry(agent, doorbell, failed);
        entries.add(entry);
        return entry;
    }

    /// Lets every agent take one turn, in the order in which they were started; {@return how much they did}
    public int step() {
        int work = 0;
        for (Entry entry : List.copyOf(entries)) {
            if (entries.contains(entry)) {
                work += entry.turn();
            }
        }
        return work;
    }

    /// Steps until nobody has anything to do and no doorbell rings; {@return how much they did}
    public int settle() {
        int work = 0;
        int done = step();
        for (int rounds = 0; done != 0 || rung(); rounds++) {
            if (rounds == MANY_ROUNDS) {
                throw new IllegalStateException("agents do not come to rest: " + roles());
            }
            work += done;
            done = step();
        }
        return work;
    }

    private boolean rung() {
        boolean any = false;
        for (Entry entry : entries) {
            any |= entry.doorbell.take();
        }
        return any;
    }

    /// {@return the roles of the agents that take turns}
    public List<String> roles() {
        return entries.stream().map(entry -> entry.agent.role()).toList();
    }
}
