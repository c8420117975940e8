package cloison.hyperv.vmbus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.Channel.GuestBuffer;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.GuestRings;
import cloison.hyperv.vmbus.GuestRings.GpaRange;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.Choices;
import cloison.machine.Samples;
import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.GuestPages;
import com.code_intelligence.jazzer.junit.FuzzTest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A guest that writes anything into its rings, at any time: between the host's turns and in the middle of them.
/// The host never throws, never hands out a packet that reaches beyond itself, and serves other rings as before.
@Tag("fuzz")
class RingFuzzTest {
    private static final int RING_PAGES = 3;
    private static final int DATA_SIZE = (RING_PAGES - 1) * GuestMemory.PAGE_SIZE;
    private static final int[] FIELDS = {
        RingLayout.WRITE_INDEX,
        RingLayout.READ_INDEX,
        RingLayout.INTERRUPT_MASK,
        RingLayout.PENDING_SEND_SIZE,
        RingLayout.FEATURE_BITS
    };

    /// A guest with one channel, and the device at its other end.
    private static final class Pair implements ChannelPort, ChannelTask {
        private final GuestPages pages;
        private final GuestRings guest;
        private final @Nullable Choices meanwhile;
        private @Nullable RingChannel channel;
        private int brokenTimes;
        private int packets;

        private Pair(GuestRam ram, @Nullable Choices meanwhile) {
            pages = ram.pages(ram.allocate(2 * RING_PAGES), 2 * RING_PAGES);
            guest = new GuestRings(pages, RING_PAGES);
            this.meanwhile = meanwhile;
        }

        private void open() {
            channel = new RingChannel(pages, RING_PAGES, 0, new byte[120], this);
        }

        private RingChannel channel() {
            assertThat(channel).isNotNull();
            return channel;
        }

        private int settle() {
            int turns = 0;
            while (channel().turn(this) != 0) {
                assertThat(turns++).isLessThan(10_000);
            }
            return turns;
        }

        @Override
        public int turn() {
            int work = 0;
            while (work < 64) {
                interfere();
                Packet packet = channel().receive();
                if (packet == null) {
                    break;
                }
                work++;
                packets++;
                check(packet);
                interfere();
                answer(packet);
            }
            return work;
        }

        private void answer(Packet packet) {
            RingChannel to = channel();
            switch ((int) packet.transactionId & 3) {
                case 0 -> to.send(packet.transactionId, true, packet.payload, 0, packet.length);
                case 1 -> {
                    int[] ranges = {16, 32, 48, 64};
                    to.sendTransferPages(
                            packet.transactionId, true, 0xCAFE, ranges, 2, packet.payload, 0, packet.length / 2);
                }
                case 2 -> to.flush();
                default -> {}
            }
            if (packet.completionRequested) {
                to.complete(packet.transactionId, packet.payload, 0, packet.length);
            }
        }

        private void interfere() {
            if (meanwhile != null && meanwhile.more() && meanwhile.once(4)) {
                scribble(meanwhile);
            }
        }

        /// Writes into a control page or the data area.
        private void scribble(Choices choices) {
            GuestPages ring = choices.flag() ? guest.toHost() : guest.toGuest();
            if (choices.once(4)) {
                byte[] bytes = choices.some(64);
                int at = choices.below(DATA_SIZE / 8) * 8;
                ring.write(GuestMemory.PAGE_SIZE + at, bytes, 0, Math.min(bytes.length, DATA_SIZE - at));
            } else {
                int field = FIELDS[choices.below(FIELDS.length)];
                int value = choices.flag() ? choices.word() : 8 * choices.below(DATA_SIZE / 8);
                ring.writeRelease(field, value);
            }
        }

        /// Writes only where its own index says that the ring is.
        private boolean canWrite() {
            int write = guest.toHost().readAcquire(RingLayout.WRITE_INDEX);
            return write >= 0 && write < DATA_SIZE;
        }

        private static void check(Packet packet) {
            assertThat(packet.length).isBetween(0, DATA_SIZE);
            assertThat(packet.payload.length).isBetween(packet.length, 2 * DATA_SIZE);
            assertThat(packet.pfns.length).isLessThanOrEqualTo(2 * DATA_SIZE / 8);
            assertThat(packet.ranges).isBetween(0, packet.rangeLength.length);
            assertThat(packet.rangeLength.length).isLessThanOrEqualTo(DATA_SIZE / 8);
            int pfn = 0;
            for (int range = 0; range < packet.ranges; range++) {
                long bytes = (long) packet.rangeOffset[range] + packet.rangeLength[range];
                assertThat(packet.rangeFirstPfn[range]).isEqualTo(pfn);
                assertThat(packet.rangeOffset[range]).isBetween(0, GuestMemory.PAGE_SIZE - 1);
                assertThat(packet.rangeLength[range]).isGreaterThanOrEqualTo(0);
                pfn += (int) ((bytes + GuestMemory.PAGE_SIZE - 1) >>> GuestMemory.PAGE_SHIFT);
            }
            assertThat(pfn).isLessThanOrEqualTo(packet.pfns.length);
        }

        @Override
        public void closed() {}

        @Override
        public void signalGuest() {}

        @Override
        public @Nullable GuestBuffer buffer(int gpadl) {
            return null;
        }

        @Override
        public int targetProcessor() {
            return 0;
        }

        @Override
        public void wake() {}

        @Override
        public int offerSubchannels(int count) {
            return 0;
        }

        @Override
        public void broken(String why) {
            brokenTimes++;
        }
    }

    private static void check(byte[] script) {
        Choices choices = new Choices(script);
        GuestRam ram = new GuestRam(64, 0);
        Pair other = new Pair(ram, null);
        other.open();
        Pair pair = new Pair(ram, choices);
        while (choices.once(6)) {
            pair.scribble(choices);
        }
        pair.open();

        while (choices.more()) {
            act(pair, choices);
        }

        pair.settle();
        assertThat(pair.brokenTimes).isLessThanOrEqualTo(1);
        if (pair.brokenTimes == 1) {
            int before = pair.packets;
            if (pair.canWrite()) {
                pair.guest.sendRaw(new byte[64]);
            }
            pair.settle();
            assertThat(pair.packets).isEqualTo(before);
            assertThat(pair.channel().send(1, false, new byte[8], 0, 8)).isFalse();
        }
        assertEchoes(other);
    }

    private static void act(Pair pair, Choices choices) {
        GuestRings guest = pair.guest;
        int action = choices.below(8);
        if (!pair.canWrite()) {
            pair.scribble(choices);
            pair.settle();
            return;
        }
        switch (action) {
            case 0 -> pair.scribble(choices);
            case 1 -> guest.sendRaw(choices.some(256));
            case 2 -> {
                long first = 8 + choices.below(8);
                GpaRange range = new GpaRange(choices.word(), choices.word() & 0xFFF, first, first + 1, choices.wide());
                guest.send(Packet.GPA_DIRECT, true, choices.octet(), GuestRings.gpaRanges(range), choices.some(32));
            }
            case 3 -> guest.send(choices.below(16), choices.flag(), choices.octet(), choices.some(32), new byte[16]);
            case 4 -> guest.waitForRoom(choices.word());
            case 5 ->
                guest.toGuest()
                        .writeRelease(RingLayout.READ_INDEX, guest.toGuest().readAcquire(RingLayout.WRITE_INDEX));
            case 6 -> guest.send(Packet.IN_BAND, true, choices.octet(), new byte[0], new byte[choices.below(4000)]);
            default -> pair.settle();
        }
    }

    private static void assertEchoes(Pair pair) {
        assertThat(pair.guest.send(Packet.IN_BAND, true, 7, new byte[0], new byte[] {1, 2, 3}))
                .isTrue();
        pair.settle();
        GuestPacket answer = pair.guest.receive();
        assertThat(answer).isNotNull();
        assertThat(answer.type()).isEqualTo(Packet.COMPLETION);
        assertThat(answer.payload()).startsWith(1, 2, 3);
        assertThat(pair.brokenTimes).isZero();
    }

    @FuzzTest(maxDuration = "2m")
    void noGuestBreaksMoreThanItsRing(byte[] script) {
        check(script);
    }

    @Test
    void noRandomGuestBreaksMoreThanItsRing() {
        Samples.check(1000, random -> {
            byte[] script = new byte[random.nextInt(600)];
            random.nextBytes(script);
            check(script);
        });
    }
}
