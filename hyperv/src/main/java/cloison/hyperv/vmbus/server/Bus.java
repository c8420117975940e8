package cloison.hyperv.vmbus.server;

import cloison.hyperv.guest.GuestEvents;
import cloison.hyperv.trace.Trace;
import cloison.hyperv.vmbus.VmbusDevice;
import cloison.machine.agent.Doorbell;
import cloison.machine.agent.Threading;
import cloison.machine.counter.Counters;
import cloison.machine.memory.GuestMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What the parts of one VMBus server share, whether or not a guest is connected.
///
/// **Owner:** the bus, except [#command], [#signal] and what is itself for any thread.
final class Bus {
    private static final int LARGEST_COMPLAINTS = 200;

    // wiring
    private final VmbusServer.Wiring wiring;
    private final VmbusLimits limits;
    private final Doorbell doorbell = new Doorbell();
    private final Outbox outbox;
    private final Relids relids;
    private final Counters<VmbusCounter> counters = new Counters<>(VmbusCounter.class);

    // state
    private final List<VmbusDevice> devices = new ArrayList<>();
    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final AtomicReferenceArray<@Nullable ChannelAgent> open =
            new AtomicReferenceArray<>(VmbusLimits.LARGEST_RELID + 1);
    private int complaints;

    Bus(VmbusServer.Wiring wiring, VmbusLimits limits) {
        this.wiring = wiring;
        this.limits = limits;
        outbox = new Outbox(wiring.guest(), wiring.trace(), counters, VmbusServer.DEFAULT_SINT);
        relids = new Relids(limits.channels());
    }

    String name() {
        return wiring.name();
    }

    GuestMemory memory() {
        return wiring.memory();
    }

    GuestPort guest() {
        return wiring.guest();
    }

    Threading threading() {
        return wiring.threading();
    }

    Consumer<Throwable> failed() {
        return wiring.failed();
    }

    Trace trace() {
        return wiring.trace();
    }

    VmbusLimits limits() {
        return limits;
    }

    Doorbell doorbell() {
        return doorbell;
    }

    Outbox outbox() {
        return outbox;
    }

    Relids relids() {
        return relids;
    }

    Counters<VmbusCounter> counters() {
        return counters;
    }

    List<VmbusDevice> devices() {
        return devices;
    }

    /// Lets the bus do something soon. From any thread.
    void command(Runnable command) {
        commands.add(command);
        doorbell.ring();
    }

    /// Does what was commanded; {@return how much}
    int obey() {
        int done = 0;
        for (Runnable next = commands.poll(); next != null; next = commands.poll()) {
            next.run();
            done++;
        }
        return done;
    }

    void connect(int relid, ChannelAgent agent) {
        open.set(relid, agent);
    }

    void disconnect(int relid) {
        open.set(relid, null);
    }

    /// Tells the open channel `relid` that its guest signalled; {@return false if there is none}. From any thread.
    boolean signal(int relid) {
        ChannelAgent agent = open.get(relid);
        if (agent == null) {
            return false;
        }
        agent.signal();
        return true;
    }

    /// Counts something that the guest should not have done, and tells of the first of them.
    void refuse(String what) {
        counters.increment(VmbusCounter.MESSAGES_REFUSED);
        if (complaints < LARGEST_COMPLAINTS) {
            complaints++;
            GuestEvents events = wiring.events();
            events.misbehaved("VMBus: " + what);
        }
    }
}
