package cloison.hyperv.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.machine.Samples;
import cloison.machine.StepClock;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReferenceTimeTest {
    private final StepClock clock = new StepClock();

    @Test
    void theUsualCounterCountsNanoseconds() {
        ReferenceTime time = new ReferenceTime(clock, ReferenceTime.NANOSECOND_TSC);
        clock.advance(123_456_789_012L);

        assertThat(time.tsc()).isEqualTo(123_456_789_012L);
        assertThat(time.now()).isBetween(1_234_567_889L, 1_234_567_890L);
    }

    @ParameterizedTest
    @ValueSource(longs = {10_000_001L, 1_000_000_000L, 2_399_999_999L, 3_000_000_000L, 8_000_000_000L})
    void theScaleIsTheQuotientRoundedDown(long hz) {
        BigInteger scale = BigInteger.valueOf(10_000_000).shiftLeft(64).divide(BigInteger.valueOf(hz));

        assertThat(new ReferenceTime(clock, hz).scale()).isEqualTo(scale.longValue());
    }

    @Test
    void timeIsWhatAGuestComputesFromCounterAndScale() {
        Samples.check(200, random -> {
            StepClock own = new StepClock();
            ReferenceTime time = new ReferenceTime(own, 10_000_001L + random.nextLong(8_000_000_000L));
            own.advance(random.nextLong(1L << 55));
            BigInteger product =
                    BigInteger.valueOf(time.tsc()).multiply(new BigInteger(Long.toUnsignedString(time.scale())));

            assertThat(time.now()).isEqualTo(product.shiftRight(64).longValue());
        });
    }

    @Test
    void theCounterIsTheClockTimesTheFrequencyRoundedDown() {
        Samples.check(200, random -> {
            StepClock own = new StepClock();
            long hz = 10_000_001L + random.nextLong(8_000_000_000L);
            ReferenceTime time = new ReferenceTime(own, hz);
            own.advance(random.nextLong(1L << 55));
            BigInteger ticks = BigInteger.valueOf(own.nanos())
                    .multiply(BigInteger.valueOf(hz))
                    .divide(BigInteger.valueOf(1_000_000_000));

            assertThat(time.tsc()).isEqualTo(ticks.longValue());
        });
    }

    @Test
    void aMomentIsTheFirstNanosecondOfItsTime() {
        Samples.check(500, random -> {
            StepClock own = new StepClock();
            long hz =
                    random.nextBoolean() ? ReferenceTime.NANOSECOND_TSC : 10_000_001L + random.nextLong(8_000_000_000L);
            ReferenceTime time = new ReferenceTime(own, hz);
            long units = random.nextLong(1L << (10 + random.nextInt(43)));

            long nanos = time.nanosAt(units);

            own.advance(nanos);
            assertThat(time.now()).isGreaterThanOrEqualTo(units);
            if (nanos > 0) {
                own.advance(-1);
                assertThat(time.now()).isLessThan(units);
            }
        });
    }

    @Test
    void aMomentBeyondEveryWaitIsNever() {
        ReferenceTime time = new ReferenceTime(clock, ReferenceTime.NANOSECOND_TSC);

        assertThat(time.nanosAt(-1)).isEqualTo(Long.MAX_VALUE);
        assertThat(time.nanosAt(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
        assertThat(time.nanosAt(0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 10_000_000L, 1L << 33})
    void aFrequencyOutOfRangeIsRefused(long hz) {
        assertThatThrownBy(() -> new ReferenceTime(clock, hz)).hasMessageContaining("out of range");
    }
}
