package cloison.chipset.apic;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.chipset.Board;
import cloison.machine.processor.InterruptSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ApicStressTest {
    private static final int SENDERS = 3;
    private static final int ROUNDS = 20_000;

    /// Each sender asserts its vector, waits until it was taken, and asserts it again: one lost request would leave it
    /// waiting.
    @Test
    void noRequestFromAnotherThreadIsLost() throws InterruptedException {
        LocalApic apic = new Board(1).enableApics().apic(0);
        AtomicInteger[] taken = new AtomicInteger[SENDERS];
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < SENDERS; i++) {
            AtomicInteger mine = new AtomicInteger();
            taken[i] = mine;
            int vector = 0x40 + i;
            senders.add(Thread.ofPlatform().start(() -> {
                for (int round = 1; round <= ROUNDS; round++) {
                    apic.assertVector(vector);
                    while (mine.get() < round) {
                        Thread.onSpinWait();
                        Thread.yield();
                    }
                }
            }));
        }

        int total = 0;
        while (total < SENDERS * ROUNDS) {
            int vector = apic.acknowledge();
            if (vector == InterruptSource.NONE) {
                Thread.yield();
            } else {
                total++;
                apic.endOfInterrupt();
                taken[vector - 0x40].incrementAndGet();
            }
        }
        for (Thread sender : senders) {
            sender.join();
        }

        assertThat(taken).allMatch(count -> count.get() == ROUNDS);
        assertThat(apic.pending()).isFalse();
    }
}
