package cloison.vsp.timesync;

import cloison.hyperv.vmbus.Channel;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.Offer;
import cloison.hyperv.vmbus.VmbusDevice;
import cloison.machine.counter.Counters;
import cloison.machine.time.Clock;
import cloison.vsp.ic.IcChannel;
import cloison.vsp.ic.IcCounter;
import cloison.vsp.ic.IcOffer;
import cloison.vsp.ic.protocol.IcVersion;
import cloison.vsp.timesync.protocol.TimeBody;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// The time synchronisation service of one partition.
///
/// **Owner:** any thread.
public final class TimesyncVsp implements VmbusDevice {
    static final List<IcVersion> VERSIONS = List.of(new IcVersion(4, 0), new IcVersion(3, 0), new IcVersion(1, 0));

    private static final Offer OFFER =
            IcOffer.of("9527e630-d0ae-497b-adce-e80ab0175caf", "2dd1ce17-079e-403c-b352-a1921ee207ee", "timesync");

    // wiring
    private final Clock clock;

    // state
    private final Counters<IcCounter> counters = new Counters<>(IcCounter.class);
    private final AtomicBoolean orderDue = new AtomicBoolean();
    private volatile @Nullable Channel current;

    /// A service that tells the wall time of `clock`, whose partition time is the guest's reference counter.
    public TimesyncVsp(Clock clock) {
        this.clock = clock;
    }

    @Override
    public Offer offer() {
        return OFFER;
    }

    @Override
    public ChannelTask open(Channel channel) {
        current = channel;
        orderDue.set(true);
        return new IcChannel(
                channel, TimeBody.TYPE, VERSIONS, new TimeMessages(clock, orderDue, () -> ended(channel)), counters);
    }

    private void ended(Channel channel) {
        if (current == channel) {
            current = null;
        }
    }

    /// Orders the guest to set its clock to the host's: after a pause, or when the host's own clock was set.
    public void resynchronise() {
        orderDue.set(true);
        Channel channel = current;
        if (channel != null) {
            channel.wake();
        }
    }

    /// {@return what was counted}
    public Counters<IcCounter> counters() {
        return counters;
    }
}
