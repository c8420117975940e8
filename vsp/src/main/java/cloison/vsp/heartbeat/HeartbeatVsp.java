package cloison.vsp.heartbeat;

import cloison.hyperv.vmbus.Channel;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.Offer;
import cloison.hyperv.vmbus.VmbusDevice;
import cloison.machine.counter.Counters;
import cloison.machine.time.Clock;
import cloison.vsp.heartbeat.protocol.Beat;
import cloison.vsp.ic.IcChannel;
import cloison.vsp.ic.IcCounter;
import cloison.vsp.ic.IcOffer;
import cloison.vsp.ic.protocol.IcVersion;
import java.util.List;
import java.util.function.Consumer;

/// The heartbeat service of one partition.
///
/// **Owner:** any thread; the listener is called on the channel's.
public final class HeartbeatVsp implements VmbusDevice {
    static final List<IcVersion> VERSIONS = List.of(new IcVersion(3, 0), new IcVersion(1, 0));

    private static final Offer OFFER =
            IcOffer.of("57164f39-9115-4e78-ab55-382f3bd5422d", "fd149e91-82e0-4a7d-afa6-2a4166cbd7c0", "heartbeat");

    // wiring
    private final Clock clock;
    private final Consumer<GuestHealth> listener;

    // state
    private final Counters<IcCounter> counters = new Counters<>(IcCounter.class);
    private volatile GuestHealth health = GuestHealth.ABSENT;

    /// A service that tells `listener` each change of the guest's health.
    public HeartbeatVsp(Clock clock, Consumer<GuestHealth> listener) {
        this.clock = clock;
        this.listener = listener;
    }

    @Override
    public Offer offer() {
        return OFFER;
    }

    @Override
    public ChannelTask open(Channel channel) {
        return new IcChannel(channel, Beat.TYPE, VERSIONS, new Heartbeats(clock, this::became), counters);
    }

    private void became(GuestHealth now) {
        if (health != now) {
            health = now;
            listener.accept(now);
        }
    }

    /// {@return what is known about the guest's life}
    public GuestHealth health() {
        return health;
    }

    /// {@return what was counted}
    public Counters<IcCounter> counters() {
        return counters;
    }
}
