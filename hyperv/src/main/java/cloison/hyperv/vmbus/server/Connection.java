package cloison.hyperv.vmbus.server;

import cloison.hyperv.vmbus.Channel.GuestBuffer;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.Offer;
import cloison.hyperv.vmbus.VmbusDevice;
import cloison.hyperv.vmbus.protocol.GuestMessage;
import cloison.hyperv.vmbus.protocol.GuestMessage.GpadlHeader;
import cloison.hyperv.vmbus.protocol.GuestMessage.GpadlTeardown;
import cloison.hyperv.vmbus.protocol.GuestMessage.ModifyChannel;
import cloison.hyperv.vmbus.protocol.GuestMessage.OpenChannel;
import cloison.hyperv.vmbus.protocol.HostMessage;
import cloison.hyperv.vmbus.protocol.VmbusMessage;
import cloison.hyperv.vmbus.protocol.VmbusVersion;
import cloison.hyperv.vmbus.ring.ChannelPort;
import cloison.hyperv.vmbus.ring.RingChannel;
import cloison.hyperv.vmbus.server.OfferedChannel.Phase;
import cloison.machine.agent.Doorbell;
import cloison.machine.agent.Threading;
import cloison.machine.memory.GuestPages;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a guest has built up since it made contact: offers, shared pages, open channels.
///
/// **Owner:** the bus.
final class Connection {
    private static final int SMALLEST_RING_PAGES = 2;
    private static final int LARGEST_RING_PAGES = 1 << 16;

    // wiring
    private final Bus bus;
    private final VmbusVersion version;
    private final int sint;

    // state
    private final Map<Integer, OfferedChannel> channels = new TreeMap<>();
    private final Gpadls gpadls;
    private final Queue<VmbusDevice> withoutRelid = new ArrayDeque<>();
    private boolean offersRequested;

    /// A connection whose guest takes events at interrupt source `sint`.
    Connection(Bus bus, VmbusVersion version, int sint) {
        this.bus = bus;
        this.version = version;
        this.sint = sint;
        gpadls = new Gpadls(bus.memory(), bus.limits());
    }

    VmbusStatus status() {
        List<VmbusStatus.ChannelStatus> list = new ArrayList<>();
        for (OfferedChannel channel : channels.values()) {
            list.add(new VmbusStatus.ChannelStatus(
                    channel.name,
                    channel.relid,
                    channel.subchannel,
                    channel.phase instanceof Phase.Open,
                    channel.phase instanceof Phase.Withdrawn,
                    channel.targetProcessor()));
        }
        return new VmbusStatus(
                version,
                List.copyOf(list),
                gpadls.count(),
                gpadls.pages(),
                bus.outbox().size());
    }

    /// Serves a message that makes sense on a connection.
    void serve(GuestMessage message) {
        switch (message) {
            case GuestMessage.RequestOffers _ -> requestOffers();
            case OpenChannel open -> open(open);
            case GuestMessage.CloseChannel(int relid) -> closeByGuest(relid);
            case GpadlHeader header -> share(header);
            case GuestMessage.GpadlBody body -> after(gpadls.go(body));
            case GpadlTeardown teardown -> teardown(teardown);
            case GuestMessage.RelidReleased(int relid) -> release(relid);
            case ModifyChannel modify -> modify(modify);
            case GuestMessage.TlConnectRequest(var endpoint, var service) -> {
                if (version.atLeast(VmbusVersion.V4_1)) {
                    bus.outbox()
                            .send(new HostMessage.TlConnectResult(
                                    endpoint, service, VmbusMessage.STATUS_CONNECTION_REFUSED));
                }
            }
            case GuestMessage.InitiateContact _,
                    GuestMessage.Unload _,
                    GuestMessage.Unknown _,
                    GuestMessage.Malformed _ -> bus.refuse("a VMBus message that cannot be served: " + message);
        }
    }

    // offers

    private void requestOffers() {
        if (offersRequested) {
            bus.refuse("a second request for offers");
            return;
        }
        offersRequested = true;
        for (VmbusDevice device : bus.devices()) {
            offerPrimary(device);
        }
        bus.outbox().send(new HostMessage.AllOffersDelivered());
    }

    /// Offers a device that was added, if the guest wants to know of any.
    void added(VmbusDevice device) {
        if (offersRequested) {
            offerPrimary(device);
        }
    }

    private void offerPrimary(VmbusDevice device) {
        withoutRelid.add(device);
        if (offerWaiting() == 0) {
            bus.refuse("device %s cannot be offered yet: the guest has all the channels that it may have"
                    .formatted(device.offer().name()));
        }
    }

    /// Offers devices that found no relid free when they came, as far as there are some now; {@return how many}
    int offerWaiting() {
        int offered = 0;
        for (VmbusDevice next = withoutRelid.peek(); next != null; next = withoutRelid.peek()) {
            int[] relids = bus.relids().take(1);
            if (relids.length == 0) {
                break;
            }
            withoutRelid.remove();
            offer(new OfferedChannel(relids[0], next, next.offer().name(), 0, relids[0]));
            offered++;
        }
        return offered;
    }

    private void offer(OfferedChannel channel) {
        channels.put(channel.relid, channel);
        Offer offer = channel.device.offer();
        bus.counters().increment(VmbusCounter.CHANNELS_OFFERED);
        bus.outbox()
                .send(new HostMessage.OfferChannel(
                        offer.interfaceType(),
                        offer.instance(),
                        offer.flags(),
                        offer.mmioMegabytes(),
                        offer.userDefined(),
                        channel.subchannel,
                        channel.relid,
                        VmbusServer.connectionOf(channel.relid)));
    }

    /// Takes relids for subchannels; the bus offers them. On the thread of the primary channel's task.
    private int offerSubchannels(OfferedChannel primary, int opening, int count) {
        if (!primary.primary()) {
            return 0;
        }
        int[] relids = bus.relids().take(count);
        if (relids.length > 0) {
            bus.command(() -> offerSubchannels(primary, opening, relids));
        }
        return relids.length;
    }

    private void offerSubchannels(OfferedChannel primary, int opening, int[] relids) {
        for (int relid : relids) {
            if (primary.phase instanceof Phase.Open && primary.openings == opening) {
                int number = primary.nextSubchannel++;
                offer(new OfferedChannel(relid, primary.device, primary.name + "." + number, number, primary.relid));
            } else {
                bus.relids().release(relid);
            }
        }
    }

    /// Withdraws a device that was removed: subchannels first.
    void removed(VmbusDevice device) {
        withoutRelid.remove(device);
        channels.values().stream()
                .filter(channel -> channel.device == device)
                .sorted(Comparator.comparing(OfferedChannel::primary))
                .toList()
                .forEach(this::withdraw);
    }

    private void withdraw(OfferedChannel channel) {
        if (channel.phase instanceof Phase.Withdrawn) {
            return;
        }
        stop(channel);
        gpadls.removeAll(channel.relid);
        channel.unshareAll();
        channel.phase = new Phase.Withdrawn();
        bus.outbox().send(new HostMessage.RescindChannelOffer(channel.relid));
    }

    private void release(int relid) {
        OfferedChannel channel = channels.get(relid);
        if (channel == null || !(channel.phase instanceof Phase.Withdrawn)) {
            bus.refuse("a release of channel %d, which was not withdrawn".formatted(relid));
            return;
        }
        channels.remove(relid);
        bus.relids().release(relid);
    }

    // shared pages

    private void share(GpadlHeader header) {
        OfferedChannel channel = channels.get(header.relid());
        if (channel == null || channel.phase instanceof Phase.Withdrawn) {
            after(new Gpadls.Outcome.Refused(header.relid(), header.gpadl(), "is for a channel that is not offered"));
        } else {
            after(gpadls.begin(header));
        }
    }

    private void after(Gpadls.Outcome outcome) {
        switch (outcome) {
            case Gpadls.Outcome.Unfinished _ -> {}
            case Gpadls.Outcome.Shared(var gpadl) -> {
                OfferedChannel channel = channels.get(gpadl.relid);
                GuestBuffer buffer = gpadl.buffer();
                if (channel == null || buffer == null) {
                    throw new IllegalStateException("GPADL 0x%x has no channel".formatted(gpadl.id));
                }
                channel.share(gpadl.id, buffer);
                bus.counters().increment(VmbusCounter.GPADLS_CREATED);
                bus.outbox().send(new HostMessage.GpadlCreated(gpadl.relid, gpadl.id, VmbusMessage.STATUS_SUCCESS));
            }
            case Gpadls.Outcome.Refused(int relid, int id, String why) -> {
                bus.counters().increment(VmbusCounter.GPADLS_REFUSED);
                bus.refuse("GPADL 0x%x on channel %d %s".formatted(id, relid, why));
                bus.outbox().send(new HostMessage.GpadlCreated(relid, id, VmbusMessage.STATUS_UNSUCCESSFUL));
            }
            case Gpadls.Outcome.Astray(String why) -> bus.refuse(why);
        }
    }

    private void teardown(GpadlTeardown teardown) {
        OfferedChannel channel = channels.get(teardown.relid());
        Gpadls.Gpadl gpadl = gpadls.find(teardown.relid(), teardown.gpadl());
        if (channel == null || gpadl == null) {
            if (channel != null && channel.phase instanceof Phase.Withdrawn) {
                bus.outbox().send(new HostMessage.GpadlTorndown(teardown.gpadl()));
            } else {
                bus.refuse("a teardown of GPADL 0x%x, which does not exist".formatted(teardown.gpadl()));
            }
            return;
        }
        if (channel.phase instanceof Phase.Open open && open.ringGpadl() == gpadl.id) {
            bus.refuse("a teardown of the rings of channel %d while it is open: it is closed".formatted(channel.relid));
            close(channel);
        }
        if (channel.phase instanceof Phase.Open open && gpadl.pages() != null) {
            if (open.revoking().add(gpadl.id)) {
                channel.unshare(gpadl.id);
                open.agent().revoke(gpadl.id, () -> bus.command(() -> revoked(channel, open, gpadl)));
            }
        } else {
            tornDown(channel, gpadl);
        }
    }

    private void revoked(OfferedChannel channel, Phase.Open open, Gpadls.Gpadl gpadl) {
        if (open.revoking().remove(gpadl.id)) {
            tornDown(channel, gpadl);
        }
    }

    private void tornDown(OfferedChannel channel, Gpadls.Gpadl gpadl) {
        channel.unshare(gpadl.id);
        gpadls.remove(gpadl);
        bus.outbox().send(new HostMessage.GpadlTorndown(gpadl.id));
    }

    // open channels

    private void open(OpenChannel message) {
        OfferedChannel channel = channels.get(message.relid());
        Gpadls.Gpadl gpadl = gpadls.find(message.relid(), message.ringGpadl());
        GuestPages pages = gpadl == null ? null : gpadl.pages();
        String why = whyNot(message, channel, gpadl, pages);
        int status = VmbusMessage.STATUS_SUCCESS;
        if (why != null || channel == null || pages == null) {
            bus.refuse("channel %d cannot be opened: %s".formatted(message.relid(), why));
            status = VmbusMessage.STATUS_UNSUCCESSFUL;
        } else {
            start(channel, message, pages);
        }
        bus.outbox().send(new HostMessage.OpenChannelResult(message.relid(), message.openId(), status));
    }

    private @Nullable String whyNot(
            OpenChannel message,
            @Nullable OfferedChannel channel,
            Gpadls.@Nullable Gpadl gpadl,
            @Nullable GuestPages pages) {
        if (channel == null || !(channel.phase instanceof Phase.Offered)) {
            return "it is not on offer, or open";
        }
        if (gpadl == null || pages == null) {
            return "there is no GPADL 0x%x for its rings".formatted(message.ringGpadl());
        }
        int downstream = message.downstreamPage();
        if (!gpadl.wholePages() || !ring(downstream) || !ring((long) gpadl.pageCount - downstream)) {
            return "its %d pages do not make two rings with the second at page %d"
                    .formatted(gpadl.pageCount, downstream);
        }
        if (!exists(message.targetProcessor())) {
            return "there is no virtual processor " + message.targetProcessor();
        }
        return null;
    }

    private static boolean ring(long pages) {
        return pages >= SMALLEST_RING_PAGES && pages <= LARGEST_RING_PAGES;
    }

    private boolean exists(int vp) {
        return vp >= 0 && vp < bus.guest().processors();
    }

    private void start(OfferedChannel channel, OpenChannel message, GuestPages pages) {
        channel.targetProcessor(message.targetProcessor());
        channel.openings++;
        channel.nextSubchannel = 1;
        Doorbell doorbell = new Doorbell();
        RingChannel rings = new RingChannel(
                pages,
                message.downstreamPage(),
                channel.subchannel,
                message.userData(),
                new Port(channel, channel.openings, doorbell));
        ChannelTask task = channel.device.open(rings);
        ChannelAgent agent = new ChannelAgent(bus.name() + "/" + channel.name, rings, task, doorbell);
        // First: a guest answers what the running agent sends at once.
        bus.connect(channel.relid, agent);
        Threading.Running running = bus.threading().start(agent, doorbell, bus.failed());
        channel.phase = new Phase.Open(agent, running, message.ringGpadl());
        bus.counters().increment(VmbusCounter.CHANNELS_OPENED);
    }

    /// What the rings of an open channel reach: on the thread of its task.
    private final class Port implements ChannelPort {
        private final OfferedChannel channel;
        private final int opening;
        private final Doorbell doorbell;

        private Port(OfferedChannel channel, int opening, Doorbell doorbell) {
            this.channel = channel;
            this.opening = opening;
            this.doorbell = doorbell;
        }

        @Override
        public void signalGuest() {
            bus.counters().increment(VmbusCounter.SIGNALS_TO_GUEST);
            bus.guest().signal(channel.targetProcessor(), sint, channel.relid);
        }

        @Override
        public @Nullable GuestBuffer buffer(int gpadl) {
            return channel.buffer(gpadl);
        }

        @Override
        public int targetProcessor() {
            return channel.targetProcessor();
        }

        @Override
        public void wake() {
            doorbell.ring();
        }

        @Override
        public int offerSubchannels(int count) {
            return Connection.this.offerSubchannels(channel, opening, count);
        }

        @Override
        public void broken(String why) {
            bus.counters().increment(VmbusCounter.RINGS_BROKEN);
            bus.command(() -> bus.refuse("channel %d is dead: %s".formatted(channel.relid, why)));
        }
    }

    private void closeByGuest(int relid) {
        OfferedChannel channel = channels.get(relid);
        if (channel != null && channel.phase instanceof Phase.Open) {
            close(channel);
        } else if (channel == null || !(channel.phase instanceof Phase.Withdrawn)) {
            bus.refuse("a close of channel %d, which is not open".formatted(relid));
        }
    }

    /// Stops a channel; with a primary channel its subchannels go.
    private void close(OfferedChannel channel) {
        stop(channel);
        if (channel.primary()) {
            for (OfferedChannel other : List.copyOf(channels.values())) {
                if (!other.primary() && other.primaryRelid == channel.relid) {
                    withdraw(other);
                }
            }
        }
    }

    private void stop(OfferedChannel channel) {
        if (channel.phase instanceof Phase.Open open) {
            bus.disconnect(channel.relid);
            open.running().close();
            open.agent().closed();
            channel.phase = new Phase.Offered();
            bus.counters().increment(VmbusCounter.CHANNELS_CLOSED);
            Set<Integer> revoking = Set.copyOf(open.revoking());
            open.revoking().clear();
            for (int id : revoking) {
                Gpadls.Gpadl gpadl = gpadls.find(channel.relid, id);
                if (gpadl != null) {
                    tornDown(channel, gpadl);
                }
            }
        }
    }

    private void modify(ModifyChannel message) {
        OfferedChannel channel = channels.get(message.relid());
        boolean done = version.atLeast(VmbusVersion.V4_1)
                && channel != null
                && channel.phase instanceof Phase.Open
                && exists(message.targetProcessor());
        if (done && channel != null) {
            channel.targetProcessor(message.targetProcessor());
        } else {
            bus.refuse("a move of channel %d to virtual processor %d"
                    .formatted(message.relid(), message.targetProcessor()));
        }
        if (version.atLeast(VmbusVersion.V5_3)) {
            int status = done ? VmbusMessage.STATUS_SUCCESS : VmbusMessage.STATUS_UNSUCCESSFUL;
            bus.outbox().send(new HostMessage.ModifyChannelResponse(message.relid(), status));
        }
    }

    /// Stops everything and forgets it.
    void end() {
        channels.values().stream()
                .sorted(Comparator.comparing(OfferedChannel::primary))
                .toList()
                .forEach(this::stop);
        channels.keySet().forEach(bus.relids()::release);
        channels.clear();
        withoutRelid.clear();
        offersRequested = false;
    }
}
