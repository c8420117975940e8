package cloison.net.vswitch;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.StepClock;
import cloison.net.Frames;
import cloison.net.frame.Frame;
import cloison.net.frame.FramePool;
import cloison.net.frame.MacAddress;
import cloison.net.port.FrameQueue;
import cloison.net.port.PortCounter;
import cloison.net.port.PortType;
import cloison.net.port.SwitchPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;

/// Many senders at once while ports come and go: nothing is lost, nothing leaks, every count adds up.
class SwitchTrafficTest {
    private static final int GUESTS = 3;
    private static final int FRAMES = 15_000;

    /// One adapter with its thread: sends, receives, and now and then reconnects.
    private static final class Guest implements Runnable {
        private final VirtualSwitch lan;
        private final CyclicBarrier start;
        private final Random random;
        private final int number;
        private final FramePool pool = new FramePool(128, 256);
        private final FrameQueue queue = new FrameQueue(64);
        private final List<SwitchPort> ports = new ArrayList<>();
        private SwitchPort port;
        private long received;
        private long sent;

        Guest(VirtualSwitch lan, int number, CyclicBarrier start) {
            this.lan = lan;
            this.start = start;
            this.number = number;
            random = new Random(number);
            port = connect();
            queue.open(() -> {});
        }

        private SwitchPort connect() {
            SwitchPort connected = lan.connect("guest" + number, PortType.SYNTHETIC, queue);
            ports.add(connected);
            return connected;
        }

        /// {@return the sum of a counter over all ports that this adapter ever had}
        private long sum(PortCounter counter) {
            return ports.stream()
                    .mapToLong(each -> each.counters().value(counter))
                    .sum();
        }

        @Override
        public void run() {
            try {
                start.await();
            } catch (InterruptedException | BrokenBarrierException broken) {
                throw new IllegalStateException(broken);
            }
            for (int i = 0; i < FRAMES; i++) {
                if (random.nextInt(1000) == 0) {
                    port.disconnect();
                    port = connect();
                }
                Frame frame = pool.take();
                if (frame != null) {
                    byte[] bytes = Frames.bytes(address(random.nextInt(GUESTS + 1)), address(number), 64, i);
                    System.arraycopy(bytes, 0, frame.bytes(), 0, 64);
                    frame.length(64);
                    port.send(frame);
                    sent++;
                }
                drain();
            }
        }

        private void drain() {
            for (Frame frame = queue.poll(); frame != null; frame = queue.poll()) {
                assertThat(frame.length()).isEqualTo(64);
                frame.release();
                received++;
            }
        }

        private static MacAddress address(int number) {
            return number == GUESTS ? MacAddress.BROADCAST : new MacAddress(0x0200_0000_0000L + number);
        }
    }

    @Test
    void portsComeAndGoWhileFramesFlow() throws InterruptedException {
        VirtualSwitch lan = new VirtualSwitch(
                new SwitchSettings("lan", SwitchType.PRIVATE, 64, 16, Duration.ofSeconds(300)), new StepClock());
        CyclicBarrier start = new CyclicBarrier(GUESTS);
        Guest[] guests = new Guest[GUESTS];
        Thread[] threads = new Thread[GUESTS];
        Throwable[] failed = new Throwable[GUESTS];
        for (int i = 0; i < GUESTS; i++) {
            guests[i] = new Guest(lan, i, start);
        }
        for (int i = 0; i < GUESTS; i++) {
            int number = i;
            threads[i] = Thread.ofPlatform()
                    .uncaughtExceptionHandler((thread, thrown) -> failed[number] = thrown)
                    .start(guests[i]);
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(failed).containsOnlyNulls();
        for (Guest guest : guests) {
            guest.drain();
            guest.queue.close();
            assertThat(guest.sum(PortCounter.FRAMES_IN)).isEqualTo(guest.sent);
            assertThat(guest.sum(PortCounter.FRAMES_OUT))
                    .isEqualTo(guest.received + guest.queue.discarded())
                    .isPositive();
        }
        for (Guest guest : guests) {
            assertThat(guest.pool.lent()).isZero();
            guest.port.disconnect();
        }
        assertThat(lan.addresses()).isEmpty();
        assertThat(lan.addressCount()).isZero();
    }
}
