package cloison.machine.time;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.Samples;
import cloison.machine.StepClock;
import cloison.machine.agent.Doorbell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimerQueueTest {
    private final StepClock clock = new StepClock();
    private final Doorbell doorbell = new Doorbell();
    private final TimerQueue queue = new TimerQueue("timers", clock, doorbell);
    private final List<String> fired = new ArrayList<>();

    @Test
    void timersFireInTheOrderOfTheirDeadlines() {
        queue.timer(() -> fired.add("late")).arm(20);
        queue.timer(() -> fired.add("early")).arm(10);

        clock.advance(30);
        queue.turn();

        assertThat(fired).containsExactly("early", "late");
    }

    @Test
    void aTimerArmedAgainFiresOnceAndAtTheNewDeadline() {
        TimerQueue.Timer timer = queue.timer(() -> fired.add("x"));
        timer.arm(10);
        timer.arm(20);

        clock.advance(15);
        int before = queue.turn();
        clock.advance(5);
        queue.turn();

        assertThat(before).isZero();
        assertThat(fired).containsExactly("x");
    }

    @Test
    void aTimerThatIsAlwaysDueAgainDoesNotKeepTheTurn() {
        TimerQueue.Timer[] timer = new TimerQueue.Timer[1];
        int[] times = new int[1];
        timer[0] = queue.timer(() -> {
            assertThat(times[0]++).isLessThan(10_000);
            timer[0].arm(clock.nanos());
        });
        timer[0].arm(0);

        assertThat(queue.turn()).isEqualTo(times[0]).isPositive();
        assertThat(queue.turn()).isPositive();
        assertThat(queue.dueInNanos()).isZero();
    }

    @Test
    void aCancelledTimerNeverFires() {
        TimerQueue.Timer timer = queue.timer(() -> fired.add("x"));
        timer.arm(10);
        timer.cancel();

        clock.advance(100);

        assertThat(queue.turn()).isZero();
        assertThat(queue.dueInNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void theDoorbellRingsOnlyForANewEarliestDeadline() {
        TimerQueue.Timer first = queue.timer(() -> {});
        TimerQueue.Timer second = queue.timer(() -> {});
        first.arm(10);
        boolean rungForFirst = doorbell.take();
        second.arm(20);

        assertThat(rungForFirst).isTrue();
        assertThat(doorbell.take()).isFalse();
    }

    @Test
    void theQueueAgreesWithASortedListWhateverIsArmedAndCancelled() {
        Samples.check(200, random -> {
            StepClock time = new StepClock();
            TimerQueue timers = new TimerQueue("timers", time, new Doorbell());
            int count = 1 + random.nextInt(40);
            long[] deadlines = new long[count];
            Arrays.fill(deadlines, Long.MAX_VALUE);
            List<Integer> order = new ArrayList<>();
            TimerQueue.Timer[] all = new TimerQueue.Timer[count];
            for (int i = 0; i < count; i++) {
                int number = i;
                all[i] = timers.timer(() -> order.add(number));
            }
            for (int step = 0; step < 300; step++) {
                int i = random.nextInt(count);
                if (random.nextInt(4) == 0) {
                    all[i].cancel();
                    deadlines[i] = Long.MAX_VALUE;
                } else {
                    deadlines[i] = random.nextInt(1000);
                    all[i].arm(deadlines[i]);
                }
                assertThat(timers.dueInNanos())
                        .isEqualTo(Arrays.stream(deadlines).min().orElseThrow());
            }
            time.advance(1000);
            timers.turn();
            assertThat(order).hasSize((int)
                    Arrays.stream(deadlines).filter(d -> d < Long.MAX_VALUE).count());
            assertThat(order).isSortedAccordingTo((a, b) -> Long.compare(deadlines[a], deadlines[b]));
        });
    }
}
