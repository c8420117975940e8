package cloison.hyperv.vmbus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.ChannelPair;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.EchoDevice;
import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.Offer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class RingChannelTest {
    private final EchoDevice echo = new EchoDevice("echo", 1);
    private final ChannelPair pair = new ChannelPair(new GuestRam(256, 0), 2);

    @Test
    void packetsAreAnsweredAndTheGuestIsSignalledOnce() {
        pair.open(echo);
        for (int i = 0; i < 5; i++) {
            pair.send(i, true, new byte[] {(byte) i});
        }

        pair.settle();

        assertThat(pair.takeSignals()).isEqualTo(1);
        for (int i = 0; i < 5; i++) {
            GuestPacket answer = pair.receive();
            assertThat(answer.transactionId()).isEqualTo(i);
            assertThat(answer.payload()).startsWith(i);
        }
        assertThat(pair.receive()).isNull();
    }

    @Test
    void aTaskThatFoundNoRoomIsTurnedWhenTheGuestHasRead() {
        pair.open(echo);
        int sent = 0;
        int answered = 0;
        while (pair.send(sent, true, new byte[500])) {
            sent++;
            pair.settle();
        }
        while (answered < sent) {
            GuestPacket answer = pair.receive();
            assertThat(answer).isNotNull();
            assertThat(answer.transactionId()).isEqualTo(answered);
            answered++;
            pair.settle();
        }

        assertThat(echo.packets()).isEqualTo(sent);
    }

    @Test
    void aGuestThatWaitsForRoomIsSignalled() {
        pair.open(echo);
        int sent = 0;
        while (pair.send(sent, false, new byte[500])) {
            sent++;
        }
        pair.rings().waitForRoom(3000);

        pair.settle();

        assertThat(pair.takeSignals()).isPositive();
        assertThat(echo.packets()).isEqualTo(sent);
    }

    @Test
    void aTaskThatWaitsForAGuestWithoutTheFieldIsDueSoon() {
        ChannelTask task = new ChannelTask() {
            @Override
            public int turn() {
                return 0;
            }

            @Override
            public void closed() {}
        };
        pair.rings().toGuest().writeRelease(RingLayout.FEATURE_BITS, 0);
        RingChannel channel = (RingChannel) pair.channel();
        assertThat(channel.dueInNanos(task)).isEqualTo(Long.MAX_VALUE);
        while (channel.send(0, false, new byte[500], 0, 500)) {}

        assertThat(channel.dueInNanos(task)).isEqualTo(RingChannel.POLL_NANOS);
    }

    @Test
    void aBrokenRingIsReportedAndSilent() {
        pair.open(echo);
        pair.rings().toHost().writeRelease(RingLayout.WRITE_INDEX, 12345);

        pair.turn();
        pair.turn();

        assertThat(pair.broken()).contains("write index");
        assertThat(pair.channel().receive()).isNull();
        assertThat(pair.channel().send(1, false, new byte[8], 0, 8)).isFalse();
    }

    @Test
    void theOpeningDataBelongsToTheReader() {
        byte[] data = pair.channel().openData();
        Arrays.fill(data, (byte) 1);

        assertThat(pair.channel().openData()).hasSize(Offer.USER_DEFINED_SIZE).containsOnly(0);
    }

    @Test
    void closingTellsTheTask() {
        pair.open(echo);

        pair.close();

        assertThat(echo.closings()).isEqualTo(1);
    }
}
