package cloison.hyperv.vmbus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.Channel.GuestBuffer;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.GuestRings;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.agent.Agent;
import cloison.machine.agent.Doorbell;
import cloison.machine.agent.Threading;
import cloison.machine.memory.GuestPages;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Both sides of a channel's rings on threads of their own, in the same memory, each waking the other by the rules
/// of the rings and by nothing else: all packets arrive, whole and in order, and nobody sleeps through a wake-up.
///
/// A wake-up that is lost is a standstill, which the time-out ends.
@Timeout(60)
final class RingThreadsTest {
    private static final int PACKETS = 60_000;
    private static final int SAYINGS = 15_000;

    /// A device that sends back every packet, waits where there is no room, and speaks by itself when somebody
    /// outside wants it to.
    private static final class Host implements ChannelTask, ChannelPort {
        private final RingChannel channel;
        private final Random random;
        private final Doorbell doorbell = new Doorbell();
        private final Doorbell[] guest;
        private final AtomicInteger toSay = new AtomicInteger();
        private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        private @Nullable Packet waiting;
        private int received;
        private int said;

        private Host(GuestPages pages, int ringPages, Random random, Doorbell... guest) {
            channel = new RingChannel(pages, ringPages, 0, new byte[120], this);
            this.random = random;
            this.guest = guest;
        }

        private Threading.Running start() {
            Agent agent = new Agent() {
                @Override
                public int turn() {
                    return channel.turn(Host.this);
                }

                @Override
                public String role() {
                    return "rings/host";
                }

                @Override
                public long dueInNanos() {
                    return channel.dueInNanos(Host.this);
                }
            };
            return Threading.DEDICATED.start(agent, doorbell, failures::add);
        }

        @Override
        public int turn() {
            int work = 0;
            int most = 1 + random.nextInt(40);
            while (work < most && echo()) {
                work++;
            }
            while (said < toSay.get() && channel.send(said, false, payload(said, 20), 0, 20)) {
                said++;
                work++;
            }
            return work;
        }

        private boolean echo() {
            Packet packet = waiting;
            if (packet == null) {
                packet = channel.receive();
                if (packet == null) {
                    return false;
                }
                assertThat(packet.transactionId).isEqualTo(received++);
                check(packet.payload, packet.length, packet.transactionId);
            }
            boolean room = channel.complete(packet.transactionId, packet.payload, 0, packet.length);
            waiting = room ? null : packet;
            return room;
        }

        @Override
        public void closed() {}

        @Override
        public void signalGuest() {
            for (Doorbell waiter : guest) {
                waiter.ring();
            }
        }

        @Override
        public @Nullable GuestBuffer buffer(int gpadl) {
            return null;
        }

        @Override
        public int targetProcessor() {
            return 0;
        }

        @Override
        public void wake() {
            doorbell.ring();
        }

        @Override
        public int offerSubchannels(int count) {
            return 0;
        }

        @Override
        public void broken(String why) {
            failures.add(new AssertionError(why));
        }
    }

    private static byte[] payload(long transactionId, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (transactionId * 31 + i);
        }
        return bytes;
    }

    private static void check(byte[] payload, int length, long transactionId) {
        for (int i = 0; i < length; i++) {
            if (i < length - 7 && payload[i] != (byte) (transactionId * 31 + i)) {
                throw new AssertionError("packet %d is wrong at %d".formatted(transactionId, i));
            }
        }
    }

    /// A guest with a thread that writes and a thread that reads, which share the signals of their host.
    private static final class Guest {
        private final GuestRings rings;
        private final Doorbell[] doorbells;
        private final Host host;
        private final int largest;
        private final boolean masks;

        private Guest(GuestRings rings, Doorbell[] doorbells, Host host, int largest, boolean masks) {
            this.rings = rings;
            this.doorbells = doorbells;
            this.host = host;
            this.largest = largest;
            this.masks = masks;
        }

        private void signalIfDue() {
            if (rings.takeSignal()) {
                host.doorbell.ring();
            }
        }

        private void write(Random random) {
            for (int i = 0; i < PACKETS; i++) {
                int length = random.nextInt(largest + 1);
                int size = RingLayout.DESCRIPTOR_SIZE + RingLayout.padded(length) + RingLayout.TRAILER_SIZE;
                boolean waited = false;
                while (!rings.send(Packet.IN_BAND, true, i, new byte[0], payload(i, length))) {
                    rings.waitForRoom(size);
                    waited = true;
                    if (rings.freeInToHost() <= size) {
                        doorbells[0].await(Long.MAX_VALUE);
                    }
                }
                if (waited) {
                    rings.waitForRoom(0);
                }
                signalIfDue();
            }
        }

        private void read() {
            int completions = 0;
            int sayings = 0;
            while (completions < PACKETS || sayings < SAYINGS) {
                GuestPacket packet = rings.receive();
                signalIfDue();
                if (packet == null) {
                    rings.mask(false);
                    if (rings.readable()) {
                        continue;
                    }
                    doorbells[1].await(Long.MAX_VALUE);
                    rings.mask(masks);
                } else if (packet.type() == Packet.COMPLETION) {
                    assertThat(packet.transactionId()).isEqualTo(completions++);
                    check(packet.payload(), packet.payload().length, packet.transactionId());
                } else {
                    assertThat(packet.transactionId()).isEqualTo(sayings++);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 2, 100, true, true",
        "2, 2, 100, false, true",
        "3, 2, 1500, true, true",
        "4, 2, 1500, false, true",
        "5, 17, 4000, true, true",
        "6, 3, 0, false, true",
        "7, 2, 1500, true, false",
    })
    void nobodySleepsThroughAWakeUp(long seed, int ringPages, int largest, boolean masks, boolean honoursPending) {
        GuestRam ram = new GuestRam(64, 0);
        GuestPages pages = ram.pages(ram.allocate(2 * ringPages), 2 * ringPages);
        GuestRings rings = new GuestRings(pages, ringPages);
        if (!honoursPending) {
            rings.toGuest().writeRelease(RingLayout.FEATURE_BITS, 0);
        }
        Random random = new Random(seed);
        Doorbell[] doorbells = {new Doorbell(), new Doorbell()};
        Host host = new Host(pages, ringPages, new Random(random.nextLong()), doorbells);
        Guest guest = new Guest(rings, doorbells, host, largest, masks);
        List<Thread> threads = new ArrayList<>();

        try (Threading.Running _ = host.start()) {
            Random writing = new Random(random.nextLong());
            Thread test = Thread.currentThread();
            threads.add(start(host, test, () -> guest.write(writing)));
            threads.add(start(host, test, guest::read));
            for (int i = 0; i < SAYINGS; i++) {
                host.toSay.incrementAndGet();
                host.wake();
                Thread.yield();
            }
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException standstill) {
            host.failures.add(standstill);
        }

        assertThat(host.failures).isEmpty();
        assertThat(host.received).isEqualTo(PACKETS);
        assertThat(host.said).isEqualTo(SAYINGS);
        assertThat(rings.readable()).isFalse();
    }

    private static Thread start(Host host, Thread test, Runnable work) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                work.run();
            } catch (RuntimeException | AssertionError broken) {
                host.failures.add(broken);
                test.interrupt();
            }
        });
    }
}
