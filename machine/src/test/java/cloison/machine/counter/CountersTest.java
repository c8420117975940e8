package cloison.machine.counter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class CountersTest {
    private enum Fruit implements Counter {
        APPLES("apples seen"),
        PEARS("pears seen");

        private final String sentence;

        Fruit(String sentence) {
            this.sentence = sentence;
        }

        @Override
        public String sentence() {
            return sentence;
        }
    }

    @Test
    void eachCounterHasAValueOfItsOwn() {
        Counters<Fruit> counters = new Counters<>(Fruit.class);

        counters.increment(Fruit.PEARS);
        counters.add(Fruit.PEARS, 41);

        assertThat(counters.value(Fruit.PEARS)).isEqualTo(42);
        assertThat(counters.values()).isEqualTo(Map.of(Fruit.APPLES, 0L, Fruit.PEARS, 42L));
    }

    @Test
    void countsFromManyThreadsAreAllKept() throws InterruptedException {
        Counters<Fruit> counters = new Counters<>(Fruit.class);
        Thread[] threads = new Thread[4];

        for (int i = 0; i < threads.length; i++) {
            threads[i] = Thread.ofPlatform().start(() -> {
                for (int n = 0; n < 10_000; n++) {
                    counters.increment(Fruit.APPLES);
                }
            });
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(counters.value(Fruit.APPLES)).isEqualTo(40_000);
    }
}
