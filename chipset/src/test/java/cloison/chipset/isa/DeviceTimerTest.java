package cloison.chipset.isa;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.StepClock;
import cloison.machine.agent.Doorbell;
import cloison.machine.time.TimerQueue;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceTimerTest {
    private final StepClock clock = new StepClock();
    private final TimerQueue timers = new TimerQueue("timers", clock, new Doorbell());
    private final Object device = new Object();
    private final List<Boolean> lockedWhenFired = new ArrayList<>();
    private final DeviceTimer timer =
            new DeviceTimer(timers, clock, device, () -> lockedWhenFired.add(Thread.holdsLock(device)));

    @Test
    void theTaskRunsUnderTheLockOfItsDevice() {
        timer.arm(10);

        clock.advance(10);
        timers.turn();

        assertThat(lockedWhenFired).containsExactly(true);
    }

    @Test
    void aCancelledTimerDoesNotRunItsTask() {
        timer.arm(10);
        timer.cancel();

        clock.advance(10);
        timers.turn();

        assertThat(lockedWhenFired).isEmpty();
    }

    @Test
    void aRepetitionIsNeverSoonerThanTheShortestPeriod() {
        timer.repeat(1);

        clock.advance(DeviceTimer.SHORTEST_PERIOD_NANOS - 1);
        timers.turn();
        boolean early = !lockedWhenFired.isEmpty();
        clock.advance(1);
        timers.turn();

        assertThat(early).isFalse();
        assertThat(lockedWhenFired).hasSize(1);
    }
}
