package cloison.net.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.ArrayBlockingQueue;
import org.junit.jupiter.api.Test;

class FramePoolTest {
    @Test
    void aPoolLendsUpToItsLimitAndLendsAgainWhatCameBack() {
        FramePool pool = new FramePool(64, 2);
        Frame first = pool.take();
        Frame second = pool.take();

        assertThat(pool.take()).isNull();
        assertThat(pool.lent()).isEqualTo(2);

        first.release();

        assertThat(pool.take()).isSameAs(first);
        second.release();
        first.release();
        assertThat(pool.lent()).isZero();
    }

    @Test
    void aFrameComesBackAfterItsLastReleaseOnly() {
        FramePool pool = new FramePool(64, 1);
        Frame frame = pool.take();
        frame.retain(2);

        frame.release();
        frame.release();
        assertThat(pool.take()).isNull();
        frame.release();

        assertThat(pool.take()).isSameAs(frame);
    }

    @Test
    void aFrameIsLentWithoutItsLastLife() {
        FramePool pool = new FramePool(64, 1);
        Frame frame = pool.take();
        frame.length(20);
        frame.tag(5);
        frame.checksum(4);
        frame.segmentation(9);
        frame.release();

        Frame again = pool.take();

        assertThat(again.length()).isZero();
        assertThat(again.tag()).isEqualTo(Frame.UNTAGGED);
        assertThat(again.checksum()).isZero();
        assertThat(again.segmentation()).isZero();
    }

    @Test
    void releasingTooOftenIsOurOwnBug() {
        Frame frame = new FramePool(64, 1).take();
        frame.release();

        assertThatThrownBy(frame::release).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> frame.retain(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void framesReleasedByManyThreadsAllComeBack() throws InterruptedException {
        FramePool pool = new FramePool(64, 64);
        ArrayBlockingQueue<Frame> inFlight = new ArrayBlockingQueue<>(64);
        Thread[] releasers = new Thread[3];
        for (int i = 0; i < releasers.length; i++) {
            releasers[i] = Thread.ofPlatform().start(() -> {
                try {
                    for (Frame frame = inFlight.take(); frame.length() > 0; frame = inFlight.take()) {
                        frame.release();
                    }
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
            });
        }

        int sent = 0;
        while (sent < 20_000) {
            Frame frame = pool.take();
            if (frame != null) {
                frame.length(14);
                frame.retain(1);
                inFlight.put(frame);
                frame.release();
                sent++;
            } else {
                Thread.onSpinWait();
            }
        }
        for (int i = 0; i < releasers.length; i++) {
            inFlight.put(new FramePool(14, 1).take());
        }
        for (Thread releaser : releasers) {
            releaser.join();
        }

        assertThat(pool.lent()).isZero();
    }
}
