package cloison.chipset.power;

import cloison.chipset.isa.ByteWideDevice;
import cloison.chipset.isa.DeviceTimer;
import cloison.chipset.isa.Frequency;
import cloison.machine.interrupt.InterruptLine;
import cloison.machine.time.Clock;
import cloison.machine.time.TimerQueue;

/// The fixed hardware of ACPI: the PM1a event and control registers, the power button, and the power-management timer.
///
/// ```text
///  +0 status (write 1 to clear)   +2 enable   +4 control (2 bytes)   +8 timer, 32 bits at 3.579545 MHz
/// ```
///
/// The machine is always in ACPI mode. Writing [#SLEEP_TYPE_OFF] with the enable bit switches off; any other sleep type
/// does nothing.
///
/// **Owner:** who holds the device's lock; [#pressButton] takes it and may be called from any thread.
public final class AcpiPower implements ByteWideDevice {
    /// The first port: PM1a_EVT_BLK.
    public static final int PORT = 0x400;
    /// Bytes of port space.
    public static final int PORTS = 12;
    /// PM1a_CNT_BLK.
    public static final int CONTROL_PORT = PORT + 4;
    /// PM_TMR_BLK.
    public static final int TIMER_PORT = PORT + 8;
    /// The system-control interrupt: GSI 9, level-triggered, active high.
    public static final int SCI = 9;
    /// The sleep type of S5.
    public static final int SLEEP_TYPE_OFF = 5;
    /// The timer's rate.
    public static final Frequency CLOCK = new Frequency(3_579_545);

    private static final int TIMER_CARRY = 1;
    private static final int POWER_BUTTON = 1 << 8;
    private static final int ENABLES = TIMER_CARRY | 1 << 5 | POWER_BUTTON | 1 << 10;

    private static final int ACPI_MODE = 1;
    private static final int SLEEP_ENABLE = 1 << 13;
    private static final int CONTROL_KEPT = 0x1C02;

    /// Ticks in which the timer's top bit changes once.
    private static final long CARRY_TICKS = 1L << 31;

    // wiring
    private final Clock clock;
    private final InterruptLine sci;
    private final PowerSwitch power;
    private final DeviceTimer carry;

    // registers
    private int status;
    private int enabled;
    private int control;

    // transient: how many carries the status bit has told of
    private long carriesSeen;

    /// Power management with nothing enabled.
    public AcpiPower(Clock clock, TimerQueue timers, InterruptLine sci, PowerSwitch power) {
        this.clock = clock;
        this.sci = sci;
        this.power = power;
        carry = new DeviceTimer(timers, clock, this, this::settle);
    }

    /// Presses the power button, which asks the guest to shut down in good order.
    public synchronized void pressButton() {
        status |= POWER_BUTTON;
        settle();
    }

    private long ticks() {
        return CLOCK.ticks(clock.nanos());
    }

    @Override
    public int portRead(int port, int size) {
        if (port == TIMER_PORT) {
            return (int) ticks();
        }
        return ByteWideDevice.super.portRead(port, size);
    }

    @Override
    public int read(int port) {
        catchUp();
        int register = switch (port - PORT & ~1) {
            case 0 -> status;
            case 2 -> enabled;
            case 4 -> control | ACPI_MODE;
            case 6 -> 0;
            default -> (int) (ticks() >>> 8 * (port - TIMER_PORT & 2));
        };
        return register >>> 8 * (port & 1) & 0xFF;
    }

    @Override
    public void write(int port, int value) {
        catchUp();
        int shift = 8 * (port & 1);
        int bits = value << shift;
        int others = 0xFF00 >>> shift;
        switch (port - PORT & ~1) {
            case 0 -> status &= ~bits;
            case 2 -> enabled = (enabled & others | bits) & ENABLES;
            case 4 -> {
                control = (control & others | bits) & CONTROL_KEPT;
                if ((bits & SLEEP_ENABLE) != 0 && control >>> 10 == SLEEP_TYPE_OFF) {
                    power.off();
                }
            }
            default -> {}
        }
        settle();
    }

    private void catchUp() {
        long carries = ticks() / CARRY_TICKS;
        if (carries != carriesSeen) {
            carriesSeen = carries;
            status |= TIMER_CARRY;
        }
    }

    private void settle() {
        catchUp();
        sci.level((status & enabled) != 0);
        if ((enabled & ~status & TIMER_CARRY) != 0) {
            carry.arm(CLOCK.nanos((carriesSeen + 1) * CARRY_TICKS));
        } else {
            carry.cancel();
        }
    }
}
