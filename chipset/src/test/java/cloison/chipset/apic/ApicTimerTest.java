package cloison.chipset.apic;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.chipset.Board;
import cloison.chipset.RunningClock;
import cloison.chipset.isa.DeviceTimer;
import cloison.machine.agent.Doorbell;
import cloison.machine.time.TimerQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ApicTimerTest {
    private static final int LVT_TIMER = 0x320;
    private static final int INITIAL = 0x380;
    private static final int CURRENT = 0x390;
    private static final int DIVIDE = 0x3E0;
    private static final int DIVIDE_BY_1 = 0xB;
    private static final int DIVIDE_BY_16 = 0x3;
    private static final int PERIODIC = 1 << 17;
    private static final int DEADLINE = 2 << 17;
    private static final int MASKED = 1 << 16;
    private static final int VECTOR = 0xEC;
    private static final int TSC_DEADLINE = 0x6E0;
    /// The timer's rate of 200 MHz in ticks.
    private static final int TICKS_OF_A_MILLISECOND = 200_000;

    private static final long MILLISECOND = 1_000_000;

    private final Board board = new Board(1).enableApics();

    @Test
    void aOneShotCountExpiresOnceWhenItReachesZero() {
        board.apicWrite(0, LVT_TIMER, VECTOR);
        board.apicWrite(0, DIVIDE, DIVIDE_BY_1);
        board.apicWrite(0, INITIAL, TICKS_OF_A_MILLISECOND);

        board.advance(MILLISECOND - 1);
        assertThat(board.taken(0)).isEmpty();
        board.advance(1);
        assertThat(board.taken(0)).containsExactly(VECTOR);
        assertThat(board.apicRead(0, CURRENT)).isZero();
        board.advance(10 * MILLISECOND);
        assertThat(board.taken(0)).isEmpty();
    }

    @Test
    void theCurrentCountFallsAtTheDividedRate() {
        board.apicWrite(0, LVT_TIMER, VECTOR | MASKED);
        board.apicWrite(0, DIVIDE, DIVIDE_BY_16);
        board.apicWrite(0, INITIAL, -1);

        board.advance(100 * MILLISECOND);

        assertThat(board.apicRead(0, INITIAL)).isEqualTo(-1);
        assertThat(-1 - board.apicRead(0, CURRENT)).isEqualTo(100 * TICKS_OF_A_MILLISECOND / 16);
    }

    @Test
    void everyDividerIsThatOfTheManual() {
        int[] codes = {0b0000, 0b0001, 0b0010, 0b0011, 0b1000, 0b1001, 0b1010, 0b1011};
        int[] dividers = {2, 4, 8, 16, 32, 64, 128, 1};
        for (int i = 0; i < codes.length; i++) {
            board.apicWrite(0, DIVIDE, codes[i]);
            board.apicWrite(0, INITIAL, 1_000_000);
            board.advance(MILLISECOND);
            assertThat(1_000_000 - board.apicRead(0, CURRENT))
                    .as("divide code %d", codes[i])
                    .isEqualTo(TICKS_OF_A_MILLISECOND / dividers[i]);
        }
    }

    @Test
    void aPeriodicCountExpiresAgainAndAgainWithoutDrift() {
        board.apicWrite(0, LVT_TIMER, VECTOR | PERIODIC);
        board.apicWrite(0, DIVIDE, DIVIDE_BY_1);
        board.apicWrite(0, INITIAL, 4 * TICKS_OF_A_MILLISECOND + 1);

        int expiries = 0;
        for (int i = 0; i < 4000; i++) {
            board.advance(MILLISECOND);
            expiries += board.taken(0).size();
        }

        assertThat(expiries).isEqualTo(999);
        assertThat(board.apicRead(0, CURRENT)).isEqualTo(1000);
    }

    @Test
    void aMaskedTimerRunsInSilence() {
        board.apicWrite(0, LVT_TIMER, VECTOR | PERIODIC | MASKED);
        board.apicWrite(0, INITIAL, 1000);

        board.advance(MILLISECOND);

        assertThat(board.taken(0)).isEmpty();
    }

    @Test
    void aCountOfZeroStopsTheTimer() {
        board.apicWrite(0, LVT_TIMER, VECTOR);
        board.apicWrite(0, INITIAL, 1000);
        board.apicWrite(0, INITIAL, 0);

        board.advance(MILLISECOND);

        assertThat(board.taken(0)).isEmpty();
        assertThat(board.timers.dueInNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aPeriodShorterThanTheShortestLosesTicksButKeepsTheCounterRight() {
        board.apicWrite(0, LVT_TIMER, VECTOR | PERIODIC);
        board.apicWrite(0, DIVIDE, DIVIDE_BY_1);
        board.apicWrite(0, INITIAL, 1);

        int fired = 0;
        for (int i = 0; i < 100; i++) {
            board.advance(DeviceTimer.SHORTEST_PERIOD_NANOS / 10);
            fired += board.taken(0).size();
        }

        assertThat(fired).isBetween(9, 11);
    }

    @Test
    void changingTheDividerRescalesWhatIsLeft() {
        board.apicWrite(0, LVT_TIMER, VECTOR);
        board.apicWrite(0, DIVIDE, DIVIDE_BY_1);
        board.apicWrite(0, INITIAL, 2 * TICKS_OF_A_MILLISECOND);
        board.advance(MILLISECOND);

        board.apicWrite(0, DIVIDE, DIVIDE_BY_16);

        assertThat(board.apicRead(0, CURRENT)).isEqualTo(TICKS_OF_A_MILLISECOND);
        board.advance(16 * MILLISECOND - 1);
        assertThat(board.taken(0)).isEmpty();
        board.advance(1);
        assertThat(board.taken(0)).containsExactly(VECTOR);
    }

    @Test
    void aDeadlineExpiresWhenTheTimeStampReachesIt() {
        LocalApic apic = board.apic(0);
        board.apicWrite(0, LVT_TIMER, VECTOR | DEADLINE);
        apic.writeMsr(TSC_DEADLINE, Board.TSC.ticks(3 * MILLISECOND));

        board.advance(3 * MILLISECOND - 1);
        assertThat(board.taken(0)).isEmpty();
        assertThat(apic.readMsr(TSC_DEADLINE)).isEqualTo(Board.TSC.ticks(3 * MILLISECOND));
        board.advance(1);
        assertThat(board.taken(0)).containsExactly(VECTOR);
        assertThat(apic.readMsr(TSC_DEADLINE)).isZero();
    }

    @Test
    void aDeadlineInThePastExpiresAtOnce() {
        board.advance(MILLISECOND);
        board.apicWrite(0, LVT_TIMER, VECTOR | DEADLINE);

        board.apic(0).writeMsr(TSC_DEADLINE, 1);

        assertThat(board.taken(0)).containsExactly(VECTOR);
        assertThat(board.apic(0).readMsr(TSC_DEADLINE)).isZero();
    }

    @Test
    void aDeadlineAtTheEndOfAllTimeDoesNotExpire() {
        board.apicWrite(0, LVT_TIMER, VECTOR | DEADLINE);
        board.apic(0).writeMsr(TSC_DEADLINE, -1L);

        board.advance(1_000_000 * MILLISECOND);

        assertThat(board.taken(0)).isEmpty();
    }

    @Test
    void aDeadlineOfZeroDisarms() {
        board.apicWrite(0, LVT_TIMER, VECTOR | DEADLINE);
        board.apic(0).writeMsr(TSC_DEADLINE, Board.TSC.ticks(MILLISECOND));
        board.apic(0).writeMsr(TSC_DEADLINE, 0);

        board.advance(2 * MILLISECOND);

        assertThat(board.taken(0)).isEmpty();
    }

    @Test
    void countsAreIgnoredInDeadlineModeAndDeadlinesOutsideIt() {
        board.apic(0).writeMsr(TSC_DEADLINE, 1000);
        assertThat(board.apic(0).readMsr(TSC_DEADLINE)).isZero();

        board.apicWrite(0, LVT_TIMER, VECTOR | DEADLINE);
        board.apicWrite(0, INITIAL, 1000);

        assertThat(board.apicRead(0, INITIAL)).isZero();
        assertThat(board.apicRead(0, CURRENT)).isZero();
    }

    @Test
    void enteringDeadlineModeDisarmsARunningCount() {
        board.apicWrite(0, LVT_TIMER, VECTOR);
        board.apicWrite(0, INITIAL, 1000);
        board.apicWrite(0, LVT_TIMER, VECTOR | DEADLINE);

        board.advance(MILLISECOND);

        assertThat(board.taken(0)).isEmpty();
    }

    @Test
    void aGuestThatArmsForEverDoesNotGrowTheQueue() {
        board.apicWrite(0, LVT_TIMER, VECTOR | DEADLINE);
        for (long i = 1; i <= 100_000; i++) {
            board.apic(0).writeMsr(TSC_DEADLINE, Long.MAX_VALUE - i);
        }
        board.apic(0).writeMsr(TSC_DEADLINE, 0);

        assertThat(board.timers.dueInNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void noExpiryIsLostHoweverShortTheCountAndHoweverLateTheHost() {
        for (int late : new int[] {0, 1, 100, 5_000, 1_000_000}) {
            for (int count = 1; count < 100; count++) {
                RunningClock clock = new RunningClock(late);
                TimerQueue timers = new TimerQueue("timers", clock, new Doorbell());
                AtomicInteger expiries = new AtomicInteger();
                ApicConfig config = new ApicConfig(ApicConfig.USUAL_TIMER, Board.TSC, true, true);
                ApicTimer timer = new ApicTimer(
                        config, () -> Board.TSC.ticks(clock.nanos()), clock, timers, expiries::incrementAndGet);

                timer.initialCount(count);
                timer.divide(DIVIDE_BY_16);
                timer.initialCount(count);
                while (late > 0 && timers.dueInNanos() < Long.MAX_VALUE) {
                    timers.turn();
                }
                timer.mode(ApicTimer.TSC_DEADLINE);
                timer.deadline(Board.TSC.ticks(clock.nanos()) + count);
                while (late > 0 && timers.dueInNanos() < Long.MAX_VALUE) {
                    timers.turn();
                }

                assertThat(expiries).as("count %d, %d ns late", count, late).hasValue(late == 0 ? 0 : 2);
            }
        }
    }
}
