package cloison.hyperv.vmbus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.GuestRings;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.Samples;
import cloison.machine.wire.Wire;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.junit.jupiter.api.Test;

final class OutgoingRingTest {
    private GuestRings guest;
    private OutgoingRing ring;

    OutgoingRingTest() {
        setUp(2);
    }

    private void setUp(int pages) {
        GuestRam ram = new GuestRam(64, 0);
        guest = new GuestRings(ram.pages(ram.allocate(pages + 2), pages + 2), 2);
        ring = new OutgoingRing(guest.toGuest());
    }

    private boolean write(int length) {
        return ring.write(Packet.IN_BAND, 0, length, new byte[length], 0, length);
    }

    @Test
    void nothingIsSeenBeforeItIsPublished() {
        assertThat(write(8)).isTrue();
        assertThat(guest.receive()).isNull();

        ring.publish();

        assertThat(guest.receive()).isNotNull();
    }

    @Test
    void aPacketArrivesPaddedWithZeros() {
        byte[] payload = {9, 1, 2, 3, 4, 5, 9};
        ring.write(Packet.COMPLETION, 1, -2, payload, 1, 5);
        ring.publish();

        GuestPacket packet = guest.receive();

        assertThat(packet.type()).isEqualTo(Packet.COMPLETION);
        assertThat(packet.completionRequested()).isTrue();
        assertThat(packet.transactionId()).isEqualTo(-2);
        assertThat(packet.extension()).isEmpty();
        assertThat(packet.payload()).containsExactly(1, 2, 3, 4, 5, 0, 0, 0);
    }

    @Test
    void transferPagesCarryTheirRangesBeforeThePayload() {
        int[] ranges = {100, 0, 200, 2048, 7, 7};
        ring.writeTransferPages(Packet.TRANSFER_PAGES, 1, 3, 0xCAFE, ranges, 2, new byte[40], 0, 40);
        ring.publish();

        GuestPacket packet = guest.receive();

        assertThat(packet.payload()).hasSize(40);
        byte[] extension = packet.extension();
        assertThat(extension).hasSize(24);
        assertThat(Wire.u16(extension, 0)).isEqualTo(0xCAFE);
        assertThat(Wire.u32(extension, 4)).isEqualTo(2);
        assertThat(Wire.u32(extension, 8)).isEqualTo(100);
        assertThat(Wire.u32(extension, 16)).isEqualTo(200);
        assertThat(Wire.u32(extension, 20)).isEqualTo(2048);
    }

    @Test
    void packetsOfAllSizesGoRoundTheEndOfTheRing() {
        Samples.check(20, random -> {
            setUp(2 + random.nextInt(3));
            Deque<byte[]> sent = new ArrayDeque<>();
            for (int i = 0; i < 2000; i++) {
                byte[] payload = new byte[random.nextInt(500)];
                random.nextBytes(payload);
                if (ring.write(Packet.IN_BAND, 0, i, payload, 0, payload.length)) {
                    sent.add(payload);
                }
                if (random.nextInt(3) == 0) {
                    ring.publish();
                    for (GuestPacket packet = guest.receive(); packet != null; packet = guest.receive()) {
                        byte[] expected = sent.remove();
                        assertThat(packet.payload()).startsWith(expected);
                        assertThat(packet.payload()).hasSize(RingLayout.padded(expected.length));
                    }
                    assertThat(sent).isEmpty();
                }
            }
            assertThat(ring.fault()).isNull();
        });
    }

    // when the guest is signalled

    @Test
    void theGuestIsSignalledWhenItsRingWasEmpty() {
        write(8);
        assertThat(ring.publish()).isTrue();

        write(8);
        assertThat(ring.publish()).isFalse();

        guest.receive();
        guest.receive();
        write(8);
        assertThat(ring.publish()).isTrue();
    }

    @Test
    void aGuestThatMasksIsNotSignalled() {
        guest.mask(true);
        write(8);

        assertThat(ring.publish()).isFalse();
    }

    @Test
    void publishingNothingSignalsNobody() {
        assertThat(ring.publish()).isFalse();
    }

    @Test
    void packetsThatFilledTheRingAreSignalledToo() {
        while (write(200)) {}

        assertThat(guest.receive()).isNotNull();
        assertThat(ring.publish()).isTrue();
    }

    // room

    @Test
    void theRingIsNeverFilledToTheLastByte() {
        assertThat(write(4096 - 16 - 8)).isFalse();
        assertThat(write(4096 - 16 - 8 - 8)).isTrue();
    }

    @Test
    void aPacketThatFindsNoRoomSaysWhatItWaitsFor() {
        assertThat(write(4000)).isTrue();

        assertThat(write(200)).isFalse();

        assertThat(guest.toGuest().readAcquire(RingLayout.PENDING_SEND_SIZE)).isEqualTo(224);
        assertThat(ring.mustPoll()).isFalse();
        guest.receive();
        assertThat(guest.takeSignal()).isTrue();
        assertThat(write(200)).isTrue();
        assertThat(guest.toGuest().readAcquire(RingLayout.PENDING_SEND_SIZE)).isZero();
    }

    @Test
    void aGuestThatDoesNotKnowTheFieldIsPolled() {
        guest.toGuest().writeRelease(RingLayout.FEATURE_BITS, 0);
        write(4000);
        assertThat(ring.mustPoll()).isFalse();

        write(200);

        assertThat(ring.mustPoll()).isTrue();
        guest.receive();
        assertThat(write(200)).isTrue();
        assertThat(ring.mustPoll()).isFalse();
    }

    // hostile guests

    private void assertBroken(String why) {
        while (write(200)) {}
        assertThat(ring.fault()).contains(why);
        guest.toGuest().writeRelease(RingLayout.READ_INDEX, 0);
        assertThat(write(8)).isFalse();
        assertThat(ring.publish()).isFalse();
    }

    @Test
    void aReadIndexOutsideTheRingBreaksIt() {
        guest.toGuest().writeRelease(RingLayout.READ_INDEX, 4096);
        assertBroken("impossible");
    }

    @Test
    void anUnalignedReadIndexBreaksTheRing() {
        guest.toGuest().writeRelease(RingLayout.READ_INDEX, 4);
        assertBroken("impossible");
    }

    @Test
    void aReadIndexAheadOfWhatWasWrittenBreaksTheRing() {
        guest.toGuest().writeRelease(RingLayout.READ_INDEX, 4088);
        write(4000);
        assertThat(ring.fault()).isNull();
        assertBroken("went back");
    }

    @Test
    void aReadIndexThatGoesBackBreaksTheRing() {
        for (int round = 0; round < 3; round++) {
            write(1000);
            ring.publish();
            guest.receive();
        }
        write(1000);
        ring.publish();
        assertThat(write(3000)).isTrue();
        ring.publish();
        guest.toGuest().writeRelease(RingLayout.READ_INDEX, 3064);

        assertThat(write(3000)).isFalse();
        assertThat(ring.fault()).contains("went back");
    }

    @Test
    void aWriteIndexOutsideTheRingBreaksItFromTheStart() {
        guest.toGuest().writeRelease(RingLayout.WRITE_INDEX, Integer.MIN_VALUE);
        ring = new OutgoingRing(guest.toGuest());

        assertThat(ring.fault()).contains("write index");
        assertThat(write(8)).isFalse();
    }

    @Test
    void payloadsComeFromTheMiddleOfAnArray() {
        byte[] payload = new byte[100];
        Arrays.fill(payload, (byte) 3);
        ring.write(Packet.IN_BAND, 0, 0, payload, 8, 16);
        ring.publish();

        assertThat(guest.receive().payload()).hasSize(16).containsOnly(3);
    }
}
