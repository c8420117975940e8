package cloison.control.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ConsoleOutputTest {
    @Test
    void everyByteArrivesInOrder() {
        ByteArrayOutputStream arrived = new ByteArrayOutputStream();
        ConsoleOutput output = new ConsoleOutput("guest", (from, length) -> arrived.write(from, 0, length));
        byte[] sent = new byte[300_000];
        for (int i = 0; i < sent.length; i++) {
            sent[i] = (byte) (i * 31);
            while (!output.test(sent[i] & 0xff)) {
                Thread.onSpinWait();
            }
        }

        output.close();

        assertThat(arrived.toByteArray()).isEqualTo(sent);
    }

    @Test
    void aReaderThatStandsStillMakesTheGuestWaitAndLosesNothing() throws InterruptedException {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch mayRead = new CountDownLatch(1);
        ByteArrayOutputStream arrived = new ByteArrayOutputStream();
        ConsoleOutput output = new ConsoleOutput("guest", (from, length) -> {
            reading.countDown();
            awaitQuietly(mayRead);
            arrived.write(from, 0, length);
        });
        output.test('x');
        reading.await();

        int taken = 1;
        while (output.test('x')) {
            taken++;
        }
        mayRead.countDown();
        output.close();

        assertThat(arrived.size()).isEqualTo(taken);
    }

    @Test
    void closingTwiceIsHarmless() {
        ConsoleOutput output = new ConsoleOutput("guest", (_, _) -> {});

        output.close();
        output.close();

        assertThat(output.test('x')).isTrue();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void textIsNotChanged() {
        ByteArrayOutputStream arrived = new ByteArrayOutputStream();
        ConsoleOutput output = new ConsoleOutput("guest", (from, length) -> arrived.write(from, 0, length));
        for (byte one : "grüß\r\n".getBytes(StandardCharsets.UTF_8)) {
            output.test(one & 0xff);
        }
        output.close();

        assertThat(arrived.toString(StandardCharsets.UTF_8)).isEqualTo("grüß\r\n");
    }
}
