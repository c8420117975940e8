package cloison.vsp.kvp;

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
import cloison.vsp.kvp.protocol.KvpBody;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// The key-value pair service of one partition.
///
/// Texts that come from the guest are the guest's: of any content, for people to read with care.
///
/// **Owner:** any thread; futures are completed on the channel's.
public final class KvpVsp implements VmbusDevice {
    static final List<IcVersion> VERSIONS = List.of(new IcVersion(4, 0), new IcVersion(3, 0));

    private static final Offer OFFER =
            IcOffer.of("a9a0f4e7-5a45-4d96-b827-8a841e8c03e6", "242ff919-07db-4180-9c2e-b86cb68c8c55", "kvp");

    /// A request and where its answer goes.
    record Pending(KvpRequest request, CompletableFuture<KvpAnswer> answer) {}

    private final Counters<IcCounter> counters = new Counters<>(IcCounter.class);
    private final RequestBox<Pending> requests = new RequestBox<>(pending -> pending.answer()
            .complete(new KvpAnswer.Unavailable("no daemon of the guest takes part in the key-value pair service")));

    /// A service without a guest yet.
    public KvpVsp() {}

    @Override
    public Offer offer() {
        return OFFER;
    }

    @Override
    public ChannelTask open(Channel channel) {
        return new IcChannel(channel, KvpBody.TYPE, VERSIONS, new KvpExchanges(requests, channel::wake), counters);
    }

    /// {@return whether a guest's daemon would hear a request}
    public boolean ready() {
        return requests.open();
    }

    private CompletableFuture<KvpAnswer> submit(KvpRequest request) {
        CompletableFuture<KvpAnswer> answer = new CompletableFuture<>();
        requests.submit(new Pending(request, answer));
        return answer;
    }

    /// Reads one pair: the answer's only item.
    ///
    /// @throws IllegalArgumentException if no guest can have such a key
    public CompletableFuture<KvpAnswer> read(KvpPool pool, String key) {
        return submit(new KvpRequest.Read(pool, key));
    }

    /// Reads all pairs, at most [KvpExchanges#ITEM_LIMIT].
    public CompletableFuture<KvpAnswer> enumerate(KvpPool pool) {
        return submit(new KvpRequest.Enumerate(pool));
    }

    /// Writes a pair for the guest.
    ///
    /// @throws IllegalArgumentException if it does not fit
    public CompletableFuture<KvpAnswer> write(String key, String value) {
        return submit(new KvpRequest.Write(KvpPool.EXTERNAL, key, value));
    }

    /// Deletes a pair that was written for the guest.
    ///
    /// @throws IllegalArgumentException if no guest can have such a key
    public CompletableFuture<KvpAnswer> delete(String key) {
        return submit(new KvpRequest.Delete(KvpPool.EXTERNAL, key));
    }

    /// {@return what was counted}
    public Counters<IcCounter> counters() {
        return counters;
    }
}
