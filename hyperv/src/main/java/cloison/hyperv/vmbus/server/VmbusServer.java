package cloison.hyperv.vmbus.server;

import cloison.hyperv.guest.GuestEvents;
import cloison.hyperv.hypercall.Connections;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.trace.Trace;
import cloison.hyperv.trace.TraceEvent;
import cloison.hyperv.vmbus.VmbusDevice;
import cloison.hyperv.vmbus.protocol.GuestMessage;
import cloison.hyperv.vmbus.protocol.GuestMessage.InitiateContact;
import cloison.hyperv.vmbus.protocol.HostMessage;
import cloison.hyperv.vmbus.protocol.VmbusVersion;
import cloison.machine.agent.Agent;
import cloison.machine.agent.Threading;
import cloison.machine.counter.Counters;
import cloison.machine.memory.GuestMemory;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The VMBus of one partition: the host's side of its control messages, and the agent that serves them.
///
/// **Owner:** its own agent; [#offer], [#withdraw], [#messagesTaken], [#status], [#counters] and the [Connections] are
/// for any thread, [#start], [#close] and [#reset] for the partition's.
public final class VmbusServer implements Agent, Connections {
    /// The interrupt source that guests use which cannot choose: Linux `VMBUS_MESSAGE_SINT`.
    public static final int DEFAULT_SINT = 2;
    /// The type of a SynIC message that carries a VMBus message.
    public static final int MESSAGE_TYPE = 1;
    /// The connection for all messages, except the first ones of newer guests.
    public static final int MESSAGE_CONNECTION = 1;
    /// The connection for the first message of guests from version 5.0 on.
    public static final int CONTACT_CONNECTION = 4;

    private static final int EVENT_CONNECTIONS = 0x2000;
    private static final int SOURCES = 16;

    /// What the server reaches.
    ///
    /// @param name the partition's name, first part of the names of threads
    /// @param guest the partition's SynICs
    /// @param failed hears what an agent threw: a fault of ours, after which the partition must stop
    public record Wiring(
            String name,
            GuestMemory memory,
            GuestPort guest,
            Threading threading,
            Trace trace,
            GuestEvents events,
            Consumer<Throwable> failed) {}

    // wiring
    private final Wiring wiring;
    private final Bus bus;
    private final VmbusLimits limits;

    // state
    private final Queue<byte[]> inbox;
    private @Nullable Connection connection;
    private Threading.@Nullable Running running;
    private volatile VmbusStatus status = VmbusStatus.UNCONNECTED;
    private volatile @Nullable VmbusVersion agreed;

    /// A bus without devices; [#start] lets it work.
    public VmbusServer(Wiring wiring, VmbusLimits limits) {
        this.wiring = wiring;
        this.limits = limits;
        bus = new Bus(wiring, limits);
        inbox = new ArrayBlockingQueue<>(limits.waitingMessages());
    }

    /// {@return the connection id that the guest signals for channel `relid`}
    static int connectionOf(int relid) {
        return EVENT_CONNECTIONS | relid;
    }

    // for the partition

    /// Lets the bus work.
    public synchronized void start() {
        if (running == null) {
            running = wiring.threading().start(this, bus.doorbell(), wiring.failed());
        }
    }

    /// Stops the bus: all channels are closed and all shared pages forgotten when this returns.
    public synchronized void close() {
        if (running != null) {
            running.close();
            running = null;
        }
        disconnect();
        inbox.clear();
        bus.outbox().moveTo(0, DEFAULT_SINT);
        status = VmbusStatus.UNCONNECTED;
    }

    /// Forgets the guest, as after a reset of its partition; devices stay. The processors stand still.
    public synchronized void reset() {
        boolean worked = running != null;
        close();
        if (worked) {
            start();
        }
    }

    /// Adds a device, which is offered to the guest now or when the guest asks.
    public void offer(VmbusDevice device) {
        bus.command(() -> {
            bus.devices().add(device);
            if (connection != null) {
                connection.added(device);
            }
        });
    }

    /// Removes a device: its channels are closed and withdrawn.
    public void withdraw(VmbusDevice device) {
        bus.command(() -> {
            if (bus.devices().remove(device) && connection != null) {
                connection.removed(device);
            }
        });
    }

    /// {@return the version agreed with the guest, also when it has disconnected since; null if it never connected}
    public @Nullable VmbusVersion agreed() {
        return agreed;
    }

    /// {@return how the guest's VMBus stands}
    public VmbusStatus status() {
        return status;
    }

    /// {@return what is counted}
    public Counters<VmbusCounter> counters() {
        return bus.counters();
    }

    // from the guest, on its processors' threads

    @Override
    public int postMessage(int id, int type, byte[] from, int at, int length) {
        if (id != MESSAGE_CONNECTION && id != CONTACT_CONNECTION) {
            return HvStatus.INVALID_CONNECTION_ID;
        }
        if (type != MESSAGE_TYPE) {
            return HvStatus.INVALID_PARAMETER;
        }
        if (!inbox.offer(Arrays.copyOfRange(from, at, at + length))) {
            bus.counters().increment(VmbusCounter.MESSAGES_HELD_BACK);
            return HvStatus.INSUFFICIENT_BUFFERS;
        }
        bus.doorbell().ring();
        return HvStatus.SUCCESS;
    }

    @Override
    public int signalEvent(int id, int flag) {
        int relid = id - EVENT_CONNECTIONS;
        if (relid <= 0 || relid > VmbusLimits.LARGEST_RELID) {
            return HvStatus.INVALID_CONNECTION_ID;
        }
        if (flag != 0) {
            return HvStatus.INVALID_PARAMETER;
        }
        if (!bus.signal(relid)) {
            bus.counters().increment(VmbusCounter.SIGNALS_ASTRAY);
            return HvStatus.INVALID_CONNECTION_ID;
        }
        bus.counters().increment(VmbusCounter.SIGNALS_FROM_GUEST);
        return HvStatus.SUCCESS;
    }

    /// The guest has taken messages, so that there may be room for more.
    public void messagesTaken() {
        bus.doorbell().ring();
    }

    // the agent

    @Override
    public String role() {
        return wiring.name() + "/bus";
    }

    @Override
    public int turn() {
        int work = bus.outbox().flush() + bus.obey();
        for (int served = 0; served < limits.waitingMessages(); served++) {
            byte[] next = bus.outbox().size() < limits.waitingAnswers() ? inbox.poll() : null;
            if (next == null) {
                break;
            }
            serve(GuestMessage.decode(next, next.length));
            work++;
        }
        if (connection != null) {
            work += connection.offerWaiting();
        }
        if (work != 0) {
            status = connection == null ? VmbusStatus.UNCONNECTED : connection.status();
            agreed = connection == null ? agreed : status.version();
        }
        return work;
    }

    private void serve(GuestMessage message) {
        bus.counters().increment(VmbusCounter.MESSAGES_FROM_GUEST);
        if (wiring.trace().on()) {
            wiring.trace().event(new TraceEvent.MessageFromGuest(message));
        }
        if (message instanceof InitiateContact contact) {
            contact(contact);
        } else if (connection == null) {
            bus.refuse("a message before contact: " + message);
        } else if (message instanceof GuestMessage.Unload) {
            disconnect();
            bus.outbox().clear();
            bus.outbox().send(new HostMessage.UnloadResponse());
        } else {
            connection.serve(message);
        }
    }

    /// Contact ends what was before: a guest that starts anew may not have said good-bye.
    private void contact(InitiateContact contact) {
        disconnect();
        VmbusVersion version = VmbusVersion.of(contact.version());
        boolean choosesSource = version != null && version.atLeast(VmbusVersion.V5_0);
        int sint = choosesSource ? contact.sint() : DEFAULT_SINT;
        int vp = contact.targetProcessor();
        boolean reachable = sint > 0
                && sint < SOURCES
                && vp >= 0
                && vp < wiring.guest().processors()
                && (!choosesSource || contact.trustLevel() == 0);
        bus.outbox().moveTo(reachable ? vp : 0, reachable ? sint : DEFAULT_SINT);
        if (version == null || !reachable) {
            if (!reachable) {
                bus.refuse("contact from where it cannot be answered: " + contact);
            }
            bus.outbox().send(new HostMessage.VersionResponse(false, 0));
            return;
        }
        connection = new Connection(bus, version, sint);
        int told = choosesSource ? MESSAGE_CONNECTION : version.number();
        bus.outbox().send(new HostMessage.VersionResponse(true, told));
    }

    private void disconnect() {
        if (connection != null) {
            connection.end();
            connection = null;
        }
    }
}
