package cloison.hyperv.synic;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.HypervisorConfig;
import cloison.hyperv.TestPartition;
import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import cloison.hyperv.protocol.Msr;
import cloison.machine.Samples;
import cloison.machine.wire.Wire;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SyntheticTimerTest {
    private static final int CONFIG = Msr.STIMER0_CONFIG;
    private static final int COUNT = Msr.STIMER0_CONFIG + 1;
    /// What Linux writes: direct, vector 0xED, automatically enabled, enabled.
    private static final long DIRECT = 0x1ED9;

    private static final long PERIODIC = 1 << 1;
    private static final long LAZY = 1 << 2;
    private static final long MESSAGE_TO_SINT2 = 0x2_0009;
    private static final long MESSAGES = 30;

    private TestPartition partition = new TestPartition(2, HypervisorConfig.standard());

    private void config(long value) {
        partition.wrmsr(0, CONFIG, value);
    }

    private void count(long value) {
        partition.wrmsr(0, COUNT, value);
    }

    private long now() {
        return partition.rdmsr(0, Msr.TIME_REF_COUNT);
    }

    private void assertFired(Integer... vectors) {
        assertThat(partition.apic(0).take()).containsExactly(vectors);
    }

    @Test
    void aTimerFiresOnceWhenItsTimeHasCome() {
        config(DIRECT);
        count(now() + 1000);

        partition.advance(99_999);
        assertFired();
        assertThat(partition.rdmsr(0, CONFIG)).isEqualTo(DIRECT);

        partition.advance(10);
        assertFired(0xED);
        assertThat(partition.rdmsr(0, CONFIG)).isEqualTo(DIRECT & ~1);

        partition.advance(1_000_000);
        assertFired();
    }

    @Test
    void aTimerNeverFiresEarly() {
        Samples.check(100, random -> {
            TestPartition own = new TestPartition(
                    1,
                    new HypervisorConfig(
                            Features.standard(),
                            10_000_001L + random.nextLong(5_000_000_000L),
                            1000,
                            1,
                            HypervisorConfig.standard().vmbus()));
            own.advance(random.nextLong(1L << 50));
            own.wrmsr(0, CONFIG, DIRECT);
            long expiration = own.rdmsr(0, Msr.TIME_REF_COUNT) + 1 + random.nextInt(1000);
            own.wrmsr(0, COUNT, expiration);
            for (int i = 0; i < 2000 && own.apic(0).take().isEmpty(); i++) {
                assertThat(own.rdmsr(0, Msr.TIME_REF_COUNT)).isLessThan(expiration);
                own.advance(1 + random.nextInt(100));
            }

            assertThat(own.rdmsr(0, Msr.TIME_REF_COUNT)).isGreaterThanOrEqualTo(expiration);
        });
    }

    @Test
    void aTimeThatIsPastFiresAtOnce() {
        partition.advance(5_000_000_000L);
        config(DIRECT);

        count(1);
        assertFired(0xED);
        count(now());
        assertFired(0xED);
    }

    @Test
    void anEnabledTimerWithoutCountDoesNotFire() {
        config(DIRECT);
        partition.advance(1_000_000_000);

        assertFired();
        assertThat(partition.rdmsr(0, CONFIG) & 1).isEqualTo(1);
    }

    @Test
    void zeroStopsATimer() {
        config(DIRECT);
        count(1000);

        count(0);
        partition.advance(1_000_000);

        assertFired();
        assertThat(partition.rdmsr(0, CONFIG) & 1).isZero();
    }

    @Test
    void aTimerWithoutAutomaticEnableWaitsForTheBit() {
        config(DIRECT & ~9);
        count(1000);
        partition.advance(1_000_000);
        assertFired();

        config(DIRECT & ~8);
        assertFired(0xED);
    }

    @Test
    void aNewTimeReplacesTheOldOne() {
        config(DIRECT);
        count(1000);
        count(5000);

        partition.advance(200_000);
        assertFired();
        partition.advance(400_000);
        assertFired(0xED);
    }

    @Test
    void aDisabledTimerIsSilent() {
        config(DIRECT);
        count(1000);

        config(0);
        partition.advance(1_000_000);

        assertFired();
    }

    @Test
    void aPeriodicTimerFiresAgainAndAgain() {
        config(DIRECT | PERIODIC);
        count(10_000);
        for (int i = 0; i < 5; i++) {
            partition.advance(999_990);
            assertFired();
            partition.advance(11);
            assertFired(0xED);
        }
        assertThat(partition.rdmsr(0, CONFIG) & 1).isEqualTo(1);
    }

    @Test
    void aLazyTimerSkipsThePeriodsThatItMissed() {
        config(DIRECT | PERIODIC | LAZY);
        count(10_000);

        partition.advance(10_500_000);
        assertFired(0xED);
        partition.advance(400_000);
        assertFired();
        partition.advance(200_000);
        assertFired(0xED);
    }

    /// {@return how often the timer fires in so many halves of a millisecond, at most once in each}
    private int firedIn(int halves) {
        int fired = 0;
        for (int i = 0; i < halves; i++) {
            partition.advance(500_000);
            List<Integer> taken = partition.apic(0).take();
            assertThat(taken).hasSizeLessThanOrEqualTo(1);
            fired += taken.size();
        }
        return fired;
    }

    @Test
    void aTimerThatIsNotLazyMakesUpForThePeriodsThatItMissed() {
        config(DIRECT | PERIODIC);
        count(10_000);

        partition.advance(10_500_000);
        assertFired(0xED);

        assertThat(firedIn(18)).as("every half period while it is behind").isEqualTo(18);
        assertThat(firedIn(20)).as("every period when it has caught up").isEqualTo(10);
    }

    @Test
    void whatATimerMakesUpForIsBounded() {
        config(DIRECT | PERIODIC);
        count(10_000);

        partition.advance(5_000_500_000L);
        assertFired(0xED);

        assertThat(firedIn(3000)).isEqualTo((int) SyntheticTimer.MOST_OWED + 1500);
        assertThat(firedIn(20)).isEqualTo(10);
    }

    @Test
    void aSignalThatTheProcessorHasNotTakenIsOwed() {
        config(DIRECT | PERIODIC);
        count(10_000);
        for (int i = 0; i < 9; i++) {
            partition.advance(500_000);
        }
        assertThat(partition.apic(0).take()).isNotEmpty().containsOnly(0xED);

        assertThat(firedIn(32))
                .as("20 in 20.5 ms, one of which was taken before")
                .isEqualTo(19);
    }

    @Test
    void theShortestPeriodIsBounded() {
        config(DIRECT | PERIODIC);
        count(1);
        int fired = 0;
        for (int i = 0; i < 1000; i++) {
            partition.advance(1000);
            fired += partition.apic(0).take().size();
        }

        assertThat(fired).isBetween(18, 20);
        assertThat(partition.rdmsr(0, COUNT)).isEqualTo(1);
    }

    @Test
    void timesThatNobodyLivesToSeeNeverCome() {
        config(DIRECT);
        count(-1);
        partition.advance(1L << 50);
        assertFired();
        count(Long.MAX_VALUE);
        partition.advance(1L << 50);
        assertFired();
        config(DIRECT | PERIODIC);
        count(-1);
        partition.advance(1L << 50);
        assertFired();
    }

    @Test
    void aTimerMustHaveSomewhereToGo() {
        config(0x9);
        assertThat(partition.rdmsr(0, CONFIG)).isEqualTo(8);
        config(0x1 | 1 << 12 | 15 << 4);
        assertThat(partition.rdmsr(0, CONFIG) & 1).isZero();
        config(8);
        count(1000);
        assertThat(partition.rdmsr(0, CONFIG)).isEqualTo(8);
    }

    @Test
    void reservedBitsAreDropped() {
        config(-1L << 20 | 0xE000 | DIRECT);

        assertThat(partition.rdmsr(0, CONFIG)).isEqualTo(DIRECT);
    }

    @Test
    void directModeGoesWithItsFeature() {
        partition = new TestPartition(
                1, HypervisorConfig.standard().with(Features.standard().without(Feature.DIRECT_TIMERS)));
        config(DIRECT);

        assertThat(partition.rdmsr(0, CONFIG)).isEqualTo(0xED8);
    }

    @Test
    void timersAndProcessorsAreIndependent() {
        partition.wrmsr(0, CONFIG, DIRECT);
        partition.wrmsr(0, CONFIG + 6, 0x1 | 1 << 12 | 0x40 << 4);
        partition.wrmsr(1, CONFIG, 0x1 | 1 << 12 | 0x41 << 4);
        partition.wrmsr(0, COUNT, 3000);
        partition.wrmsr(0, COUNT + 6, 2000);
        partition.wrmsr(1, COUNT, 1000);

        partition.advance(100_010);
        assertThat(partition.apic(1).take()).containsExactly(0x41);
        partition.advance(100_000);
        assertFired(0x40);
        partition.advance(100_000);
        assertFired(0xED);
    }

    // messages

    private void enableSynic() {
        partition.wrmsr(0, Msr.SIMP, MESSAGES << 12 | 1);
        partition.wrmsr(0, Msr.SINT0 + 2, 0xF3);
        partition.wrmsr(0, Msr.SCONTROL, 1);
    }

    private byte[] slot() {
        return partition.ram().read((MESSAGES << 12) + 512, 64);
    }

    private void empty() {
        partition.ram().write((MESSAGES << 12) + 512, new byte[4]);
    }

    @Test
    void anExpirationIsAMessageWithItsTimes() {
        enableSynic();
        partition.wrmsr(0, CONFIG + 4, MESSAGE_TO_SINT2);
        partition.wrmsr(0, COUNT + 4, 1000);

        partition.advance(150_000);

        byte[] slot = slot();
        assertThat(Wire.i32(slot, 0)).isEqualTo(0x8000_0010);
        assertThat(Wire.u8(slot, 4)).isEqualTo(24);
        assertThat(Wire.u64(slot, 8)).isZero();
        assertThat(Wire.u32(slot, 16)).isEqualTo(2);
        assertThat(Wire.u64(slot, 24)).isEqualTo(1000);
        assertThat(Wire.u64(slot, 32)).isEqualTo(now());
        assertFired(0xF3);
    }

    @Test
    void aTimerHasOneMessageOutstandingAtMost() {
        enableSynic();
        config(MESSAGE_TO_SINT2 | PERIODIC | LAZY);
        count(1000);
        partition.advance(100_010);
        partition.advance(100_000);
        partition.advance(100_000);
        assertThat(Wire.u64(slot(), 24)).isLessThan(1100);
        assertThat(Wire.u8(slot(), 5)).isEqualTo(1);
        empty();

        partition.wrmsr(0, Msr.EOM, 0);
        assertThat(Wire.u64(slot(), 24)).isBetween(2000L, 2100L);
        assertThat(Wire.u8(slot(), 5)).isZero();
        assertThat(Wire.u64(slot(), 32)).isEqualTo(now());
        empty();
        partition.wrmsr(0, Msr.EOM, 0);
        assertThat(Wire.i32(slot(), 0)).isZero();

        partition.advance(100_000);
        assertThat(Wire.u64(slot(), 24)).isBetween(4000L, 4100L);
    }

    @Test
    void aTimerThatIsNotLazySendsEveryMessageWhenThereIsRoom() {
        enableSynic();
        config(MESSAGE_TO_SINT2 | PERIODIC);
        count(1000);
        partition.advance(100_010);
        for (int i = 0; i < 5; i++) {
            partition.advance(100_000);
        }

        List<Long> expirations = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            expirations.add(Wire.u64(slot(), 24) / 100 * 100);
            empty();
            partition.wrmsr(0, Msr.EOM, 0);
            while (Wire.i32(slot(), 0) == 0) {
                partition.advance(50_000);
            }
        }

        List<Long> every = new ArrayList<>();
        for (long i = 1; i <= 40; i++) {
            every.add(1000 * i);
        }
        assertThat(expirations).isEqualTo(every);
    }

    @Test
    void aResetTimerIsSilent() {
        config(DIRECT);
        count(1000);

        partition.hypervisor().reset();
        partition.advance(1_000_000);

        assertFired();
    }
}
