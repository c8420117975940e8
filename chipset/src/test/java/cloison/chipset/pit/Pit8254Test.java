package cloison.chipset.pit;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.chipset.RunningClock;
import cloison.chipset.isa.DeviceTimer;
import cloison.machine.Samples;
import cloison.machine.StepClock;
import cloison.machine.agent.Doorbell;
import cloison.machine.time.TimerQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class Pit8254Test {
    private static final int CONTROL = 0x43;
    private static final int SYSTEM = 0x61;

    private final StepClock clock = new StepClock();
    private final TimerQueue timers = new TimerQueue("timers", clock, new Doorbell());
    private int rises;
    private boolean high;
    private final Pit8254 pit = new Pit8254(clock, timers, this::wire);

    private void wire(boolean level) {
        if (level && !high) {
            rises++;
        }
        high = level;
    }

    /// Lets the chip's clock tick; the first tick also leaves whatever part of one had passed.
    private void tick(long ticks) {
        long target = Pit8254.CLOCK.nanos(Pit8254.CLOCK.ticks(clock.nanos()) + ticks);
        while (timers.dueInNanos() <= target - clock.nanos()) {
            clock.advance(timers.dueInNanos());
            timers.turn();
        }
        clock.advance(target - clock.nanos());
    }

    private void program(int channel, int mode, int count) {
        pit.write(CONTROL, channel << 6 | 0x30 | mode << 1);
        pit.write(0x40 + channel, count & 0xFF);
        pit.write(0x40 + channel, count >>> 8);
    }

    private int count(int channel) {
        return pit.read(0x40 + channel) | pit.read(0x40 + channel) << 8;
    }

    private boolean out(int channel) {
        pit.write(CONTROL, 0xE0 | 2 << channel);
        return (pit.read(0x40 + channel) & 0x80) != 0;
    }

    @Test
    void mode0RaisesItsOutputOnceAtTheTerminalCount() {
        program(0, 0, 1000);
        assertThat(out(0)).isFalse();

        tick(999);
        assertThat(rises).isZero();
        tick(1);
        assertThat(rises).isEqualTo(1);
        assertThat(out(0)).isTrue();
        tick(200_000);
        assertThat(rises).isEqualTo(1);
    }

    @Test
    void mode0CountsOnBelowZero() {
        program(0, 0, 10);

        tick(12);

        assertThat(count(0)).isEqualTo(0xFFFE);
    }

    @Test
    void theFirstByteOfANewCountStopsMode0() {
        program(0, 0, 1000);
        tick(10);

        pit.write(0x40, 0x10);
        tick(5000);
        assertThat(rises).isZero();
        pit.write(0x40, 0);
        tick(16);

        assertThat(rises).isEqualTo(1);
    }

    @Test
    void mode2InterruptsOncePerPeriodWithoutDrift() {
        program(0, 2, 1193);

        tick(1193L * 1000);

        assertThat(rises).isEqualTo(1000);
    }

    @Test
    void mode2CountsFromTheReloadValueToOne() {
        program(0, 2, 100);

        assertThat(count(0)).isEqualTo(100);
        tick(99);
        assertThat(count(0)).isEqualTo(1);
        assertThat(out(0)).isFalse();
        tick(1);
        assertThat(count(0)).isEqualTo(100);
        assertThat(out(0)).isTrue();
    }

    @Test
    void aNewCountInMode2ComesIntoForceAfterTheCurrentPeriod() {
        program(0, 2, 1000);
        tick(400);
        pit.write(0x40, 500 & 0xFF);
        pit.write(0x40, 500 >>> 8);

        tick(599);
        assertThat(rises).isZero();
        tick(1);
        assertThat(rises).isEqualTo(1);
        tick(500);
        assertThat(rises).isEqualTo(2);
    }

    @Test
    void mode3IsASquareWaveThatCountsByTwo() {
        program(0, 3, 1000);

        tick(100);
        assertThat(count(0)).isEqualTo(800);
        assertThat(out(0)).isTrue();
        tick(500);
        assertThat(count(0)).isEqualTo(800);
        assertThat(out(0)).isFalse();
        tick(400);
        assertThat(rises).isEqualTo(1);
    }

    @Test
    void mode4StrobesOnceAfterTheCount() {
        program(0, 4, 1000);

        tick(1000);
        assertThat(out(0)).isFalse();
        assertThat(rises).isZero();
        tick(1);
        assertThat(out(0)).isTrue();
        assertThat(rises).isEqualTo(1);
        tick(100_000);
        assertThat(rises).isEqualTo(1);
    }

    @Test
    void modes1And5WaitForTheGate() {
        for (int mode : new int[] {1, 5}) {
            pit.write(SYSTEM, 0);
            program(2, mode, 1000);
            tick(5000);
            assertThat(out(2)).isTrue();

            pit.write(SYSTEM, 1);
            tick(500);
            assertThat(count(2)).isEqualTo(500);
            assertThat(out(2)).as("mode %d", mode).isEqualTo(mode == 5);
            tick(500);
            assertThat(out(2)).as("mode %d", mode).isEqualTo(mode == 1);
        }
    }

    @Test
    void theGateOfTheThirdCounterHoldsItsCount() {
        pit.write(SYSTEM, 1);
        program(2, 0, 0xFFFF);
        tick(1000);

        pit.write(SYSTEM, 0);
        tick(10_000);
        int held = count(2);
        pit.write(SYSTEM, 1);
        tick(535);

        assertThat(held).isEqualTo(0xFFFF - 1000);
        assertThat(count(2)).isEqualTo(0xFFFF - 1535);
    }

    @Test
    void theOutputOfTheThirdCounterShowsInTheSystemPort() {
        pit.write(SYSTEM, 1);
        program(2, 0, 100);

        assertThat(pit.read(SYSTEM) & 0x20).isZero();
        tick(100);
        assertThat(pit.read(SYSTEM) & 0x21).isEqualTo(0x21);
    }

    @Test
    void theRefreshBitTogglesEvery15Microseconds() {
        int before = pit.read(SYSTEM) & 0x10;

        clock.advance(15_085);

        assertThat(pit.read(SYSTEM) & 0x10).isNotEqualTo(before);
    }

    @Test
    void aLatchedCountStandsStillUntilRead() {
        program(0, 2, 10_000);
        tick(100);
        pit.write(CONTROL, 0x00);
        tick(100);
        pit.write(CONTROL, 0x00);

        assertThat(count(0)).isEqualTo(9900);
        assertThat(count(0)).isEqualTo(9800);
    }

    @Test
    void readBackLatchesStatusBeforeCount() {
        program(0, 2, 1000);
        tick(100);

        pit.write(CONTROL, 0xC2);
        tick(100);

        assertThat(pit.read(0x40)).isEqualTo(0x80 | 0x34);
        assertThat(count(0)).isEqualTo(900);
    }

    @Test
    void statusTellsThatNoCountWasLoaded() {
        pit.write(CONTROL, 0x34);

        pit.write(CONTROL, 0xE2);

        assertThat(pit.read(0x40) & 0x40).isNotZero();
    }

    @Test
    void singleByteAccessUsesTheHalfItNames() {
        pit.write(CONTROL, 0x14);
        pit.write(0x40, 50);
        assertThat(pit.read(0x40)).isEqualTo(50);

        pit.write(CONTROL, 0x24);
        pit.write(0x40, 2);
        assertThat(pit.read(0x40)).isEqualTo(2);
        tick(1);
        assertThat(pit.read(0x40)).isEqualTo(1);
    }

    @Test
    void decimalCountersCountInDecimal() {
        pit.write(CONTROL, 0x35);
        pit.write(0x40, 0x00);
        pit.write(0x40, 0x10);

        tick(1);

        assertThat(count(0)).isEqualTo(0x0999);
    }

    @Test
    void aCountOfZeroIsTheGreatest() {
        program(0, 2, 0);

        tick(65_535);
        assertThat(rises).isZero();
        tick(1);

        assertThat(rises).isEqualTo(1);
    }

    @Test
    void aPeriodShorterThanTheShortestDoesNotFloodTheWire() {
        program(0, 2, 2);

        tick(Pit8254.CLOCK.ticks(100 * DeviceTimer.SHORTEST_PERIOD_NANOS));

        assertThat(rises).isBetween(90, 101);
    }

    @Test
    void reprogrammingCancelsTheOldInterrupt() {
        program(0, 2, 1000);
        pit.write(CONTROL, 0x34);

        tick(5000);

        assertThat(rises).isZero();
    }

    /// Linux measures the time-stamp counter by the high byte of a mode 0 count in the third counter.
    @Test
    void linuxSeesTheHighByteFallEvery256Ticks() {
        pit.write(SYSTEM, pit.read(SYSTEM) & ~0x02 | 0x01);
        program(2, 0, 0xFFFF);
        pit.read(0x42);
        int first = pit.read(0x42);

        tick(256);
        pit.read(0x42);

        assertThat(first).isEqualTo(0xFF);
        assertThat(pit.read(0x42)).isEqualTo(0xFE);
    }

    @Test
    void channelsNeverFailWhateverIsWritten() {
        Samples.check(200, random -> {
            PitChannel channel = new PitChannel(random.nextBoolean());
            long now = 0;
            for (int i = 0; i < 300; i++) {
                now += random.nextInt(100_000);
                switch (random.nextInt(7)) {
                    case 0 -> channel.control(random.nextInt(256) | 0x10);
                    case 1, 2 -> channel.write(random.nextInt(256), now);
                    case 3 -> channel.gate(random.nextBoolean(), now);
                    case 4 -> channel.latchCount(now);
                    case 5 -> channel.latchStatus(now);
                    default -> assertThat(channel.read(now)).isBetween(0, 255);
                }
                assertThat(channel.nextRise(now)).isGreaterThan(now);
            }
        });
    }

    @Test
    void theNextRiseIsWhereTheOutputRises() {
        Samples.check(300, random -> {
            PitChannel channel = new PitChannel(true);
            int mode = random.nextInt(6);
            channel.control(0x30 | mode << 1);
            int count = 3 + random.nextInt(60);
            long now = random.nextInt(1000);
            channel.write(count, now);
            channel.write(0, now);
            if (mode == 1 || mode == 5) {
                channel.gate(false, now);
                channel.gate(true, now);
            }
            now += random.nextInt(200);

            long rise = channel.nextRise(now);

            if (rise == PitChannel.NEVER) {
                rise = now + 300;
                assertThat(channel.out(rise)).isTrue();
            } else {
                assertThat(channel.out(rise)).isTrue();
                assertThat(channel.out(rise - 1)).isFalse();
            }
            boolean low = !channel.out(now);
            for (long at = now + 1; at < rise; at++) {
                boolean rises = low && channel.out(at);
                assertThat(rises).as("mode %d rises early", mode).isFalse();
                low = !channel.out(at);
            }
        });
    }

    @Test
    void noExpiryIsLostHoweverShortTheCountAndHoweverLateTheHost() {
        for (int mode : new int[] {0, 2, 3, 4}) {
            for (int count = 2; count < 50; count++) {
                RunningClock running = new RunningClock(7_000);
                TimerQueue queue = new TimerQueue("timers", running, new Doorbell());
                AtomicInteger edges = new AtomicInteger();
                Pit8254 late = new Pit8254(running, queue, level -> edges.addAndGet(level ? 1 : 0));
                late.write(CONTROL, 0x30 | mode << 1);
                late.write(0x40, count);
                late.write(0x40, 0);

                for (int i = 0; i < 100; i++) {
                    queue.turn();
                }

                assertThat(edges.get()).as("mode %d, count %d", mode, count).isPositive();
            }
        }
    }
}
