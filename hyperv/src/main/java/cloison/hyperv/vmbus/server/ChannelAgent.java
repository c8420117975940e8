package cloison.hyperv.vmbus.server;

import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.ring.RingChannel;
import cloison.machine.agent.Agent;
import cloison.machine.agent.Doorbell;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// Lets the task of an open channel turn.
///
/// **Owner:** the thread that [cloison.machine.agent.Threading] chose; [#signal] and [#revoke] may come from any
/// thread.
final class ChannelAgent implements Agent {
    private static final int TURNS_BEFORE_REVOCATION = 64;

    /// Pages that the guest takes back, and what to do when the task has forgotten them.
    private record Revocation(int gpadl, Runnable done) {}

    // wiring
    private final String role;
    private final RingChannel channel;
    private final ChannelTask task;
    private final Doorbell doorbell;

    // state
    private final Queue<Revocation> revocations = new ConcurrentLinkedQueue<>();

    ChannelAgent(String role, RingChannel channel, ChannelTask task, Doorbell doorbell) {
        this.role = role;
        this.channel = channel;
        this.task = task;
        this.doorbell = doorbell;
    }

    /// The guest has written to the ring, or has made room in it.
    void signal() {
        doorbell.ring();
    }

    /// The guest takes pages back: the task forgets them after it was turned for what the guest sent before,
    /// then `done` runs on the task's thread.
    void revoke(int gpadl, Runnable done) {
        revocations.add(new Revocation(gpadl, done));
        doorbell.ring();
    }

    @Override
    public int turn() {
        int revoked = revoke(revocations.poll());
        return revoked + channel.turn(task);
    }

    /// One revocation per turn, since a guest can bring new ones as fast as they are done.
    private int revoke(@Nullable Revocation next) {
        if (next == null) {
            return 0;
        }
        int turns = 0;
        while (channel.turn(task) != 0 && turns < TURNS_BEFORE_REVOCATION) {
            turns++;
        }
        task.revoked(next.gpadl());
        next.done().run();
        return 1;
    }

    @Override
    public long dueInNanos() {
        return channel.dueInNanos(task);
    }

    @Override
    public String role() {
        return role;
    }

    /// The channel is closed, and the agent takes no more turns: the bus's call.
    void closed() {
        task.closed();
    }
}
