package cloison.machine.agent;

import java.util.function.Consumer;

/// Runs one agent on a platform thread of its own until closed.
///
/// An agent that throws has broken one of our own rules: the runner stops it and tells `failed`, which stops the
/// partition that the agent belongs to.
public final class AgentRunner implements Threading.Running {
    private final Agent agent;
    private final Doorbell doorbell;
    private final Consumer<Throwable> failed;
    private final Thread thread;
    private volatile boolean closed;

    private AgentRunner(Agent agent, Doorbell doorbell, Consumer<Throwable> failed) {
        this.agent = agent;
        this.doorbell = doorbell;
        this.failed = failed;
        thread = Thread.ofPlatform().daemon().name(agent.role()).unstarted(this::loop);
    }

    /// Starts `agent`, which waits at `doorbell` when it has nothing to do.
    public static AgentRunner start(Agent agent, Doorbell doorbell, Consumer<Throwable> failed) {
        AgentRunner runner = new AgentRunner(agent, doorbell, failed);
        runner.thread.start();
        return runner;
    }

    private void loop() {
        try {
            while (!closed) {
                if (agent.turn() == 0) {
                    doorbell.await(agent.dueInNanos());
                }
            }
        } catch (Throwable broken) {
            failed.accept(broken);
        }
    }

    /// Stops the agent after its current turn and waits for its thread, unless it is the caller itself.
    @Override
    public void close() {
        closed = true;
        doorbell.ring();
        if (Thread.currentThread() == thread) {
            return;
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
