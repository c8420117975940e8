package cloison.hyperv.vmbus.server;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.HypervisorConfig;
import cloison.hyperv.TestPartition;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.vmbus.BusyDevice;
import cloison.hyperv.vmbus.EchoDevice;
import cloison.hyperv.vmbus.GuestBus;
import cloison.hyperv.vmbus.GuestMessages;
import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestRings;
import cloison.hyperv.vmbus.Offer;
import cloison.hyperv.vmbus.Packet;
import cloison.hyperv.vmbus.protocol.HostMessage;
import cloison.hyperv.vmbus.ring.RingLayout;
import cloison.machine.agent.Threading;
import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.GuestPages;
import cloison.machine.wire.Wire;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A bus and channels on threads of their own, whose guest closes, tears down, unloads and makes contact again, and
/// whose host withdraws, while another of the guest's processors keeps the rings busy: every request is answered,
/// and once it is, the host touches nothing of what it gave back.
@Timeout(120)
final class VmbusThreadsTest {
    private static final int ITERATIONS = 50;
    private static final int RING_PAGES = 4;
    private static final int BUFFER_PAGES = 2;
    private static final byte SENTINEL = (byte) 0xA5;

    private final TestPartition partition = new TestPartition(
            2, 256, HypervisorConfig.standard().with(new VmbusLimits(16, 64, 1000, 64, 16)), Threading.DEDICATED);
    private final GuestBus guest = new GuestBus(partition, 0);
    private final BusyDevice busy = new BusyDevice("busy", 1);
    private final EchoDevice steady = new EchoDevice("steady", 2);
    private final long ringPages = partition.ram().allocate(2 * RING_PAGES);
    private final long bufferPages = partition.ram().allocate(BUFFER_PAGES);
    private GuestBus.@Nullable GuestChannel steadyChannel;

    /// The guest's other processor: sends what keeps the device busy, and takes what comes back.
    private final class Traffic implements AutoCloseable {
        private final GuestRings rings;
        private final int relid;
        private final Random random;
        private final Thread thread;
        private volatile int buffer;
        private volatile boolean stopped;

        private Traffic(int relid, long seed) {
            this.relid = relid;
            random = new Random(seed);
            rings = GuestRings.attached(partition.ram().pages(ringPages, 2 * RING_PAGES), RING_PAGES);
            thread = Thread.ofPlatform().daemon().name("guest/vp-1").start(this::run);
        }

        private void run() {
            while (!stopped) {
                byte[] payload = new byte[8 + random.nextInt(400)];
                payload[0] = (byte) random.nextInt(4);
                payload[1] = (byte) random.nextInt(3);
                Wire.put32(payload, 4, buffer);
                rings.send(Packet.IN_BAND, random.nextBoolean(), 1, new byte[0], payload);
                if (rings.takeSignal() || random.nextInt(8) == 0) {
                    partition.signalEvent(1, 0x2000 + relid, 0);
                }
                if (random.nextInt(4) == 0) {
                    GuestPages toGuest = rings.toGuest();
                    toGuest.writeRelease(RingLayout.READ_INDEX, toGuest.readAcquire(RingLayout.WRITE_INDEX));
                    partition.signalEvent(1, 0x2000 + relid, 0);
                }
            }
        }

        @Override
        public void close() {
            stopped = true;
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void connect() {
        guest.offers().clear();
        guest.connect();
        steadyChannel = guest.open(offer(steady.offer()), 3);
        partition.ram().release(6);
    }

    private HostMessage.OfferChannel offer(Offer of) {
        return guest.offer(of, 0);
    }

    private void fill(long first, int count) {
        byte[] page = new byte[GuestMemory.PAGE_SIZE];
        Arrays.fill(page, SENTINEL);
        for (int i = 0; i < count; i++) {
            partition.ram().write(first + i << GuestMemory.PAGE_SHIFT, page);
        }
    }

    private void assertUntouched(long first, int count) {
        for (int i = 0; i < count; i++) {
            assertThat(partition.ram().read(first + i << GuestMemory.PAGE_SHIFT, GuestMemory.PAGE_SIZE))
                    .containsOnly(SENTINEL);
        }
    }

    private void assertSteadyEchoes() {
        GuestBus.GuestChannel channel = steadyChannel;
        assertThat(channel).isNotNull();
        assertThat(channel.send(7, true, new byte[] {1, 2, 3})).isTrue();
        GuestPacket answer = channel.receive();
        while (answer == null) {
            partition.apic(0).await();
            guest.run();
            answer = channel.receive();
        }
        assertThat(answer.payload()).startsWith(1, 2, 3);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void whatIsGivenBackIsNotTouchedAnyMore(long seed) {
        Random random = new Random(seed);
        guest.vmbus().offer(busy);
        guest.vmbus().offer(steady);
        connect();
        for (int i = 0; i < ITERATIONS; i++) {
            iterate(random);
            assertSteadyEchoes();
            assertThat(guest.vmbus().status().channels().size()).isLessThanOrEqualTo(16);
            assertUntouched(ringPages, 2 * RING_PAGES);
            assertUntouched(bufferPages, BUFFER_PAGES);
        }

        guest.unload();
        partition.hypervisor().close();

        assertThat(partition.failures()).isEmpty();
        assertThat(busy.running()).isZero();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("test/"));
    }

    /// Opens the busy channel, uses it, and ends it in one of the ways there are.
    private void iterate(Random random) {
        int relid = offer(busy.offer()).relid();
        new GuestRings(partition.ram().pages(ringPages, 2 * RING_PAGES), RING_PAGES);
        int rings = guest.share(relid, ringPages, 2 * RING_PAGES);
        guest.post(GuestMessages.openChannel(relid, relid, rings, 0, RING_PAGES));
        assertThat(guest.takeOne(HostMessage.OpenChannelResult.class).status()).isZero();
        List<Integer> buffers = new ArrayList<>();
        boolean connected;
        try (Traffic traffic = new Traffic(relid, random.nextLong())) {
            for (int shares = random.nextInt(4); shares > 0; shares--) {
                traffic.buffer = guest.share(relid, bufferPages, BUFFER_PAGES);
                buffers.add(traffic.buffer);
                pause(random);
                if (random.nextBoolean()) {
                    guest.unshare(relid, buffers.removeLast());
                    if (buffers.isEmpty()) {
                        fill(bufferPages, BUFFER_PAGES);
                        pause(random);
                        assertUntouched(bufferPages, BUFFER_PAGES);
                    }
                }
            }
            pause(random);
            connected = end(random, relid, rings, buffers);
        }
        fill(ringPages, 2 * RING_PAGES);
        fill(bufferPages, BUFFER_PAGES);
        guest.run();
        releaseWithdrawn();
        if (!connected) {
            connect();
        }
        while (!offered()) {
            partition.apic(0).await();
            guest.run();
        }
    }

    private static void pause(Random random) {
        for (int i = random.nextInt(300); i > 0; i--) {
            Thread.yield();
        }
    }

    /// {@return whether the guest is still connected}
    private boolean end(Random random, int relid, int rings, List<Integer> buffers) {
        switch (random.nextInt(5)) {
            case 0 -> {
                guest.post(GuestMessages.closeChannel(relid));
                guest.unshare(relid, rings);
                buffers.forEach(gpadl -> guest.unshare(relid, gpadl));
            }
            case 1 -> {
                guest.unshare(relid, rings);
                buffers.forEach(gpadl -> guest.unshare(relid, gpadl));
            }
            case 2 -> {
                guest.unload();
                return false;
            }
            case 3 -> connect();
            default -> {
                guest.vmbus().withdraw(busy);
                while (offered()) {
                    partition.apic(0).await();
                    guest.run();
                }
                guest.vmbus().offer(busy);
            }
        }
        return true;
    }

    private boolean offered() {
        return guest.offers().stream()
                .anyMatch(offer -> offer.instance().equals(busy.offer().instance()) && offer.subchannel() == 0);
    }

    /// Releases the subchannels that went with their primary.
    private void releaseWithdrawn() {
        for (HostMessage.RescindChannelOffer rescind : guest.take(HostMessage.RescindChannelOffer.class)) {
            guest.post(GuestMessages.relidReleased(rescind.relid()));
        }
    }

    /// A device that greets wakes a guest, which may answer before the bus has done with the open.
    @Test
    void aGuestMaySignalAChannelAsSoonAsItsAgentRuns() {
        AtomicReference<TestPartition> made = new AtomicReference<>();
        List<Integer> statuses = Collections.synchronizedList(new ArrayList<>());
        Threading early = (agent, doorbell, failed) -> {
            Threading.Running running = Threading.DEDICATED.start(agent, doorbell, failed);
            if (agent.role().endsWith("/echo")) {
                statuses.add(made.get().signalEvent(1, VmbusServer.connectionOf(1), 0));
            }
            return running;
        };
        TestPartition slow = new TestPartition(2, 256, HypervisorConfig.standard(), early);
        made.set(slow);
        EchoDevice echo = new EchoDevice("echo", 1);
        slow.hypervisor().vmbus().offer(echo);
        GuestBus opening = new GuestBus(slow, 0);
        opening.connect();
        opening.open(opening.offer(echo.offer(), 0), 4);

        assertThat(statuses).containsExactly(HvStatus.SUCCESS);
        slow.hypervisor().close();
    }
}
