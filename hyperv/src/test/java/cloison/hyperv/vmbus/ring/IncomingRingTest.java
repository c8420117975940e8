package cloison.hyperv.vmbus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.GuestRings;
import cloison.hyperv.vmbus.GuestRings.GpaRange;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.Samples;
import cloison.machine.memory.GuestPages;
import cloison.machine.wire.Wire;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.junit.jupiter.api.Test;

final class IncomingRingTest {
    private static final byte[] NOTHING = {};

    private final GuestRam ram = new GuestRam(1024, 0);
    private final Packet packet = new Packet();
    private GuestRings guest = new GuestRings(ram.pages(ram.allocate(4), 4), 2);
    private IncomingRing ring = new IncomingRing(guest.toHost());

    private static byte[] bytes(int length, int seed) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7 + seed);
        }
        return bytes;
    }

    private byte[] payload() {
        return Arrays.copyOf(packet.payload, packet.length);
    }

    @Test
    void anEmptyRingGivesNothing() {
        assertThat(ring.read(packet)).isFalse();
        assertThat(ring.fault()).isNull();
    }

    @Test
    void aPacketArrivesAsItWasSent() {
        guest.send(Packet.IN_BAND, true, 0x1122334455667788L, NOTHING, bytes(24, 1));

        assertThat(ring.read(packet)).isTrue();
        assertThat(packet.type).isEqualTo(Packet.IN_BAND);
        assertThat(packet.completionRequested).isTrue();
        assertThat(packet.transactionId).isEqualTo(0x1122334455667788L);
        assertThat(payload()).isEqualTo(bytes(24, 1));
        assertThat(ring.read(packet)).isFalse();
    }

    @Test
    void anUnknownTypeArrivesWithItsPayload() {
        guest.send(0x55, false, 1, new byte[8], bytes(8, 2));

        assertThat(ring.read(packet)).isTrue();
        assertThat(packet.type).isEqualTo(0x55);
        assertThat(payload()).isEqualTo(bytes(8, 2));
    }

    @Test
    void theRangesOfAGpaDirectPacketHaveAsManyPagesAsTheyNeed() {
        byte[] ranges = GuestRings.gpaRanges(
                new GpaRange(4096, 0, 7), new GpaRange(4096, 1, 8, 9), new GpaRange(10, 4090, 1L << 40, -1));

        guest.send(Packet.GPA_DIRECT, true, 5, ranges, bytes(40, 3));

        assertThat(ring.read(packet)).isTrue();
        assertThat(packet.ranges).isEqualTo(3);
        assertThat(Arrays.copyOf(packet.rangeLength, 3)).containsExactly(4096, 4096, 10);
        assertThat(Arrays.copyOf(packet.rangeOffset, 3)).containsExactly(0, 1, 4090);
        assertThat(Arrays.copyOf(packet.rangeFirstPfn, 3)).containsExactly(0, 1, 3);
        assertThat(Arrays.copyOf(packet.pfns, 5)).containsExactly(7, 8, 9, 1L << 40, -1);
        assertThat(payload()).isEqualTo(bytes(40, 3));
    }

    @Test
    void packetsOfAllSizesGoRoundTheEndOfTheRing() {
        Samples.check(20, random -> {
            setUp(2 + random.nextInt(3));
            Deque<byte[]> sent = new ArrayDeque<>();
            for (int i = 0; i < 2000; i++) {
                byte[] payload = bytes(8 * random.nextInt(60), i);
                if (guest.send(Packet.IN_BAND, false, i, NOTHING, payload)) {
                    sent.add(payload);
                }
                if (random.nextInt(3) == 0) {
                    while (!sent.isEmpty() && random.nextInt(5) != 0) {
                        assertThat(ring.read(packet)).isTrue();
                        assertThat(payload()).isEqualTo(sent.remove());
                    }
                }
                if (random.nextInt(7) == 0) {
                    ring.publish();
                }
            }
            assertThat(ring.fault()).isNull();
        });
    }

    private void setUp(int pages) {
        GuestRam fresh = new GuestRam(64, 0);
        guest = new GuestRings(fresh.pages(fresh.allocate(pages + 2), pages + 2), pages);
        ring = new IncomingRing(guest.toHost());
    }

    // the read index

    @Test
    void anEmptyRingIsFreeInTheGuestsEyesToo() {
        guest.send(Packet.IN_BAND, false, 1, NOTHING, bytes(64, 0));
        ring.read(packet);
        assertThat(guest.freeInToHost()).isLessThan(4096);

        assertThat(ring.read(packet)).isFalse();

        assertThat(guest.freeInToHost()).isEqualTo(4096);
    }

    @Test
    void aQuarterOfTheRingIsPublishedAtOnce() {
        for (int i = 0; i < 30; i++) {
            guest.send(Packet.IN_BAND, false, i, NOTHING, bytes(104, 0));
        }
        int free = guest.freeInToHost();
        for (int i = 0; i < 7; i++) {
            ring.read(packet);
        }
        assertThat(guest.freeInToHost()).isEqualTo(free);

        ring.read(packet);

        assertThat(guest.freeInToHost()).isEqualTo(free + 1024);
    }

    // signalling

    @Test
    void aMaskedRingNeedsNoSignal() {
        ring.mask();
        guest.send(Packet.IN_BAND, false, 1, NOTHING, NOTHING);

        assertThat(guest.takeSignal()).isFalse();
    }

    @Test
    void aPacketBetweenTheLastLookAndTheUnmaskingIsNotLost() {
        ring.mask();
        assertThat(ring.read(packet)).isFalse();
        guest.send(Packet.IN_BAND, false, 1, NOTHING, NOTHING);

        assertThat(ring.unmask()).isTrue();
    }

    @Test
    void anEmptyUnmaskedRingIsSignalled() {
        ring.mask();
        assertThat(ring.read(packet)).isFalse();
        assertThat(ring.unmask()).isFalse();

        guest.send(Packet.IN_BAND, false, 1, NOTHING, NOTHING);

        assertThat(guest.takeSignal()).isTrue();
    }

    @Test
    void aReaderThatStoppedByItselfIsNotAskedToLookAgain() {
        guest.send(Packet.IN_BAND, false, 1, NOTHING, NOTHING);
        guest.send(Packet.IN_BAND, false, 2, NOTHING, NOTHING);
        ring.mask();
        ring.read(packet);

        assertThat(ring.unmask()).isFalse();
    }

    @Test
    void aWriterThatWaitsIsToldWhenMoreThanItsSizeIsFree() {
        for (int i = 0; i < 32; i++) {
            guest.send(Packet.IN_BAND, false, i, NOTHING, bytes(96, 0)); // 120 bytes each
        }
        int free = guest.freeInToHost();
        guest.waitForRoom(free + 240);
        ring.read(packet);
        ring.read(packet);
        ring.publish();
        assertThat(ring.takeWriterWaited()).isFalse();

        ring.read(packet);
        ring.publish();

        assertThat(ring.takeWriterWaited()).isTrue();
        ring.read(packet);
        ring.publish();
        assertThat(ring.takeWriterWaited()).isFalse();
    }

    // hostile guests

    private void assertBroken(String why) {
        assertThat(ring.read(packet)).isFalse();
        assertThat(ring.fault()).contains(why);
        guest.toHost().writeRelease(RingLayout.WRITE_INDEX, 0);
        assertThat(ring.read(packet)).isFalse();
        ring.mask();
        assertThat(ring.unmask()).isFalse();
    }

    private void descriptor(int type, int offset8, int length8) {
        byte[] bytes = new byte[64];
        Wire.put16(bytes, 0, type);
        Wire.put16(bytes, 2, offset8);
        Wire.put16(bytes, 4, length8);
        guest.sendRaw(bytes);
    }

    @Test
    void aWriteIndexOutsideTheRingBreaksIt() {
        guest.toHost().writeRelease(RingLayout.WRITE_INDEX, 4096);
        assertBroken("write index");
    }

    @Test
    void aNegativeWriteIndexBreaksTheRing() {
        guest.toHost().writeRelease(RingLayout.WRITE_INDEX, -8);
        assertBroken("write index");
    }

    @Test
    void anUnalignedWriteIndexBreaksTheRing() {
        guest.toHost().writeRelease(RingLayout.WRITE_INDEX, 36);
        assertBroken("write index");
    }

    @Test
    void aReadIndexOutsideTheRingBreaksItFromTheStart() {
        GuestPages pages = guest.toHost();
        pages.writeRelease(RingLayout.READ_INDEX, 5000);
        ring = new IncomingRing(pages);
        assertBroken("read index");
    }

    @Test
    void lessThanADescriptorBreaksTheRing() {
        guest.toHost().writeRelease(RingLayout.WRITE_INDEX, 16);
        assertBroken("shorter than its descriptor");
    }

    @Test
    void aPacketLongerThanWhatWasWrittenBreaksTheRing() {
        descriptor(Packet.IN_BAND, 2, 8);
        assertBroken("impossible length");
    }

    @Test
    void aPayloadBeforeTheDescriptorsEndBreaksTheRing() {
        descriptor(Packet.IN_BAND, 1, 4);
        assertBroken("impossible length");
    }

    @Test
    void aPayloadBehindThePacketBreaksTheRing() {
        descriptor(Packet.IN_BAND, 5, 4);
        assertBroken("impossible length");
    }

    @Test
    void aGpaDirectPacketWithoutRangesHeaderBreaksTheRing() {
        descriptor(Packet.GPA_DIRECT, 2, 4);
        assertBroken("no ranges");
    }

    @Test
    void moreRangesThanThePacketHoldsBreakTheRing() {
        byte[] ranges = GuestRings.gpaRanges(new GpaRange(8, 0, 1));
        Wire.put32(ranges, 4, 0x7FFF_FFFF);
        guest.send(Packet.GPA_DIRECT, false, 0, ranges, NOTHING);
        assertBroken("fewer ranges");
    }

    @Test
    void aRangeWithFewerPagesThanItNeedsBreaksTheRing() {
        guest.send(Packet.GPA_DIRECT, false, 0, GuestRings.gpaRanges(new GpaRange(4097, 0, 1)), NOTHING);
        assertBroken("impossible length");
    }

    @Test
    void aRangeOfAlmostFourGigabytesBreaksTheRing() {
        guest.send(Packet.GPA_DIRECT, false, 0, GuestRings.gpaRanges(new GpaRange(-1, 4095, 1)), NOTHING);
        assertBroken("impossible length");
    }

    @Test
    void anOffsetBehindTheFirstPageBreaksTheRing() {
        guest.send(Packet.GPA_DIRECT, false, 0, GuestRings.gpaRanges(new GpaRange(1, 4096, 1, 2)), NOTHING);
        assertBroken("impossible length");
    }

    @Test
    void thePagesOfASecondRangeMayNotBeMissing() {
        byte[] ranges = Arrays.copyOf(GuestRings.gpaRanges(new GpaRange(8, 0, 1)), 24);
        Wire.put32(ranges, 4, 2);
        guest.send(Packet.GPA_DIRECT, false, 0, ranges, NOTHING);
        assertBroken("fewer ranges");
    }
}
