package cloison.hyperv.vmbus.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.hyperv.HypervisorConfig;
import cloison.hyperv.TestPartition;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.vmbus.EchoDevice;
import cloison.hyperv.vmbus.GuestBus;
import cloison.hyperv.vmbus.GuestMessages;
import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.protocol.HostMessage;
import cloison.hyperv.vmbus.protocol.VmbusMessage;
import cloison.hyperv.vmbus.protocol.VmbusVersion;
import cloison.machine.wire.Guid;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Contact, offers, open channels, and how they end.
final class VmbusServerTest {
    private final GuestBus guest = new GuestBus(new TestPartition(2, HypervisorConfig.standard()), 0);
    private final EchoDevice echo = new EchoDevice("echo", 1);
    private final EchoDevice other = new EchoDevice("other", 2);

    private long count(VmbusCounter counter) {
        return guest.vmbus().counters().value(counter);
    }

    private GuestBus.GuestChannel connectAndOpen() {
        guest.vmbus().offer(echo);
        guest.connect();
        return guest.open(guest.offers().getFirst(), 4);
    }

    private static void assertEchoes(GuestBus guest, GuestBus.GuestChannel channel) {
        channel.takeEvents();
        assertThat(channel.send(7, true, new byte[] {1, 2, 3})).isTrue();
        guest.run();
        GuestPacket answer = channel.receive();
        assertThat(answer).isNotNull();
        assertThat(answer.transactionId()).isEqualTo(7);
        assertThat(answer.payload()).startsWith(1, 2, 3);
        assertThat(channel.takeEvents()).isEqualTo(1);
    }

    @Test
    void aGuestConnectsOpensSendsAndUnloads() {
        GuestBus.GuestChannel channel = connectAndOpen();
        assertEchoes(guest, channel);

        channel.close();
        guest.unload();

        assertThat(guest.vmbus().status()).isEqualTo(VmbusStatus.UNCONNECTED);
        assertThat(guest.partition().misdeeds()).isEmpty();
        assertThat(guest.partition().threading().roles()).containsExactly("test/bus");
        assertThat(count(VmbusCounter.CHANNELS_OPENED)).isEqualTo(1);
        assertThat(count(VmbusCounter.CHANNELS_CLOSED)).isEqualTo(1);
        assertThat(count(VmbusCounter.MESSAGES_REFUSED)).isZero();
    }

    // contact

    @ParameterizedTest
    @EnumSource(VmbusVersion.class)
    void eachVersionIsSpoken(VmbusVersion version) {
        guest.vmbus().offer(echo);
        guest.connect(version);

        assertThat(guest.vmbus().status().version()).isEqualTo(version);
        assertEchoes(guest, guest.open(guest.offers().getFirst(), 4));
    }

    @ParameterizedTest
    @ValueSource(ints = {6 << 16, 5 << 16 | 4, 4 << 16 | 2, 1 << 16 | 1, 13, 0, -1})
    void otherVersionsAreRefusedAndTheGuestMayTryAgain(int version) {
        guest.post(GuestMessages.initiateContact(version, 0, 2));
        assertThat(guest.takeOne(HostMessage.VersionResponse.class))
                .isEqualTo(new HostMessage.VersionResponse(false, 0));
        assertThat(guest.vmbus().status().version()).isNull();

        assertThat(guest.contact(VmbusVersion.V5_3)).isTrue();
        assertThat(guest.partition().misdeeds()).isEmpty();
    }

    @Test
    void newGuestsAreToldTheConnectionAndOldOnesTheVersion() {
        guest.post(GuestMessages.initiateContact(VmbusVersion.V5_0.number(), 0, 2));
        assertThat(guest.takeOne(HostMessage.VersionResponse.class).connection())
                .isEqualTo(1);
        guest.post(GuestMessages.initiateContact(VmbusVersion.V4_1.number(), 0, 2));
        assertThat(guest.takeOne(HostMessage.VersionResponse.class).connection())
                .isEqualTo(0x4_0001);
    }

    @Test
    void aGuestChoosesProcessorAndInterruptSource() {
        TestPartition partition = guest.partition();
        long page = partition.ram().allocate(1);
        partition.wrmsr(1, Msr.SIMP, page << 12 | 1);
        partition.wrmsr(1, Msr.SINT0 + 5, 0x55);
        partition.wrmsr(1, Msr.SCONTROL, 1);

        guest.post(GuestMessages.initiateContact(VmbusVersion.V5_3.number(), 1, 5));

        assertThat(partition.apic(1).take()).containsExactly(0x55);
        assertThat(partition.ram().read((page << 12) + 5 * 256, 1)).containsExactly(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 16, 255})
    void anInterruptSourceThatIsNoneIsRefused(int sint) {
        guest.post(GuestMessages.initiateContact(VmbusVersion.V5_3.number(), 0, sint));

        assertThat(guest.takeOne(HostMessage.VersionResponse.class).supported()).isFalse();
        assertThat(guest.partition().misdeeds()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, -1, Integer.MIN_VALUE})
    void aProcessorThatDoesNotExistIsRefusedOnTheFirst(int vp) {
        guest.post(GuestMessages.initiateContact(VmbusVersion.V5_3.number(), vp, 2));

        assertThat(guest.takeOne(HostMessage.VersionResponse.class).supported()).isFalse();
    }

    @Test
    void anotherTrustLevelIsRefused() {
        byte[] contact = GuestMessages.initiateContact(VmbusVersion.V5_3.number(), 0, 2);
        contact[17] = 2;
        guest.post(contact);

        assertThat(guest.takeOne(HostMessage.VersionResponse.class).supported()).isFalse();
    }

    @Test
    void contactWhileConnectedEndsWhatWas() {
        connectAndOpen();

        assertThat(guest.contact(VmbusVersion.V4_0)).isTrue();

        assertThat(echo.closings()).isEqualTo(1);
        assertThat(guest.vmbus().status()).isEqualTo(new VmbusStatus(VmbusVersion.V4_0, List.of(), 0, 0, 0));
        guest.offers().clear();
        guest.post(GuestMessages.requestOffers());
        assertEchoes(guest, guest.open(guest.offers().getFirst(), 4));
        assertThat(guest.take(HostMessage.UnloadResponse.class)).isEmpty();
    }

    @Test
    void messagesBeforeContactAreRefused() {
        guest.post(GuestMessages.requestOffers());
        guest.post(GuestMessages.unload());
        guest.post(new byte[] {99, 0, 0, 0, 0, 0, 0, 0});
        guest.post(new byte[3]);

        assertThat(guest.partition().misdeeds()).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 3, 5, 0x2001, -1})
    void otherConnectionsTakeNoMessages(int connection) {
        assertThat(guest.partition().postMessage(50, connection, 1, new byte[8]))
                .isEqualTo(HvStatus.INVALID_CONNECTION_ID);
    }

    @Test
    void otherTypesOfMessagesAreRefused() {
        assertThat(guest.partition().postMessage(50, 1, 2, new byte[8])).isEqualTo(HvStatus.INVALID_PARAMETER);
    }

    // offers

    @Test
    void devicesAreOfferedWithDifferentRelidsAndConnections() {
        guest.vmbus().offer(echo);
        guest.vmbus().offer(other);
        guest.connect();

        assertThat(guest.offers()).extracting(HostMessage.OfferChannel::relid).containsExactly(1, 2);
        assertThat(guest.offers())
                .extracting(HostMessage.OfferChannel::connection)
                .containsExactly(0x2001, 0x2002);
        assertThat(guest.offers())
                .extracting(HostMessage.OfferChannel::instance)
                .containsExactly(echo.offer().instance(), other.offer().instance());
    }

    @Test
    void offersAreMadeOnce() {
        guest.vmbus().offer(echo);
        guest.connect();
        guest.post(GuestMessages.requestOffers());

        assertThat(guest.offers()).hasSize(1);
        assertThat(guest.take(HostMessage.AllOffersDelivered.class)).isEmpty();
        assertThat(guest.partition().misdeeds()).hasSize(1);
    }

    @Test
    void aDeviceAddedLaterIsOfferedAtOnce() {
        guest.connect();
        assertThat(guest.offers()).isEmpty();

        guest.vmbus().offer(echo);
        guest.run();

        assertEchoes(guest, guest.open(guest.offers().getFirst(), 4));
    }

    @Test
    void aDeviceAddedBeforeTheGuestAsksWaits() {
        guest.contact(VmbusVersion.V5_3);
        guest.vmbus().offer(echo);
        guest.run();

        assertThat(guest.take(HostMessage.OfferChannel.class)).isEmpty();
    }

    @Test
    void aRemovedDeviceIsWithdrawnAndItsRelidReusedOnlyAfterTheRelease() {
        GuestBus.GuestChannel channel = connectAndOpen();

        guest.vmbus().withdraw(echo);
        guest.run();

        assertThat(guest.take(HostMessage.RescindChannelOffer.class)).hasSize(1);
        assertThat(echo.closings()).isEqualTo(1);
        assertThat(guest.vmbus().status().gpadls()).isZero();
        assertThat(guest.vmbus().status().channels().getFirst().withdrawn()).isTrue();
        guest.vmbus().offer(other);
        guest.run();
        assertThat(guest.offers().getFirst().relid()).isEqualTo(2);

        guest.post(GuestMessages.closeChannel(channel.relid()));
        guest.post(GuestMessages.relidReleased(channel.relid()));
        guest.vmbus().offer(new EchoDevice("third", 3));
        guest.run();
        assertThat(guest.offers().get(1).relid()).isEqualTo(1);
        assertThat(guest.partition().misdeeds()).isEmpty();
    }

    @Test
    void aTeardownThatCrossedTheWithdrawalIsAnswered() {
        GuestBus.GuestChannel channel = connectAndOpen();
        guest.vmbus().withdraw(echo);
        guest.run();

        guest.unshare(channel.relid(), channel.ringGpadl());

        assertThat(guest.partition().misdeeds()).isEmpty();
    }

    @Test
    void aDeviceThatIsNotThereIsWithdrawnWithoutNoise() {
        guest.connect();
        guest.vmbus().withdraw(echo);
        guest.vmbus().offer(echo);
        guest.run();
        guest.vmbus().withdraw(echo);
        guest.vmbus().withdraw(echo);
        guest.run();

        assertThat(guest.take(HostMessage.RescindChannelOffer.class)).hasSize(1);
    }

    @Test
    void aRelidThatWasNotWithdrawnCannotBeReleased() {
        connectAndOpen();
        guest.post(GuestMessages.relidReleased(1));
        guest.post(GuestMessages.relidReleased(77));

        assertThat(guest.partition().misdeeds()).hasSize(2);
        assertThat(guest.vmbus().status().channels()).hasSize(1);
    }

    @Test
    void aGuestGetsNoMoreChannelsThanItMayHave() {
        GuestBus small = new GuestBus(HypervisorConfig.standard().with(new VmbusLimits(2, 10, 100, 10, 10)));
        for (int i = 1; i <= 3; i++) {
            small.vmbus().offer(new EchoDevice("echo" + i, i));
        }
        small.connect();

        assertThat(small.offers()).hasSize(2);
        assertThat(small.partition().misdeeds()).singleElement().asString().contains("echo3");
    }

    @Test
    void aDeviceThatFoundNoRelidIsOfferedWhenOneIsFree() {
        GuestBus small = new GuestBus(HypervisorConfig.standard().with(new VmbusLimits(2, 10, 100, 10, 10)));
        for (EchoDevice device : List.of(echo, other, new EchoDevice("third", 3), new EchoDevice("fourth", 4))) {
            small.vmbus().offer(device);
        }
        small.connect();
        small.vmbus().withdraw(echo);
        small.run();
        assertThat(small.offers()).hasSize(1);

        small.post(GuestMessages.relidReleased(1));

        assertThat(small.offers())
                .extracting(HostMessage.OfferChannel::instance)
                .containsExactly(other.offer().instance(), new Guid(new UUID(0, 3)));
        assertThat(small.offers().getLast().relid()).isEqualTo(1);
    }

    // open channels

    @Test
    void aClosedChannelCanBeOpenedAgain() {
        for (int i = 1; i <= 10; i++) {
            GuestBus.GuestChannel channel =
                    i == 1 ? connectAndOpen() : guest.open(guest.offers().getFirst(), 4);
            assertEchoes(guest, channel);
            channel.close();
            assertThat(echo.openings()).isEqualTo(i);
            assertThat(echo.closings()).isEqualTo(i);
            assertThat(guest.vmbus().status().gpadls()).isZero();
        }
        assertThat(guest.partition().misdeeds()).isEmpty();
    }

    private int statusOfOpen(int relid, int gpadl, int vp, int downstream) {
        guest.post(GuestMessages.openChannel(relid, 99, gpadl, vp, downstream));
        HostMessage.OpenChannelResult result = guest.takeOne(HostMessage.OpenChannelResult.class);
        assertThat(result.relid()).isEqualTo(relid);
        assertThat(result.openId()).isEqualTo(99);
        return result.status();
    }

    @Test
    void aChannelIsNotOpenedOnWhatIsNotThere() {
        guest.vmbus().offer(echo);
        guest.vmbus().offer(other);
        guest.connect();
        int rings = guest.share(1, guest.ram().allocate(8), 8);
        int foreign = guest.share(2, guest.ram().allocate(8), 8);

        assertThat(statusOfOpen(3, rings, 0, 4)).as("no such channel").isNotZero();
        assertThat(statusOfOpen(1, 12345, 0, 4)).as("no such GPADL").isNotZero();
        assertThat(statusOfOpen(1, foreign, 0, 4))
                .as("GPADL of another channel")
                .isNotZero();
        assertThat(statusOfOpen(1, rings, 2, 4)).as("no such processor").isNotZero();
        assertThat(statusOfOpen(1, rings, -1, 4)).as("no such processor").isNotZero();
        for (int downstream : new int[] {0, 1, 7, 8, 9, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertThat(statusOfOpen(1, rings, 0, downstream))
                    .as("rings at " + downstream)
                    .isNotZero();
        }
        assertThat(echo.openings()).isZero();
        assertThat(statusOfOpen(1, rings, 1, 6)).isZero();
        assertThat(statusOfOpen(1, rings, 1, 6)).as("open already").isNotZero();
        assertThat(echo.openings()).isEqualTo(1);
    }

    @Test
    void ringsMustBeWholePages() {
        guest.vmbus().offer(echo);
        guest.connect();
        long[] pfns = GuestRam.pfns(guest.ram().allocate(8), 8);
        assertThat(guest.tryShare(1, 5, 8 * 4096 - 8, 8, pfns)).isZero();
        assertThat(guest.tryShare(1, 6, 8 * 4096 - 8, 0, pfns)).isZero();

        assertThat(statusOfOpen(1, 5, 0, 4)).isNotZero();
        assertThat(statusOfOpen(1, 6, 0, 4)).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {65_534, 2})
    void aRingOfMoreThan256MebibytesIsNone(int downstream) {
        VmbusLimits limits = new VmbusLimits(4, 10, 100_000, 256, 64);
        GuestBus wide = new GuestBus(HypervisorConfig.standard().with(limits));
        wide.vmbus().offer(echo);
        wide.connect();
        long[] pfns = new long[65_539];
        Arrays.fill(pfns, 100);
        int gpadl = wide.share(1, pfns);

        wide.post(GuestMessages.openChannel(1, 1, gpadl, 0, downstream));
        int refused = wide.takeOne(HostMessage.OpenChannelResult.class).status();
        wide.post(GuestMessages.openChannel(1, 1, gpadl, 0, 3));
        int opened = wide.takeOne(HostMessage.OpenChannelResult.class).status();

        assertThat(refused).isEqualTo(downstream == 2 ? VmbusMessage.STATUS_UNSUCCESSFUL : VmbusMessage.STATUS_SUCCESS);
        assertThat(opened).isNotEqualTo(refused);
    }

    @Test
    void anUnfinishedGpadlIsNoRing() {
        guest.vmbus().offer(echo);
        guest.connect();
        long[] pfns = GuestRam.pfns(guest.ram().allocate(40), 40);
        guest.post(GuestMessages.gpadlHeader(1, 5, 40 * 4096, 0, pfns));

        assertThat(statusOfOpen(1, 5, 0, 4)).isNotZero();
    }

    @Test
    void aWithdrawnChannelIsNotOpened() {
        guest.vmbus().offer(echo);
        guest.connect();
        int rings = guest.share(1, guest.ram().allocate(8), 8);
        guest.vmbus().withdraw(echo);
        guest.run();

        assertThat(statusOfOpen(1, rings, 0, 4)).isNotZero();
        assertThat(guest.tryShare(1, 7, 4096, 0, new long[] {20})).isEqualTo(VmbusMessage.STATUS_UNSUCCESSFUL);
    }

    @Test
    void aChannelThatIsNotOpenCannotBeClosed() {
        guest.vmbus().offer(echo);
        guest.connect();
        guest.post(GuestMessages.closeChannel(1));
        guest.post(GuestMessages.closeChannel(2));

        assertThat(guest.partition().misdeeds()).hasSize(2);
    }

    @Test
    void eventsReachOpenChannelsOnly() {
        assertThat(guest.partition().signalEvent(0x2001, 0)).isEqualTo(HvStatus.INVALID_CONNECTION_ID);
        GuestBus.GuestChannel channel = connectAndOpen();
        assertThat(guest.partition().signalEvent(0x2001, 0)).isEqualTo(HvStatus.SUCCESS);
        assertThat(guest.partition().signalEvent(0x2001, 1)).isEqualTo(HvStatus.INVALID_PARAMETER);
        channel.close();
        for (int connection : new int[] {0x2001, 0x2000, 0x2800, 0, -1, Integer.MIN_VALUE}) {
            assertThat(guest.partition().signalEvent(connection, 0)).isEqualTo(HvStatus.INVALID_CONNECTION_ID);
        }
    }

    @Test
    void aChannelInterruptsTheProcessorThatTheGuestNames() {
        guest.enableSynic(1);
        guest.vmbus().offer(echo);
        guest.connect();
        GuestBus.GuestChannel channel = guest.open(guest.offers().getFirst(), 4, 1);
        channel.send(1, true, new byte[8]);
        guest.run();
        assertThat(guest.partition().apic(1).take()).containsExactly(GuestBus.VECTOR);
        channel.receive();

        guest.post(GuestMessages.modifyChannel(1, 0));

        assertThat(guest.takeOne(HostMessage.ModifyChannelResponse.class))
                .isEqualTo(new HostMessage.ModifyChannelResponse(1, 0));
        assertThat(echo.channels().getFirst().targetProcessor()).isZero();
        assertEchoes(guest, channel);
        assertThat(guest.partition().apic(1).take()).isEmpty();
    }

    @Test
    void aMoveThatCannotBeIsRefused() {
        connectAndOpen();
        for (byte[] message : List.of(
                GuestMessages.modifyChannel(1, 2),
                GuestMessages.modifyChannel(1, -1),
                GuestMessages.modifyChannel(2, 0))) {
            guest.post(message);
            assertThat(guest.takeOne(HostMessage.ModifyChannelResponse.class).status())
                    .isEqualTo(VmbusMessage.STATUS_UNSUCCESSFUL);
        }
    }

    @Test
    void movesAreAnsweredFromVersion53OnAndMadeFrom41On() {
        guest.vmbus().offer(echo);
        guest.connect(VmbusVersion.V5_2);
        guest.open(guest.offers().getFirst(), 4);
        guest.post(GuestMessages.modifyChannel(1, 1));
        assertThat(guest.take(HostMessage.ModifyChannelResponse.class)).isEmpty();
        assertThat(echo.channels().getFirst().targetProcessor()).isEqualTo(1);

        guest.offers().clear();
        guest.connect(VmbusVersion.V4_0);
        guest.open(guest.offers().getFirst(), 4);
        guest.post(GuestMessages.modifyChannel(1, 1));
        assertThat(echo.channels().get(1).targetProcessor()).isZero();
    }

    @Test
    void aBrokenRingIsToldOfAndTheChannelCanBeClosed() {
        GuestBus.GuestChannel channel = connectAndOpen();
        channel.rings().toHost().writeRelease(0, 0x7FFF_FFF8);
        guest.partition().signalEvent(0x2001, 0);
        guest.run();

        assertThat(guest.partition().misdeeds()).singleElement().asString().contains("channel 1 is dead");
        assertThat(count(VmbusCounter.RINGS_BROKEN)).isEqualTo(1);
        channel.close();
        assertEchoes(guest, guest.open(guest.offers().getFirst(), 4));
    }

    // subchannels

    @Test
    void subchannelsAreOfferedOpenedAndGoWithTheirPrimary() {
        GuestBus.GuestChannel primary = connectAndOpen();
        assertThat(echo.channels().getFirst().offerSubchannels(2)).isEqualTo(2);
        guest.run();
        assertThat(guest.offers())
                .extracting(HostMessage.OfferChannel::subchannel)
                .containsExactly(0, 1, 2);
        assertThat(guest.offers().get(1).instance()).isEqualTo(echo.offer().instance());
        GuestBus.GuestChannel sub = guest.open(guest.offers().get(1), 4);
        assertEchoes(guest, sub);
        assertThat(echo.channels().get(1).subchannel()).isEqualTo(1);
        assertThat(guest.partition().threading().roles()).containsExactly("test/bus", "test/echo", "test/echo.1");
        assertThat(echo.channels().get(1).offerSubchannels(1))
                .as("subchannels have none")
                .isZero();

        guest.post(GuestMessages.closeChannel(primary.relid()));

        assertThat(guest.take(HostMessage.RescindChannelOffer.class))
                .containsExactly(new HostMessage.RescindChannelOffer(2), new HostMessage.RescindChannelOffer(3));
        assertThat(echo.closings()).isEqualTo(2);
        guest.post(GuestMessages.relidReleased(2));
        guest.post(GuestMessages.relidReleased(3));
        assertThat(guest.vmbus().status().channels()).hasSize(1);
    }

    @Test
    void aRemovedDevicesSubchannelsAreWithdrawnFirst() {
        connectAndOpen();
        echo.channels().getFirst().offerSubchannels(2);
        guest.run();
        guest.open(guest.offers().get(2), 4);

        guest.vmbus().withdraw(echo);
        guest.run();

        assertThat(guest.take(HostMessage.RescindChannelOffer.class))
                .extracting(HostMessage.RescindChannelOffer::relid)
                .containsExactly(2, 3, 1);
        assertThat(echo.closings()).isEqualTo(2);
    }

    @Test
    void subchannelsOfAClosedChannelAreNotOffered() {
        connectAndOpen();
        echo.channels().getFirst().offerSubchannels(3);
        guest.post(GuestMessages.closeChannel(1));
        guest.offers().removeIf(offer -> offer.subchannel() != 0);
        guest.open(guest.offers().getFirst(), 4);
        guest.run();

        assertThat(echo.channels().getFirst().offerSubchannels(3)).isEqualTo(3);
        guest.run();
        assertThat(guest.offers()).hasSize(1);
        assertThat(guest.vmbus().status().channels().stream().filter(c -> !c.withdrawn()))
                .hasSize(1);
    }

    @Test
    void theBuffersOfAWithdrawnChannelAreForgottenAlthoughTheGuestNeverReleasesIt() {
        GuestBus.GuestChannel primary = connectAndOpen();
        echo.channels().getFirst().offerSubchannels(1);
        guest.run();
        guest.open(guest.offers().get(1), 4);
        int gpadl = guest.share(2, guest.ram().allocate(2), 2);
        assertThat(echo.channels().get(1).buffer(gpadl)).isNotNull();

        guest.post(GuestMessages.closeChannel(primary.relid()));

        assertThat(echo.channels().get(1).buffer(gpadl)).isNull();
        assertThat(guest.vmbus().status().gpadls()).isEqualTo(1);
    }

    @Test
    void subchannelsAreLimited() {
        GuestBus small = new GuestBus(HypervisorConfig.standard().with(new VmbusLimits(4, 10, 100, 10, 10)));
        small.vmbus().offer(echo);
        small.connect();
        small.open(small.offers().getFirst(), 4);

        assertThat(echo.channels().getFirst().offerSubchannels(10)).isEqualTo(3);
        assertThat(echo.channels().getFirst().offerSubchannels(1)).isZero();
        assertThat(echo.channels().getFirst().offerSubchannels(-1)).isZero();
        small.run();
        assertThat(small.offers()).hasSize(4);
    }

    // sockets

    @Test
    void socketsAreRefusedWhereTheGuestCanHearIt() {
        Guid endpoint = new Guid(new UUID(5, 6));
        Guid service = new Guid(new UUID(7, 8));
        guest.connect();
        guest.post(GuestMessages.tlConnectRequest(endpoint, service));
        assertThat(guest.takeOne(HostMessage.TlConnectResult.class))
                .isEqualTo(new HostMessage.TlConnectResult(endpoint, service, VmbusMessage.STATUS_CONNECTION_REFUSED));

        guest.connect(VmbusVersion.V4_0);
        guest.post(GuestMessages.tlConnectRequest(endpoint, service));
        assertThat(guest.take(HostMessage.TlConnectResult.class)).isEmpty();
        assertThat(guest.partition().misdeeds()).isEmpty();
    }

    // the end

    @Test
    void unloadClosesEverything() {
        connectAndOpen();
        guest.vmbus().offer(other);
        guest.run();
        guest.open(guest.offers().get(1), 4);
        guest.share(1, guest.ram().allocate(100), 100);

        guest.unload();

        assertThat(echo.closings()).isEqualTo(1);
        assertThat(other.closings()).isEqualTo(1);
        assertThat(guest.vmbus().status()).isEqualTo(VmbusStatus.UNCONNECTED);
        guest.connect();
        assertThat(guest.offers()).extracting(HostMessage.OfferChannel::relid).containsExactly(1, 2);
    }

    @Test
    void aGuestThatPollsWithInterruptsOffIsAnswered() {
        connectAndOpen();
        guest.tryPost(GuestMessages.unload());
        guest.partition().settle();

        while (guest.readMessage()) {
            guest.partition().settle();
        }

        assertThat(guest.takeOne(HostMessage.UnloadResponse.class)).isNotNull();
    }

    @Test
    void resetClosesEverythingAndKeepsDevices() {
        connectAndOpen();

        guest.partition().hypervisor().reset();

        assertThat(echo.closings()).isEqualTo(1);
        assertThat(guest.vmbus().status()).isEqualTo(VmbusStatus.UNCONNECTED);
        assertThat(guest.partition().threading().roles()).containsExactly("test/bus");
        GuestBus reborn = new GuestBus(guest.partition(), 0);
        reborn.connect();
        assertEchoes(reborn, reborn.open(reborn.offers().getFirst(), 4));
    }

    @Test
    void closingStopsAllAgents() {
        connectAndOpen();

        guest.partition().hypervisor().close();

        assertThat(echo.closings()).isEqualTo(1);
        assertThat(guest.partition().threading().roles()).isEmpty();
    }

    @Test
    void messagesThatFindTheQueueFullAreHeldBack() {
        GuestBus small = new GuestBus(HypervisorConfig.standard().with(new VmbusLimits(4, 10, 100, 3, 10)));
        small.contact(VmbusVersion.V5_3);
        for (int i = 0; i < 3; i++) {
            assertThat(small.tryPost(GuestMessages.requestOffers())).isEqualTo(HvStatus.SUCCESS);
        }
        assertThat(small.tryPost(GuestMessages.requestOffers())).isEqualTo(HvStatus.INSUFFICIENT_BUFFERS);

        small.run();

        assertThat(small.tryPost(GuestMessages.requestOffers())).isEqualTo(HvStatus.SUCCESS);
        assertThat(small.vmbus().counters().value(VmbusCounter.MESSAGES_HELD_BACK))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 2048})
    void limitsMustBePossible(int channels) {
        assertThatThrownBy(() -> new VmbusLimits(channels, 1, 1, 1, 1)).hasMessageContaining("1 to 2047");
        assertThatThrownBy(() -> new VmbusLimits(1, 0, 1, 1, 1)).hasMessageContaining("positive");
    }
}
