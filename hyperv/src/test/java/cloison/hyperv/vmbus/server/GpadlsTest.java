package cloison.hyperv.vmbus.server;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.HypervisorConfig;
import cloison.hyperv.TestPartition;
import cloison.hyperv.vmbus.Channel.GuestBuffer;
import cloison.hyperv.vmbus.EchoDevice;
import cloison.hyperv.vmbus.GuestBus;
import cloison.hyperv.vmbus.GuestMessages;
import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.protocol.HostMessage;
import cloison.machine.wire.Wire;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Pages that a guest shares.
final class GpadlsTest {
    private final GuestBus guest = new GuestBus(
            new TestPartition(1, 8192, HypervisorConfig.standard().with(new VmbusLimits(10, 5, 5000, 256, 64))), 0);
    private final EchoDevice echo = new EchoDevice("echo", 1);
    private GuestBus.GuestChannel channel;

    @BeforeEach
    void open() {
        guest.vmbus().offer(echo);
        guest.connect();
        channel = guest.open(guest.offers().getFirst(), 4);
    }

    private GuestBuffer buffer(int gpadl) {
        return echo.channels().getFirst().buffer(gpadl);
    }

    private VmbusStatus status() {
        return guest.vmbus().status();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 26, 27, 54, 55, 4096})
    void allPagesArriveInOrder(int count) {
        long first = guest.ram().allocate(count);
        long[] pfns = new long[count];
        for (int i = 0; i < count; i++) {
            pfns[i] = first + count - 1 - i;
        }
        for (int i = 0; i < count; i++) {
            byte[] mark = new byte[4];
            Wire.put32(mark, 0, i);
            guest.ram().write(pfns[i] << 12, mark);
        }

        int gpadl = guest.share(1, pfns);

        GuestBuffer buffer = buffer(gpadl);
        assertThat(buffer.length()).isEqualTo(4096L * count);
        assertThat(buffer.offset()).isZero();
        for (int i = 0; i < count; i++) {
            assertThat(buffer.pages().readAcquire(4096L * i)).isEqualTo(i);
        }
        assertThat(status().gpadls()).isEqualTo(2);
        assertThat(status().gpadlPages()).isEqualTo(8 + count);
    }

    @Test
    void bytesAndOffsetAreThoseOfTheGuest() {
        long[] pfns = GuestRam.pfns(guest.ram().allocate(3), 3);

        assertThat(guest.tryShare(1, 77, 4098, 4095, pfns)).isZero();

        assertThat(buffer(77).offset()).isEqualTo(4095);
        assertThat(buffer(77).length()).isEqualTo(4098);
        assertThat(buffer(77).pages().size()).isEqualTo(3 * 4096);
    }

    @Test
    void pagesBeyondTheRangeAreIgnored() {
        assertThat(guest.tryShare(1, 77, 4096, 0, GuestRam.pfns(20, 5))).isZero();

        assertThat(buffer(77).pages().size()).isEqualTo(4096);
    }

    @Test
    void twoGpadlsMayGrowAtOnce() {
        long[] a = GuestRam.pfns(guest.ram().allocate(40), 40);
        long[] b = GuestRam.pfns(guest.ram().allocate(40), 40);
        guest.post(GuestMessages.gpadlHeader(1, 5, 40 * 4096, 0, a));
        guest.post(GuestMessages.gpadlHeader(1, 6, 40 * 4096, 0, b));
        assertThat(guest.take(HostMessage.GpadlCreated.class)).isEmpty();
        assertThat(buffer(5)).isNull();

        guest.post(GuestMessages.gpadlBody(6, b, 26));
        assertThat(guest.takeOne(HostMessage.GpadlCreated.class)).isEqualTo(new HostMessage.GpadlCreated(1, 6, 0));
        guest.post(GuestMessages.gpadlBody(5, a, 26));
        assertThat(guest.takeOne(HostMessage.GpadlCreated.class)).isEqualTo(new HostMessage.GpadlCreated(1, 5, 0));
    }

    // refusals

    private void assertRefused(int relid, int gpadl, long bytes, long offset, long... pfns) {
        VmbusStatus before = status();
        guest.post(GuestMessages.gpadlHeader(relid, gpadl, bytes, offset, pfns));
        HostMessage.GpadlCreated created = guest.takeOne(HostMessage.GpadlCreated.class);
        assertThat(created.relid()).isEqualTo(relid);
        assertThat(created.gpadl()).isEqualTo(gpadl);
        assertThat(created.status()).isNotZero();
        assertThat(status()).isEqualTo(before);
    }

    @Test
    void pagesThatAreNotRamAreRefused() {
        assertRefused(1, 5, 4096, 0, 8192);
        assertRefused(1, 5, 8192, 0, 20, 0xC0000);
        assertRefused(1, 5, 4096, 0, 0x10_0000);
        assertRefused(1, 5, 4096, 0, -1);
        assertRefused(1, 5, 4096, 0, Long.MIN_VALUE);
        assertRefused(1, 5, 4096, 0, 1L << 52);
    }

    @Test
    void rangesThatCannotBeAreRefused() {
        assertRefused(1, 5, 0, 0, 20);
        assertRefused(1, 5, 1, 4096, 20, 21);
        assertRefused(1, 5, 0xFFFF_FFFFL, 0xFFFF_FFFFL, 20);
        assertRefused(1, 0, 4096, 0, 20);
        assertRefused(9, 5, 4096, 0, 20);
        assertRefused(1, channel.ringGpadl(), 4096, 0, 20);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 0xFFFF})
    void gpadlsHaveOneRange(int ranges) {
        byte[] header = GuestMessages.gpadlHeader(1, 5, 4096, 0, new long[] {20});
        Wire.put16(header, 18, ranges);
        guest.post(header);

        assertThat(guest.takeOne(HostMessage.GpadlCreated.class).status()).isNotZero();
    }

    @Test
    void morePagesThanThePartitionMayShareAreRefused() {
        assertRefused(1, 5, 0xFFFF_FFFFL, 0, 20);
        assertRefused(1, 5, 4993L * 4096, 0, 20);
        guest.post(GuestMessages.gpadlHeader(1, 5, 4992L * 4096, 0, new long[] {20}));
        assertThat(guest.take(HostMessage.GpadlCreated.class)).isEmpty();
        assertRefused(1, 6, 1, 0, 20);

        guest.unshare(1, 5);
        assertThat(guest.tryShare(1, 6, 1, 0, new long[] {20})).isZero();
    }

    @Test
    void moreGpadlsThanThePartitionMayShareAreRefused() {
        for (int i = 0; i < 4; i++) {
            guest.share(1, 20, 1);
        }
        assertRefused(1, 5, 1, 0, 20);
    }

    @Test
    void morePagesForWhatIsWholeOrUnknownAreAstray() {
        guest.post(GuestMessages.gpadlBody(channel.ringGpadl(), new long[] {1, 2}, 0));
        guest.post(GuestMessages.gpadlBody(12345, new long[] {1, 2}, 0));

        assertThat(guest.partition().misdeeds()).hasSize(2);
        assertThat(guest.take(HostMessage.GpadlCreated.class)).isEmpty();
    }

    // the end

    @Test
    void aDeviceForgetsPagesBeforeTheGuestIsToldThatItDid() {
        int gpadl = guest.share(1, 20, 3);
        channel.send(1, true, new byte[8]);

        guest.tryPost(GuestMessages.gpadlTeardown(1, gpadl));
        guest.partition().threading().step();
        assertThat(buffer(gpadl)).isNull();
        guest.run();

        assertThat(echo.packets()).isEqualTo(1);
        assertThat(echo.revoked()).containsExactly(gpadl);
        assertThat(guest.takeOne(HostMessage.GpadlTorndown.class).gpadl()).isEqualTo(gpadl);
        assertThat(status().gpadls()).isEqualTo(1);
    }

    @Test
    void aChannelThatClosesMeanwhileLetsThePagesGo() {
        int gpadl = guest.share(1, 20, 3);
        guest.tryPost(GuestMessages.gpadlTeardown(1, gpadl));
        guest.tryPost(GuestMessages.closeChannel(1));
        guest.run();

        assertThat(guest.takeOne(HostMessage.GpadlTorndown.class).gpadl()).isEqualTo(gpadl);
        assertThat(echo.closings()).isEqualTo(1);
        assertThat(status().gpadls()).isEqualTo(1);
    }

    @Test
    void anUnfinishedGpadlCanBeTakenBack() {
        guest.post(GuestMessages.gpadlHeader(1, 5, 8192, 0, new long[] {20}));
        guest.unshare(1, 5);

        assertThat(status().gpadls()).isEqualTo(1);
        assertThat(echo.revoked()).isEmpty();
    }

    @Test
    void ringsTakenBackCloseTheirChannel() {
        guest.unshare(1, channel.ringGpadl());

        assertThat(echo.closings()).isEqualTo(1);
        assertThat(status().channels().getFirst().open()).isFalse();
        assertThat(guest.partition().misdeeds()).hasSize(1);
    }

    @Test
    void whatDoesNotExistCannotBeTakenBack() {
        guest.post(GuestMessages.gpadlTeardown(1, 12345));
        guest.post(GuestMessages.gpadlTeardown(2, channel.ringGpadl()));

        assertThat(guest.take(HostMessage.GpadlTorndown.class)).isEmpty();
        assertThat(guest.partition().misdeeds()).hasSize(2);
    }

    @Test
    void aSecondTeardownOfTheSamePagesIsNotAnsweredTwice() {
        int gpadl = guest.share(1, 20, 3);
        guest.tryPost(GuestMessages.gpadlTeardown(1, gpadl));
        guest.tryPost(GuestMessages.gpadlTeardown(1, gpadl));
        guest.run();

        assertThat(guest.take(HostMessage.GpadlTorndown.class)).hasSize(1);
    }
}
