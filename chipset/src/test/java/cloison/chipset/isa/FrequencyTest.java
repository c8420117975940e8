package cloison.chipset.isa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.machine.Samples;
import org.junit.jupiter.api.Test;

class FrequencyTest {
    private static final long DAY_NANOS = 86_400_000_000_000L;

    @Test
    void aDayHasExactlyItsTicks() {
        assertThat(new Frequency(3_579_545).ticks(DAY_NANOS)).isEqualTo(86_400L * 3_579_545);
    }

    @Test
    void theNanosecondOfATickIsTheFirstAtWhichItIsComplete() {
        Samples.check(500, random -> {
            Frequency rate = new Frequency(1 + random.nextLong(9_000_000_000L));
            long ticks = random.nextLong(1L << 1 + random.nextInt(40));

            long nanos = rate.nanos(ticks);

            if (nanos < Long.MAX_VALUE / 4) {
                assertThat(rate.ticks(nanos)).isGreaterThanOrEqualTo(ticks);
            }
            if (nanos > 0 && nanos < Long.MAX_VALUE / 4) {
                assertThat(rate.ticks(nanos - 1)).isLessThan(ticks);
            }
        });
    }

    @Test
    void deadlinesBeyondAllTimeSaturate() {
        assertThat(new Frequency(1).nanos(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE / 2);
    }

    @Test
    void aFrequencyThatWouldOverflowIsRefused() {
        assertThatThrownBy(() -> new Frequency(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Frequency(10_000_000_000L)).isInstanceOf(IllegalArgumentException.class);
    }
}
