package cloison.vsp.shutdown;

import cloison.hyperv.vmbus.Channel;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.Offer;
import cloison.hyperv.vmbus.VmbusDevice;
import cloison.machine.counter.Counters;
import cloison.vsp.ic.IcChannel;
import cloison.vsp.ic.IcCounter;
import cloison.vsp.ic.IcOffer;
import cloison.vsp.ic.RequestBox;
import cloison.vsp.ic.protocol.IcVersion;
import cloison.vsp.shutdown.protocol.ShutdownBody;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// The shutdown service of one partition.
///
/// **Owner:** any thread; futures are completed on the channel's.
public final class ShutdownVsp implements VmbusDevice {
    static final List<IcVersion> VERSIONS =
            List.of(new IcVersion(3, 2), new IcVersion(3, 1), new IcVersion(3, 0), new IcVersion(1, 0));

    private static final Offer OFFER =
            IcOffer.of("0e0b6031-5213-4934-818b-38d90ced39db", "b6650ff7-33bc-4840-8048-e0676786f393", "shutdown");

    /// A request and where its answer goes.
    record Pending(ShutdownRequest request, CompletableFuture<ShutdownAnswer> answer) {}

    private final Counters<IcCounter> counters = new Counters<>(IcCounter.class);
    private final RequestBox<Pending> requests = new RequestBox<>(pending -> pending.answer()
            .complete(new ShutdownAnswer.Unavailable("no driver of the guest takes part in the shutdown service")));

    /// A service without a guest yet.
    public ShutdownVsp() {}

    @Override
    public Offer offer() {
        return OFFER;
    }

    @Override
    public ChannelTask open(Channel channel) {
        return new IcChannel(channel, ShutdownBody.TYPE, VERSIONS, new Shutdowns(requests, channel::wake), counters);
    }

    /// {@return whether a guest would hear a request}
    public boolean ready() {
        return requests.open();
    }

    /// Asks the guest.
    ///
    /// @return the guest's answer, which comes before it acts; an unavailable one at once if no guest has opened
    /// the service
    public CompletableFuture<ShutdownAnswer> request(ShutdownRequest request) {
        CompletableFuture<ShutdownAnswer> answer = new CompletableFuture<>();
        requests.submit(new Pending(request, answer));
        return answer;
    }

    /// {@return what was counted}
    public Counters<IcCounter> counters() {
        return counters;
    }
}
