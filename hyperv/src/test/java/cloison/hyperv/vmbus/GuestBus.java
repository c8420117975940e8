package cloison.hyperv.vmbus;

import cloison.hyperv.HypervisorConfig;
import cloison.hyperv.TestPartition;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.vmbus.protocol.GuestMessage;
import cloison.hyperv.vmbus.protocol.HostMessage;
import cloison.hyperv.vmbus.protocol.VmbusMessage;
import cloison.hyperv.vmbus.protocol.VmbusVersion;
import cloison.hyperv.vmbus.server.VmbusServer;
import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.GuestPages;
import cloison.machine.wire.Wire;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A guest's VMBus driver: what Linux's `hv_vmbus` does, by hypercalls, registers and pages alone.
///
/// ```java
/// GuestBus guest = new GuestBus();
/// guest.hypervisor().vmbus().offer(device);
/// guest.connect();
/// GuestBus.GuestChannel nic = guest.open(guest.offers().getFirst(), 16);
/// nic.send(1, true, request);
/// guest.run();
/// GuestPacket answer = nic.receive();
/// ```
///
/// [#run] lets host agents turn and the guest's interrupt handler run until both rest. Where the host's agents
/// have threads of their own, it serves the interrupts that are there, and answers are waited for.
///
/// **Owner:** the test's thread.
public final class GuestBus {
    /// The interrupt source and vector that Linux uses.
    public static final int SINT = 2;

    public static final int VECTOR = 0xF3;

    private static final int MANY_ROUNDS = 100_000;

    private final TestPartition partition;
    private final int vp;
    private final long messagePage;
    private final long flagsPage;
    private final long postPage;
    private int connection = VmbusServer.MESSAGE_CONNECTION;
    private int nextGpadl = 0xE1E10;
    private final List<HostMessage> inbox = new ArrayList<>();
    private final List<HostMessage.OfferChannel> offers = new ArrayList<>();
    private final Map<Integer, GuestChannel> open = new HashMap<>();

    /// A guest on a partition with one virtual processor.
    public GuestBus() {
        this(new TestPartition(), 0);
    }

    /// A guest on a partition with one virtual processor and this interface.
    public GuestBus(HypervisorConfig config) {
        this(new TestPartition(1, config), 0);
    }

    /// A guest that serves its interrupts on virtual processor `vp`.
    public GuestBus(TestPartition partition, int vp) {
        this.partition = partition;
        this.vp = vp;
        messagePage = partition.ram().allocate(1);
        flagsPage = partition.ram().allocate(1);
        postPage = partition.ram().allocate(1);
        enableSynic(vp);
    }

    /// Enables a processor's SynIC, with the pages of this guest on its own processor and fresh ones on others.
    public void enableSynic(int processor) {
        long simp = processor == vp ? messagePage : partition.ram().allocate(1);
        long siefp = processor == vp ? flagsPage : partition.ram().allocate(1);
        partition.wrmsr(processor, Msr.SIMP, simp << GuestMemory.PAGE_SHIFT | 1);
        partition.wrmsr(processor, Msr.SIEFP, siefp << GuestMemory.PAGE_SHIFT | 1);
        partition.wrmsr(processor, Msr.SINT0 + SINT, VECTOR);
        partition.wrmsr(processor, Msr.SCONTROL, 1);
    }

    public TestPartition partition() {
        return partition;
    }

    public GuestRam ram() {
        return partition.ram();
    }

    public VmbusServer vmbus() {
        return partition.hypervisor().vmbus();
    }

    /// {@return the offers that stand}
    public List<HostMessage.OfferChannel> offers() {
        return offers;
    }

    /// {@return the offer of the device with this instance GUID and subchannel number}
    public HostMessage.OfferChannel offer(Offer offer, int subchannel) {
        return offers.stream()
                .filter(o -> o.instance().equals(offer.instance()) && o.subchannel() == subchannel)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no offer of " + offer.name() + "." + subchannel));
    }

    // messages

    /// {@return the status of posting a control message}
    public int tryPost(byte[] message) {
        return partition.postMessage(postPage, connection, VmbusServer.MESSAGE_TYPE, message);
    }

    /// Posts a control message, again and again while the host has no buffers, and lets the host serve it.
    public void post(byte[] message) {
        for (int tries = 0; tries < 100 || !partition.stepped(); tries++) {
            int status = tryPost(message);
            if (status == HvStatus.SUCCESS) {
                run();
                return;
            }
            if (status != HvStatus.INSUFFICIENT_BUFFERS) {
                throw new AssertionError("PostMessage: " + HvStatus.text(status));
            }
            run();
        }
        throw new AssertionError("PostMessage never finds buffers");
    }

    /// {@return the host's messages of this kind since the last call, removed from what was received}
    public <M extends HostMessage> List<M> take(Class<M> kind) {
        List<M> taken = inbox.stream().filter(kind::isInstance).map(kind::cast).toList();
        inbox.removeAll(taken);
        return taken;
    }

    /// {@return the one message of this kind, removed from what was received; waited for where the host has threads of
    /// its own}
    public <M extends HostMessage> M takeOne(Class<M> kind) {
        List<M> taken = take(kind);
        while (taken.isEmpty() && !partition.stepped()) {
            partition.apic(vp).await();
            run();
            taken = take(kind);
        }
        if (taken.size() != 1) {
            throw new AssertionError("%d of %s, and %s".formatted(taken.size(), kind.getSimpleName(), inbox));
        }
        return taken.getFirst();
    }

    /// Lets the host's agents and the guest's interrupt handler run until both rest.
    public void run() {
        for (int rounds = 0; rounds < MANY_ROUNDS; rounds++) {
            partition.settle();
            if (!interrupt()) {
                return;
            }
        }
        throw new AssertionError("host and guest do not come to rest");
    }

    /// Runs the interrupt handler if the vector is asserted; {@return whether it was}
    private boolean interrupt() {
        if (!partition.apic(vp).take().contains(VECTOR)) {
            return false;
        }
        readFlags();
        readMessage();
        partition.hypervisor().endOfInterrupt(vp, VECTOR);
        return true;
    }

    private void readFlags() {
        GuestPages flags = partition.page(flagsPage);
        for (int word = 0; word < 64; word++) {
            long at = SINT * 256L + 4L * word;
            int bits = flags.readAcquire(at);
            while (flags.compareAndExchange(at, bits, 0) != bits) {
                bits = flags.readAcquire(at);
            }
            for (int left = bits; left != 0; left &= left - 1) {
                GuestChannel channel = open.get(32 * word + Integer.numberOfTrailingZeros(left));
                if (channel != null) {
                    channel.events++;
                }
            }
        }
    }

    /// Takes the message in the slot, if there is one: payload first, then the type, then a look at the pending
    /// flag.
    ///
    /// @return whether there was one
    public boolean readMessage() {
        GuestPages page = partition.page(messagePage);
        long slot = SINT * 256L;
        int type = page.readAcquire(slot);
        if (type == 0) {
            return false;
        }
        byte[] header = new byte[16];
        page.read(slot, header, 0, 16);
        byte[] payload = new byte[Wire.u8(header, 4)];
        page.read(slot + 16, payload, 0, payload.length);
        page.compareAndExchange(slot, type, 0);
        if ((page.readAcquire(slot + 4) & 0x100) != 0) {
            partition.wrmsr(vp, Msr.EOM, 0);
        }
        if (type == VmbusServer.MESSAGE_TYPE) {
            received(GuestMessages.decode(payload));
        }
        return true;
    }

    /// Takes all messages that are there and forgets them and all that is known of the host.
    public void drain() {
        while (readMessage()) {
            partition.settle();
        }
        run();
        inbox.clear();
        offers.clear();
        open.clear();
    }

    private void received(HostMessage message) {
        inbox.add(message);
        if (message instanceof HostMessage.OfferChannel offer) {
            offers.add(offer);
        } else if (message instanceof HostMessage.RescindChannelOffer(int relid)) {
            offers.removeIf(offer -> offer.relid() == relid);
            open.remove(relid);
        }
    }

    // the conversation of a driver

    /// {@return whether the host speaks `version`}
    public boolean contact(VmbusVersion version) {
        connection =
                version.atLeast(VmbusVersion.V5_0) ? VmbusServer.CONTACT_CONNECTION : VmbusServer.MESSAGE_CONNECTION;
        post(GuestMessages.initiateContact(version.number(), vp, SINT));
        HostMessage.VersionResponse response = takeOne(HostMessage.VersionResponse.class);
        connection = VmbusServer.MESSAGE_CONNECTION;
        return response.supported();
    }

    /// Makes contact with the newest version and asks for all offers.
    public void connect() {
        connect(VmbusVersion.V5_3);
    }

    /// Makes contact with `version` and asks for all offers.
    public void connect(VmbusVersion version) {
        if (!contact(version)) {
            throw new AssertionError("the host does not speak " + version);
        }
        post(GuestMessages.requestOffers());
        takeOne(HostMessage.AllOffersDelivered.class);
    }

    /// {@return the id of a new GPADL over `count` pages from `first` on}
    public int share(int relid, long first, int count) {
        return share(relid, GuestRam.pfns(first, count));
    }

    /// {@return the id of a new GPADL over these pages}
    public int share(int relid, long[] pfns) {
        int gpadl = nextGpadl++;
        int status = tryShare(relid, gpadl, (long) pfns.length * GuestMemory.PAGE_SIZE, 0, pfns);
        if (status != VmbusMessage.STATUS_SUCCESS) {
            throw new AssertionError("GPADL 0x%x: 0x%x".formatted(gpadl, status));
        }
        return gpadl;
    }

    /// {@return the status of a GPADL with all messages that its pages need}
    public int tryShare(int relid, int gpadl, long byteCount, long byteOffset, long[] pfns) {
        post(GuestMessages.gpadlHeader(relid, gpadl, byteCount, byteOffset, pfns));
        int sent = Math.min(pfns.length, GuestMessage.GpadlHeader.LARGEST_PFNS);
        while (sent < pfns.length) {
            post(GuestMessages.gpadlBody(gpadl, pfns, sent));
            sent += GuestMessage.GpadlBody.LARGEST_PFNS;
        }
        return takeOne(HostMessage.GpadlCreated.class).status();
    }

    /// Takes pages back.
    public void unshare(int relid, int gpadl) {
        post(GuestMessages.gpadlTeardown(relid, gpadl));
        takeOne(HostMessage.GpadlTorndown.class);
    }

    /// Opens a channel with rings of `ringPages` pages each, control page included.
    public GuestChannel open(HostMessage.OfferChannel offer, int ringPages) {
        return open(offer, ringPages, vp);
    }

    /// Opens a channel that interrupts virtual processor `target`.
    public GuestChannel open(HostMessage.OfferChannel offer, int ringPages, int target) {
        long first = ram().allocate(2 * ringPages);
        int gpadl = share(offer.relid(), first, 2 * ringPages);
        GuestChannel channel =
                new GuestChannel(offer, gpadl, new GuestRings(ram().pages(first, 2 * ringPages), ringPages));
        open.put(offer.relid(), channel);
        post(GuestMessages.openChannel(offer.relid(), offer.relid(), gpadl, target, ringPages));
        int status = takeOne(HostMessage.OpenChannelResult.class).status();
        if (status != VmbusMessage.STATUS_SUCCESS) {
            throw new AssertionError("OpenChannel: 0x%x".formatted(status));
        }
        return channel;
    }

    /// Ends the connection.
    public void unload() {
        post(GuestMessages.unload());
        takeOne(HostMessage.UnloadResponse.class);
        offers.clear();
        open.clear();
        inbox.clear();
    }

    /// A channel that the guest has open.
    public final class GuestChannel {
        private final HostMessage.OfferChannel offer;
        private final int ringGpadl;
        private final GuestRings rings;
        private int events;

        private GuestChannel(HostMessage.OfferChannel offer, int ringGpadl, GuestRings rings) {
            this.offer = offer;
            this.ringGpadl = ringGpadl;
            this.rings = rings;
        }

        public int relid() {
            return offer.relid();
        }

        public int ringGpadl() {
            return ringGpadl;
        }

        public GuestRings rings() {
            return rings;
        }

        /// {@return how often the host raised the channel's event since this was last asked}
        public int takeEvents() {
            int raised = events;
            events = 0;
            return raised;
        }

        /// Sends an in-band packet and signals the host if the rings say so; {@return whether there was room}
        public boolean send(long transactionId, boolean completionRequested, byte[] payload) {
            boolean room = rings.send(Packet.IN_BAND, completionRequested, transactionId, new byte[0], payload);
            signalIfDue();
            return room;
        }

        /// {@return the next packet from the host, or null}
        public @Nullable GuestPacket receive() {
            GuestPacket packet = rings.receive();
            signalIfDue();
            return packet;
        }

        private void signalIfDue() {
            if (rings.takeSignal()) {
                partition.signalEvent(offer.connection(), 0);
            }
        }

        /// Closes the channel and takes its rings back.
        public void close() {
            post(GuestMessages.closeChannel(offer.relid()));
            unshare(offer.relid(), ringGpadl);
            open.remove(offer.relid());
        }
    }
}
