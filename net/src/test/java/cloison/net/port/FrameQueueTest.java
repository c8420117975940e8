package cloison.net.port;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.agent.Doorbell;
import cloison.net.Frames;
import cloison.net.frame.Frame;
import cloison.net.frame.FramePool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FrameQueueTest {
    private final FramePool pool = new FramePool(64, 64);
    private final FrameQueue queue = new FrameQueue(4);
    private final AtomicInteger wakes = new AtomicInteger();

    private FrameSink.Outcome offer() {
        Frame frame = Frames.frame(pool, Frames.bytes(Frames.B, Frames.A, 64, 0));
        FrameSink.Outcome outcome = queue.accept(frame, Frame.UNTAGGED);
        if (outcome != FrameSink.Outcome.TAKEN) {
            frame.release();
        }
        return outcome;
    }

    @Test
    void aClosedQueueTakesNothing() {
        assertThat(offer()).isEqualTo(FrameSink.Outcome.CLOSED);
        assertThat(pool.lent()).isZero();
    }

    @Test
    void aQueueTakesAsManyAsItHasPlaces() {
        queue.open(wakes::incrementAndGet);
        for (int i = 0; i < 4; i++) {
            assertThat(offer()).isEqualTo(FrameSink.Outcome.TAKEN);
        }

        assertThat(offer()).isEqualTo(FrameSink.Outcome.FULL);
        queue.poll().release();
        assertThat(offer()).isEqualTo(FrameSink.Outcome.TAKEN);
    }

    @Test
    void onlyAnIdleReceiverIsWokenAndOnlyOnce() {
        queue.open(wakes::incrementAndGet);
        offer();
        assertThat(wakes).hasValue(0);
        assertThat(queue.idle()).isFalse();

        queue.poll().release();
        assertThat(queue.idle()).isTrue();
        offer();
        offer();

        assertThat(wakes).hasValue(1);
    }

    @Test
    void closingReleasesWhatWaits() {
        queue.open(wakes::incrementAndGet);
        offer();
        offer();

        queue.close();

        assertThat(pool.lent()).isZero();
        assertThat(queue.discarded()).isEqualTo(2);
        assertThat(queue.poll()).isNull();
    }

    @Test
    void everyFrameOfManySendersArrivesWhileTheReceiverSleepsAndWakes() throws InterruptedException {
        FrameQueue shared = new FrameQueue(16);
        Doorbell doorbell = new Doorbell();
        int senders = 3;
        int each = 20_000;
        AtomicLong taken = new AtomicLong();
        FramePool[] pools = new FramePool[senders];
        Thread[] threads = new Thread[senders];
        shared.open(doorbell::ring);
        for (int i = 0; i < senders; i++) {
            FramePool own = new FramePool(64, 64);
            pools[i] = own;
            threads[i] = Thread.ofPlatform().start(() -> {
                for (int n = 0; n < each; n++) {
                    Frame frame = own.take();
                    if (frame == null || shared.accept(frame, Frame.UNTAGGED) != FrameSink.Outcome.TAKEN) {
                        if (frame != null) {
                            frame.release();
                        }
                        n--;
                        Thread.onSpinWait();
                    } else {
                        taken.incrementAndGet();
                    }
                }
            });
        }

        long received = 0;
        while (received < (long) senders * each) {
            Frame frame = shared.poll();
            if (frame != null) {
                frame.release();
                received++;
            } else if (shared.idle()) {
                doorbell.await(Long.MAX_VALUE);
            }
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(taken).hasValue(received);
        for (FramePool own : pools) {
            assertThat(own.lent()).isZero();
        }
    }

    @Test
    void noFrameStaysBehindWhenTheReceiverClosesWhileSendersSend() throws InterruptedException {
        FrameQueue shared = new FrameQueue(8);
        FramePool own = new FramePool(64, 64);
        Thread sender = Thread.ofPlatform().start(() -> {
            for (int n = 0; n < 50_000; n++) {
                Frame frame = own.take();
                if (frame != null && shared.accept(frame, Frame.UNTAGGED) != FrameSink.Outcome.TAKEN) {
                    frame.release();
                }
            }
        });

        while (sender.isAlive()) {
            shared.open(() -> {});
            Frame frame = shared.poll();
            if (frame != null) {
                frame.release();
            }
            shared.close();
        }
        sender.join();

        assertThat(own.lent()).isZero();
    }
}
