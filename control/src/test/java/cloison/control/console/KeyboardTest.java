package cloison.control.console;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.control.host.RunningGuest;
import cloison.vm.run.GuestFacts;
import cloison.vm.run.Outcome;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class KeyboardTest {
    private final CountDownLatch done = new CountDownLatch(1);
    private final CountDownLatch left = new CountDownLatch(1);

    @Test
    void theLeavingKeyOfATerminalIsNotTyped() throws InterruptedException {
        SlowGuest guest = new SlowGuest(7);

        keyboard("ls\r\u001dmore", guest, true).start();
        done.await();
        left.await();

        assertThat(guest.text()).isEqualTo("ls\rmore");
    }

    @Test
    void theLeavingKeyIsSeenThoughTheGuestReadsNothing() throws InterruptedException {
        SlowGuest guest = new SlowGuest(0);

        keyboard("x".repeat(100_000) + "\u001d", guest, true).start();
        left.await();

        assertThat(guest.text()).isEmpty();
    }

    @Test
    void aPipeHasNoLeavingKey() throws InterruptedException {
        SlowGuest guest = new SlowGuest(6);

        keyboard("a\u001dbcde", guest, false).start();
        done.await();

        assertThat(guest.text()).isEqualTo("a\u001dbcde");
    }

    private Keyboard keyboard(String typed, SlowGuest guest, boolean terminal) {
        byte[] bytes = typed.getBytes(StandardCharsets.UTF_8);
        return new Keyboard(new ByteArrayInputStream(bytes), guest, terminal, left::countDown);
    }

    /// A guest that takes one byte at a time, and only every second time, until it has had enough.
    private final class SlowGuest implements RunningGuest {
        private final ByteArrayOutputStream typed = new ByteArrayOutputStream();
        private final int enough;
        private int asked;

        SlowGuest(int enough) {
            this.enough = enough;
        }

        String text() {
            return typed.toString(StandardCharsets.UTF_8);
        }

        @Override
        public int type(byte[] from, int at, int length) {
            if (asked++ % 2 == 0 || typed.size() == enough) {
                return 0;
            }
            typed.write(from, at, 1);
            if (typed.size() == enough) {
                done.countDown();
            }
            return 1;
        }

        @Override
        public String name() {
            return "guest";
        }

        @Override
        public void start() {}

        @Override
        public String shutDown() {
            return "nobody listens";
        }

        @Override
        public void stop() {}

        @Override
        public Outcome await() {
            return new Outcome.Stopped();
        }

        @Override
        public GuestFacts facts() {
            return new GuestFacts(null, 0, 0, List.of());
        }
    }
}
