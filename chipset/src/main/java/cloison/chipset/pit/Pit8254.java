package cloison.chipset.pit;

import cloison.chipset.isa.ByteWideDevice;
import cloison.chipset.isa.DeviceTimer;
import cloison.chipset.isa.Frequency;
import cloison.machine.interrupt.InterruptLine;
import cloison.machine.time.Clock;
import cloison.machine.time.TimerQueue;

/// An 8254 with its three counters: the first drives IRQ 0, the second refreshed memory once, the third is the
/// speaker's, with gate and output in port 0x61.
///
/// Expiries that the timer thread comes too late for are lost, so that the wire never falls behind the clock.
///
/// **Owner:** who holds the device's lock.
public final class Pit8254 implements ByteWideDevice {
    /// First of the four ports.
    public static final int PORT = 0x40;
    /// The system-control port, where the third counter's gate and output are.
    public static final int SYSTEM_PORT = 0x61;
    /// The chip's clock.
    public static final Frequency CLOCK = new Frequency(1_193_182);

    private static final int CONTROL = PORT + 3;
    private static final int SPEAKER = 2;
    private static final int GATE = 1;
    private static final int REFRESH = 1 << 4;
    private static final int OUTPUT = 1 << 5;
    private static final int REFRESH_NANOS = 15_085;

    // wiring
    private final Clock clock;
    private final InterruptLine interrupt;
    private final DeviceTimer timer;

    // registers
    private final PitChannel[] channels = {new PitChannel(true), new PitChannel(true), new PitChannel(false)};
    private int systemBits;

    /// A timer that counts nothing yet.
    public Pit8254(Clock clock, TimerQueue timers, InterruptLine interrupt) {
        this.clock = clock;
        this.interrupt = interrupt;
        timer = new DeviceTimer(timers, clock, this, this::expire);
    }

    private long now() {
        return CLOCK.ticks(clock.nanos());
    }

    @Override
    public int read(int port) {
        return switch (port) {
            case PORT, PORT + 1, PORT + 2 -> channels[port - PORT].read(now());
            case SYSTEM_PORT -> systemBits | (refreshing() ? REFRESH : 0) | (channels[SPEAKER].out(now()) ? OUTPUT : 0);
            default -> NOTHING;
        };
    }

    private boolean refreshing() {
        return (clock.nanos() / REFRESH_NANOS & 1) != 0;
    }

    @Override
    public void write(int port, int value) {
        switch (port) {
            case PORT, PORT + 1, PORT + 2 -> writeCount(port - PORT, value);
            case CONTROL -> control(value);
            case SYSTEM_PORT -> {
                systemBits = value & 0xF;
                channels[SPEAKER].gate((value & GATE) != 0, now());
            }
            default -> {}
        }
    }

    private void writeCount(int channel, int value) {
        long now = now();
        boolean complete = channels[channel].write(value, now);
        if (channel == 0) {
            if (complete) {
                schedule(now);
            } else {
                timer.cancel();
            }
        }
    }

    private void control(int value) {
        int channel = value >>> 6;
        if (channel == 3) {
            readBack(value);
        } else if ((value & 0x30) == 0) {
            channels[channel].latchCount(now());
        } else {
            channels[channel].control(value);
            if (channel == 0) {
                timer.cancel();
                interrupt.level(false);
            }
        }
    }

    private void readBack(int value) {
        for (int channel = 0; channel < channels.length; channel++) {
            if ((value >>> channel + 1 & 1) != 0) {
                if ((value & 0x20) == 0) {
                    channels[channel].latchCount(now());
                }
                if ((value & 0x10) == 0) {
                    channels[channel].latchStatus(now());
                }
            }
        }
    }

    /// Arms for the first rise after `now`, the moment of the write, however soon that is.
    private void schedule(long now) {
        long rise = channels[0].nextRise(now);
        if (rise == PitChannel.NEVER) {
            timer.cancel();
        } else {
            timer.arm(CLOCK.nanos(rise));
        }
    }

    private void expire() {
        interrupt.level(false);
        interrupt.level(true);
        long rise = channels[0].nextRise(now());
        if (rise != PitChannel.NEVER) {
            timer.repeat(CLOCK.nanos(rise));
        }
    }
}
