package cloison.hyperv.vmbus.server;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.HypervisorConfig;
import cloison.hyperv.TestPartition;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.vmbus.BusyDevice;
import cloison.hyperv.vmbus.EchoDevice;
import cloison.hyperv.vmbus.GuestBus;
import cloison.hyperv.vmbus.GuestMessages;
import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.GuestRings;
import cloison.hyperv.vmbus.protocol.GuestMessage;
import cloison.hyperv.vmbus.protocol.HostMessage;
import cloison.hyperv.vmbus.protocol.VmbusMessage;
import cloison.hyperv.vmbus.protocol.VmbusVersion;
import cloison.hyperv.vmbus.ring.RingLayout;
import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.GuestPages;
import cloison.machine.wire.Guid;
import cloison.machine.wire.Wire;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A guest that does what no driver does. Nothing throws out of its host, what it takes stays within its limits,
/// and its neighbour, a guest of another partition, works during all of it and after; so does the guest itself
/// once it behaves.
final class HostileGuestTest {
    private static final VmbusLimits LIMITS = new VmbusLimits(8, 12, 200, 16, 8);
    private static final int PAGES = 512;
    private static final int RING_PAGES = 3;
    private static final int FLOOD = 20_000;
    private static final int SYNIC_QUEUE = 16;

    private final GuestBus guest =
            new GuestBus(new TestPartition(2, PAGES, HypervisorConfig.standard().with(LIMITS)), 0);
    private final BusyDevice busy = new BusyDevice("busy", 1);
    private final EchoDevice echo = new EchoDevice("echo", 2);

    private final GuestBus neighbour = new GuestBus(new TestPartition(1, PAGES, HypervisorConfig.standard()), 0);
    private GuestBus.GuestChannel neighboursChannel;

    @BeforeEach
    void letTheNeighbourIn() {
        guest.vmbus().offer(busy);
        guest.vmbus().offer(echo);
        neighbour.vmbus().offer(new EchoDevice("echo", 2));
        neighbour.connect();
        neighboursChannel = neighbour.open(neighbour.offers().getFirst(), RING_PAGES);
        assertNeighbourWorks();
    }

    @AfterEach
    void nothingIsLeft() {
        assertNeighbourWorks();
        assertThat(neighbour.partition().misdeeds()).isEmpty();
        assertBounded();
        assertStartsAnew();
    }

    private void assertNeighbourWorks() {
        assertEchoes(neighbour, neighboursChannel);
    }

    private static void assertEchoes(GuestBus guest, GuestBus.GuestChannel channel) {
        assertThat(channel.send(7, true, new byte[] {0, 1, 2, 3})).isTrue();
        guest.run();
        GuestPacket answer = channel.receive();
        assertThat(answer).isNotNull();
        assertThat(answer.transactionId()).isEqualTo(7);
        assertThat(answer.payload()).startsWith(0, 1, 2, 3);
    }

    private void assertBounded() {
        VmbusStatus status = status();
        assertThat(status.gpadls()).isLessThanOrEqualTo(LIMITS.gpadls());
        assertThat(status.gpadlPages()).isLessThanOrEqualTo(LIMITS.gpadlPages());
        assertThat(status.channels().size()).isLessThanOrEqualTo(LIMITS.channels());
        assertThat(status.waitingAnswers())
                .isLessThanOrEqualTo(LIMITS.waitingAnswers() + LIMITS.channels() + LIMITS.gpadls());
        assertThat(guest.partition().threading().roles().size()).isLessThanOrEqualTo(1 + LIMITS.channels());
        assertThat(guest.partition().misdeeds().size()).isLessThanOrEqualTo(200);
    }

    /// The guest greets as a driver does, and finds everything as if nothing had been.
    private void assertStartsAnew() {
        guest.enableSynic(0);
        guest.partition().wrmsr(0, Msr.EOM, 0);
        guest.drain();
        guest.connect();
        assertThat(guest.offers())
                .extracting(HostMessage.OfferChannel::instance)
                .containsExactly(busy.offer().instance(), echo.offer().instance());
        assertThat(status().gpadls()).isZero();
        assertThat(status().gpadlPages()).isZero();
        assertThat(busy.running()).isZero();
        GuestBus.GuestChannel a = guest.open(guest.offers().get(0), RING_PAGES);
        GuestBus.GuestChannel b = guest.open(guest.offers().get(1), RING_PAGES);
        assertEchoes(guest, a);
        assertEchoes(guest, b);
        guest.unload();
        assertThat(status()).isEqualTo(VmbusStatus.UNCONNECTED);
        assertThat(guest.partition().threading().roles()).containsExactly("test/bus");
    }

    private VmbusStatus status() {
        return guest.vmbus().status();
    }

    private long count(VmbusCounter counter) {
        return guest.vmbus().counters().value(counter);
    }

    private GuestBus.GuestChannel connectAndOpen() {
        guest.connect();
        return guest.open(guest.offers().getFirst(), RING_PAGES);
    }

    private static byte[] operation(int operation, int argument, int gpadl) {
        byte[] bytes = new byte[8];
        bytes[0] = (byte) operation;
        bytes[1] = (byte) argument;
        Wire.put32(bytes, 4, gpadl);
        return bytes;
    }

    // messages

    @Test
    void messagesOfEveryTypeAndLengthChangeNothingWhenTheyAreMalformed() {
        GuestBus.GuestChannel channel = connectAndOpen();
        VmbusStatus before = status();
        long served = count(VmbusCounter.MESSAGES_FROM_GUEST);
        int malformed = 0;

        for (int type = 0; type <= 40; type++) {
            for (int length = 0; length <= VmbusMessage.LARGEST; length += length < 48 ? 1 : 32) {
                byte[] bytes = new byte[length];
                if (length >= 4) {
                    Wire.put32(bytes, 0, type);
                }
                GuestMessage message = GuestMessage.decode(bytes, length);
                if (message instanceof GuestMessage.Malformed || message instanceof GuestMessage.Unknown) {
                    malformed++;
                    guest.post(bytes);
                }
            }
        }

        assertThat(malformed).isGreaterThan(1000);
        assertThat(count(VmbusCounter.MESSAGES_FROM_GUEST)).isEqualTo(served + malformed);
        assertThat(count(VmbusCounter.MESSAGES_REFUSED)).isEqualTo(malformed);
        assertThat(status()).isEqualTo(before);
        assertEchoes(guest, channel);
    }

    @Test
    void fieldsOfAllOnesAreRefused() {
        GuestBus.GuestChannel channel = connectAndOpen();
        for (int type = 1; type <= 40; type++) {
            byte[] bytes = new byte[VmbusMessage.LARGEST];
            Arrays.fill(bytes, (byte) -1);
            Wire.put32(bytes, 0, type);
            if (type != GuestMessage.InitiateContact.TYPE && type != GuestMessage.Unload.TYPE) {
                guest.post(bytes);
            }
        }

        assertThat(status().gpadls()).isEqualTo(1);
        assertThat(status().channels()).hasSize(2);
        assertEchoes(guest, channel);
    }

    // shared pages

    @ParameterizedTest
    @ValueSource(
            longs = {PAGES, PAGES + 1, 0xC0000, 0xFEE00, 0xFFFFF, 0x10_0000, 1L << 40, 1L << 52, -1, Long.MIN_VALUE})
    void pagesThatAreNotRamAreNotShared(long pfn) {
        guest.connect();

        assertThat(guest.tryShare(1, 77, 2 * GuestMemory.PAGE_SIZE, 0, new long[] {20, pfn}))
                .isEqualTo(VmbusMessage.STATUS_UNSUCCESSFUL);

        assertThat(status().gpadls()).isZero();
        assertThat(count(VmbusCounter.GPADLS_REFUSED)).isEqualTo(1);
    }

    @Test
    void thePagesOfANeighbourCannotBeNamed() {
        long pfn = neighbour.ram().allocate(1);
        neighbour.ram().write(pfn << GuestMemory.PAGE_SHIFT, new byte[] {9, 9, 9, 9});
        GuestBus.GuestChannel channel = connectAndOpen();
        int gpadl = guest.share(channel.relid(), new long[] {pfn});

        channel.send(1, true, operation(BusyDevice.USE_BUFFER, 0, gpadl));
        guest.run();

        assertThat(guest.ram().read(pfn << GuestMemory.PAGE_SHIFT, 4)).containsExactly(1, 2, 3, 4);
        assertThat(neighbour.ram().read(pfn << GuestMemory.PAGE_SHIFT, 4)).containsExactly(9, 9, 9, 9);
    }

    @Test
    void aDeviceThatWritesToAPageUnderAnOverlayDoesNotReachTheOverlay() {
        GuestBus.GuestChannel channel = connectAndOpen();
        long pfn = guest.ram().allocate(1);
        guest.partition().wrmsr(0, Msr.GUEST_OS_ID, 1);
        guest.partition().wrmsr(0, Msr.HYPERCALL, pfn << GuestMemory.PAGE_SHIFT | 1);
        byte[] code = guest.ram().read(pfn << GuestMemory.PAGE_SHIFT, 16);
        int gpadl = guest.share(channel.relid(), new long[] {pfn});

        channel.send(1, true, operation(BusyDevice.USE_BUFFER, 0, gpadl));
        guest.run();

        assertThat(guest.ram().read(pfn << GuestMemory.PAGE_SHIFT, 16)).isEqualTo(code);
        guest.partition().wrmsr(0, Msr.HYPERCALL, 0);
        assertThat(guest.ram().read(pfn << GuestMemory.PAGE_SHIFT, 4)).containsExactly(1, 2, 3, 4);
    }

    @Test
    void ringsOverTheSynicsOwnPagesHurtOnlyTheirGuest() {
        guest.connect();
        long simp = guest.partition().rdmsr(0, Msr.SIMP) >>> GuestMemory.PAGE_SHIFT;
        long siefp = guest.partition().rdmsr(0, Msr.SIEFP) >>> GuestMemory.PAGE_SHIFT;
        int gpadl = guest.share(1, new long[] {simp, siefp, simp, siefp, simp, siefp});

        guest.post(GuestMessages.openChannel(1, 1, gpadl, 0, RING_PAGES));
        assertThat(guest.takeOne(HostMessage.OpenChannelResult.class).status()).isZero();
        for (int i = 0; i < 100; i++) {
            guest.partition().signalEvent(0x2001, 0);
            guest.run();
        }

        assertNeighbourWorks();
    }

    @Test
    void aDeviceDoesNotTouchPagesThatWereTornDownWhileItUsedThem() {
        GuestBus.GuestChannel channel = connectAndOpen();
        long pfn = guest.ram().allocate(1);
        int gpadl = guest.share(channel.relid(), new long[] {pfn});
        channel.send(1, true, operation(BusyDevice.USE_BUFFER, 0, gpadl));
        guest.run();

        guest.unshare(channel.relid(), gpadl);
        guest.ram().write(pfn << GuestMemory.PAGE_SHIFT, new byte[4]);
        for (int i = 0; i < 10; i++) {
            channel.send(1, true, operation(BusyDevice.USE_BUFFER, 0, gpadl));
            guest.run();
        }

        assertThat(guest.ram().read(pfn << GuestMemory.PAGE_SHIFT, 4)).containsOnly(0);
    }

    @Test
    void ringsTornDownUnderAnOpenChannelCloseIt() {
        GuestBus.GuestChannel channel = connectAndOpen();
        GuestPages toGuest = channel.rings().toGuest();
        channel.send(1, true, operation(BusyDevice.FLOOD, 0, 0));
        channel.send(1, true, operation(BusyDevice.OFFER_SUBCHANNELS, 3, 0));

        guest.unshare(channel.relid(), channel.ringGpadl());

        assertThat(status().channels().getFirst().open()).isFalse();
        assertThat(busy.running()).isZero();
        int write = toGuest.readAcquire(RingLayout.WRITE_INDEX);
        for (int i = 0; i < 10; i++) {
            guest.partition().signalEvent(0x2000 + channel.relid(), 0);
            guest.run();
        }
        assertThat(toGuest.readAcquire(RingLayout.WRITE_INDEX)).isEqualTo(write);
        assertThat(count(VmbusCounter.SIGNALS_ASTRAY)).isGreaterThanOrEqualTo(10);
    }

    @Test
    void aGpadlThatIsNeverFinishedHoldsNoMoreThanItPromised() {
        guest.connect();
        for (int gpadl = 1; gpadl <= 1000; gpadl++) {
            guest.post(GuestMessages.gpadlHeader(1, gpadl, 50L * GuestMemory.PAGE_SIZE, 0, new long[] {20}));
        }

        assertThat(status().gpadls()).isEqualTo(LIMITS.gpadlPages() / 50);
        assertThat(count(VmbusCounter.GPADLS_REFUSED)).isEqualTo(1000 - LIMITS.gpadlPages() / 50);
    }

    @Test
    void moreGpadlsAndPagesThanAllowedAreRefusedUntilSomeAreTakenBack() {
        guest.connect();
        long pfn = guest.ram().allocate(1);
        for (int gpadl = 1; gpadl <= LIMITS.gpadls(); gpadl++) {
            assertThat(guest.tryShare(1, gpadl, 1, 0, new long[] {pfn})).isZero();
        }
        assertThat(guest.tryShare(1, 99, 1, 0, new long[] {pfn})).isNotZero();

        guest.unshare(1, 1);
        assertThat(guest.tryShare(1, 99, 1, 0, new long[] {pfn})).isZero();
        assertThat(guest.tryShare(1, 100, 1, 0, new long[] {pfn})).isNotZero();
    }

    // ids that are in use

    @Test
    void anIdThatIsInUseIsRefusedAndMeansWhatItMeant() {
        GuestBus.GuestChannel channel = connectAndOpen();
        guest.open(guest.offers().get(1), RING_PAGES);
        long[] pfns = GuestRam.pfns(guest.ram().allocate(6), 6);
        for (int relid = 0; relid <= 3; relid++) {
            assertThat(guest.tryShare(relid, channel.ringGpadl(), 6 * 4096, 0, pfns))
                    .isEqualTo(VmbusMessage.STATUS_UNSUCCESSFUL);
        }

        guest.post(GuestMessages.openChannel(1, 1, channel.ringGpadl(), 0, RING_PAGES));
        guest.post(GuestMessages.openChannel(2, 2, channel.ringGpadl(), 0, RING_PAGES));
        guest.post(GuestMessages.openChannel(3, 3, channel.ringGpadl(), 0, RING_PAGES));

        assertThat(guest.take(HostMessage.OpenChannelResult.class))
                .hasSize(3)
                .allMatch(result -> result.status() == VmbusMessage.STATUS_UNSUCCESSFUL);
        assertEchoes(guest, channel);
        assertThat(count(VmbusCounter.CHANNELS_OPENED)).isEqualTo(2);
    }

    @Test
    void twoChannelsOnTheSamePagesHurtOnlyTheirGuest() {
        guest.connect();
        long[] pfns = GuestRam.pfns(guest.ram().allocate(2 * RING_PAGES), 2 * RING_PAGES);
        GuestRings rings = new GuestRings(guest.ram().pages(pfns[0], 2 * RING_PAGES), RING_PAGES);
        for (int relid = 1; relid <= 2; relid++) {
            int gpadl = guest.share(relid, pfns);
            guest.post(GuestMessages.openChannel(relid, relid, gpadl, 0, RING_PAGES));
        }
        assertThat(guest.take(HostMessage.OpenChannelResult.class)).allMatch(result -> result.status() == 0);

        for (int i = 0; i < 200; i++) {
            rings.send(6, true, i, new byte[0], operation(i % 5, 2, 0));
            guest.partition().signalEvent(0x2001 + i % 2, 0);
            guest.run();
        }

        assertThat(count(VmbusCounter.CHANNELS_OPENED)).isEqualTo(2);
        assertThat(count(VmbusCounter.SIGNALS_FROM_GUEST)).isEqualTo(200);
        assertNeighbourWorks();
    }

    // rings

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 8192, 8188, 4, 1})
    void anIndexOutsideTheRingEndsTheChannelAndNothingElse(int index) {
        GuestBus.GuestChannel first = connectAndOpen();
        GuestBus.GuestChannel second = guest.open(guest.offers().get(1), RING_PAGES);
        first.rings().toHost().writeRelease(RingLayout.WRITE_INDEX, index);
        second.rings().toGuest().writeRelease(RingLayout.READ_INDEX, index);

        guest.partition().signalEvent(0x2001, 0);
        guest.run();
        second.send(1, true, new byte[8192 - 100]);
        guest.run();
        second.send(1, true, new byte[8]);
        guest.run();

        assertThat(count(VmbusCounter.RINGS_BROKEN)).isGreaterThanOrEqualTo(1);
        for (GuestBus.GuestChannel channel : List.of(first, second)) {
            guest.post(GuestMessages.closeChannel(channel.relid()));
            guest.unshare(channel.relid(), channel.ringGpadl());
        }
        assertThat(status().gpadls()).isZero();
    }

    /// The indices are different each time the host looks.
    @Test
    void indicesThatChangeBetweenReadsEndTheChannelAndNothingElse() {
        for (int field : new int[] {RingLayout.WRITE_INDEX, RingLayout.READ_INDEX}) {
            for (int index : new int[] {-8, 1 << 20, 4096, 8184, 12}) {
                guest.connect();
                GuestBus.GuestChannel channel = guest.open(guest.offers().get(1), RING_PAGES);
                GuestPages ring = field == RingLayout.WRITE_INDEX
                        ? channel.rings().toHost()
                        : channel.rings().toGuest();
                echo.beforeEachPacket(() -> ring.writeRelease(field, index));
                for (int i = 0; i < 8; i++) {
                    channel.send(i, true, new byte[600]);
                }

                guest.run();
                guest.partition().signalEvent(0x2000 + channel.relid(), 0);
                guest.run();
                assertNeighbourWorks();

                echo.beforeEachPacket(() -> {});
                guest.unload();
            }
        }

        assertThat(count(VmbusCounter.RINGS_BROKEN)).isPositive();
    }

    @Test
    void aGuestThatNeverReadsBlocksOnlyItsOwnChannel() {
        GuestBus.GuestChannel full = connectAndOpen();
        GuestBus.GuestChannel second = guest.open(guest.offers().get(1), RING_PAGES);
        for (int i = 0; i < 50; i++) {
            full.send(i, true, operation(BusyDevice.FLOOD, 0, 0));
            guest.run();
        }

        assertThat(full.rings().freeInToGuest()).isLessThan(64);
        assertEchoes(guest, second);
    }

    // floods

    @Test
    void messagesThatNobodyAnswersWaitInBoundedQueues() {
        guest.connect();
        guest.partition().wrmsr(0, Msr.SCONTROL, 0);
        int accepted = 0;
        byte[] request = GuestMessages.tlConnectRequest(new Guid(new UUID(1, 2)), new Guid(new UUID(3, 4)));
        for (int i = 0; i < FLOOD; i++) {
            accepted += guest.tryPost(request) == HvStatus.SUCCESS ? 1 : 0;
            guest.partition().settle();
        }

        assertThat(accepted).isEqualTo(SYNIC_QUEUE + LIMITS.waitingAnswers() + LIMITS.waitingMessages());
        assertThat(count(VmbusCounter.MESSAGES_HELD_BACK)).isEqualTo(FLOOD - accepted);
        assertThat(status().waitingAnswers()).isEqualTo(LIMITS.waitingAnswers());
        assertNeighbourWorks();

        guest.partition().wrmsr(0, Msr.SCONTROL, 1);
        guest.run();
        assertThat(guest.take(HostMessage.TlConnectResult.class)).hasSize(accepted);
    }

    @Test
    void aFloodOfMessagesWithoutATurnForTheHostIsHeldBack() {
        int accepted = 0;
        for (int i = 0; i < FLOOD; i++) {
            accepted += guest.tryPost(GuestMessages.requestOffers()) == HvStatus.SUCCESS ? 1 : 0;
        }

        assertThat(accepted).isEqualTo(LIMITS.waitingMessages());
    }

    @Test
    void aFloodOfSignalsIsOneSignal() {
        GuestBus.GuestChannel channel = connectAndOpen();
        int turns = guest.partition().threading().settle();
        for (int i = 0; i < FLOOD; i++) {
            assertThat(guest.partition().signalEvent(0x2001, 0)).isEqualTo(HvStatus.SUCCESS);
            guest.partition().signalEvent(0x2000 + i % 4096, i & 1);
        }

        assertThat(turns).isZero();
        assertThat(guest.partition().threading().settle()).isZero();
        assertThat(channel.takeEvents()).isZero();
    }

    @Test
    void aFloodOfRequestsForOffersGetsThemOnce() {
        guest.connect();
        for (int i = 0; i < 1000; i++) {
            guest.post(GuestMessages.requestOffers());
        }

        assertThat(guest.offers()).hasSize(2);
        assertThat(count(VmbusCounter.CHANNELS_OFFERED)).isEqualTo(2);
        assertThat(count(VmbusCounter.MESSAGES_REFUSED)).isEqualTo(1000);
    }

    @Test
    void aFloodOfContactsLeaksNothing() {
        for (int i = 0; i < 500; i++) {
            guest.connect();
            guest.open(guest.offers().getFirst(), RING_PAGES, 0);
            guest.ram().release(2 * RING_PAGES);
            guest.offers().clear();
        }

        assertThat(count(VmbusCounter.CHANNELS_OPENED)).isEqualTo(500);
        assertThat(count(VmbusCounter.CHANNELS_CLOSED)).isEqualTo(499);
        guest.unload();
        assertThat(count(VmbusCounter.CHANNELS_CLOSED)).isEqualTo(500);
    }

    @Test
    void subchannelsThatAreNeverReleasedAreLimitedAndAnEndOfContactFreesThem() {
        guest.connect();
        for (int i = 0; i < 20; i++) {
            GuestBus.GuestChannel channel = guest.open(guest.offers().getFirst(), RING_PAGES);
            channel.send(1, true, operation(BusyDevice.OFFER_SUBCHANNELS, 100, 0));
            guest.run();
            assertThat(status().channels()).hasSize(LIMITS.channels());
            channel.close();
            guest.ram().release(2 * RING_PAGES);
            assertBounded();
        }

        assertThat(count(VmbusCounter.CHANNELS_OFFERED)).isEqualTo(LIMITS.channels());
        guest.unload();
    }

    // every phase

    /// Where a connection may stand when the guest does something unexpected.
    private enum Phase {
        NOTHING(_ -> {}),
        CONTACT(test -> test.guest.contact(VmbusVersion.V5_3)),
        OFFERED(test -> test.guest.connect()),
        GPADL_BEGUN(test -> {
            test.guest.connect();
            test.guest.post(GuestMessages.gpadlHeader(1, 5, 8 * 4096, 0, new long[] {20}));
        }),
        GPADL_SHARED(test -> {
            test.guest.connect();
            test.guest.share(1, test.guest.ram().allocate(2), 2);
        }),
        OPEN(HostileGuestTest::connectAndOpen),
        PACKETS_UNREAD(test -> test.connectAndOpen().send(1, true, operation(0, 0, 0))),
        RING_FULL(test -> {
            test.connectAndOpen().send(1, true, operation(BusyDevice.FLOOD, 0, 0));
            test.guest.run();
        }),
        SUBCHANNELS(test -> {
            test.connectAndOpen().send(1, true, operation(BusyDevice.OFFER_SUBCHANNELS, 2, 0));
            test.guest.run();
            test.guest.open(test.guest.offers().get(2), RING_PAGES);
        }),
        REVOKING(test -> {
            test.connectAndOpen();
            int gpadl = test.guest.share(1, test.guest.ram().allocate(2), 2);
            test.guest.tryPost(GuestMessages.gpadlTeardown(1, gpadl));
            test.guest.vmbus().turn();
        }),
        BROKEN(test -> {
            test.connectAndOpen().rings().toHost().writeRelease(RingLayout.WRITE_INDEX, -1);
            test.guest.partition().signalEvent(0x2001, 0);
            test.guest.run();
        }),
        WITHDRAWN(test -> {
            test.connectAndOpen();
            test.guest.vmbus().withdraw(test.busy);
            test.guest.run();
            test.guest.vmbus().offer(test.busy);
        });

        private final Consumer<HostileGuestTest> enter;

        Phase(Consumer<HostileGuestTest> enter) {
            this.enter = enter;
        }
    }

    private void inPhase(Phase phase, byte[]... messages) {
        phase.enter.accept(this);
        for (byte[] message : messages) {
            assertThat(guest.tryPost(message)).isEqualTo(HvStatus.SUCCESS);
        }
        guest.run();
        assertNeighbourWorks();
        assertBounded();
        if (phase == Phase.WITHDRAWN) {
            // the device was offered again behind the other
            guest.vmbus().withdraw(echo);
            guest.vmbus().offer(echo);
            guest.run();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aChannelMayBeClosedInEveryPhase(Phase phase) {
        inPhase(phase, GuestMessages.closeChannel(1), GuestMessages.closeChannel(1));

        assertThat(status().channels()).noneMatch(channel -> channel.relid() == 1 && channel.open());
    }

    @ParameterizedTest
    @EnumSource
    void aGuestMayUnloadInEveryPhase(Phase phase) {
        inPhase(phase, GuestMessages.unload());

        assertThat(status()).isEqualTo(VmbusStatus.UNCONNECTED);
        assertThat(guest.take(HostMessage.UnloadResponse.class)).hasSize(phase == Phase.NOTHING ? 0 : 1);
        guest.offers().clear();
    }

    @ParameterizedTest
    @EnumSource
    void aGuestMayMakeContactAgainInEveryPhase(Phase phase) {
        inPhase(phase, GuestMessages.initiateContact(VmbusVersion.V4_1.number(), 1, 0));

        assertThat(status().version()).isEqualTo(VmbusVersion.V4_1);
        assertThat(status().channels()).isEmpty();
        assertThat(status().gpadls()).isZero();
        guest.offers().clear();
    }

    @ParameterizedTest
    @EnumSource
    void aGuestMayAskForAVersionThatDoesNotExistInEveryPhase(Phase phase) {
        inPhase(phase, GuestMessages.initiateContact(9 << 16, 0, 2));

        assertThat(status()).isEqualTo(VmbusStatus.UNCONNECTED);
        guest.offers().clear();
    }

    @ParameterizedTest
    @EnumSource
    void anythingMayBeTakenBackAndReleasedInEveryPhase(Phase phase) {
        inPhase(
                phase,
                GuestMessages.gpadlTeardown(1, 5),
                GuestMessages.gpadlTeardown(1, 0xE1E10),
                GuestMessages.gpadlTeardown(1, 0xE1E11),
                GuestMessages.gpadlTeardown(2, 0xE1E10),
                GuestMessages.relidReleased(1),
                GuestMessages.relidReleased(2),
                GuestMessages.relidReleased(4000),
                GuestMessages.modifyChannel(1, 1),
                GuestMessages.modifyChannel(1, -1));
        guest.offers().clear();
    }

    @ParameterizedTest
    @EnumSource
    void aPartitionMayBeResetInEveryPhase(Phase phase) {
        inPhase(phase);

        guest.partition().hypervisor().reset();

        assertThat(status()).isEqualTo(VmbusStatus.UNCONNECTED);
        assertThat(busy.running()).isZero();
        guest.offers().clear();
    }

    // versions

    @ParameterizedTest
    @EnumSource(VmbusVersion.class)
    void aVersionAgreedInTheMiddleEndsWhatTheOlderOneBuilt(VmbusVersion version) {
        for (VmbusVersion before : VmbusVersion.values()) {
            guest.connect(before);
            GuestBus.GuestChannel channel = guest.open(guest.offers().getFirst(), RING_PAGES);
            channel.send(1, true, operation(BusyDevice.OFFER_SUBCHANNELS, 2, 0));
            guest.run();

            guest.offers().clear();
            guest.connect(version);

            assertThat(status().version()).isEqualTo(version);
            assertThat(status().gpadls()).isZero();
            assertThat(busy.running()).isZero();
            assertThat(guest.partition().signalEvent(0x2000 + channel.relid(), 0))
                    .isEqualTo(HvStatus.INVALID_CONNECTION_ID);
            assertThat(guest.offers()).hasSize(2);
            guest.unload();
            guest.ram().release(2 * RING_PAGES);
        }
    }
}
