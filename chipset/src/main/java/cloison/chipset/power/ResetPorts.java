package cloison.chipset.power;

import cloison.chipset.isa.ByteWideDevice;

/// The ports by which a PC's software pulls the reset line: the chipset's reset control, the system-control port, and
/// the command port of a keyboard controller that has nothing else and is never busy.
///
/// **Owner:** who holds the device's lock.
public final class ResetPorts implements ByteWideDevice {
    /// Reset control, which the FADT names as the reset register.
    public static final int RESET_CONTROL = 0xCF9;
    /// The value that the FADT names: reset, not only of the processors.
    public static final int RESET_VALUE = 0x06;
    /// Fast A20 and reset.
    public static final int SYSTEM_CONTROL = 0x92;
    /// Data of the keyboard controller.
    public static final int KEYBOARD_DATA = 0x60;
    /// Status and command of the keyboard controller.
    public static final int KEYBOARD_COMMAND = 0x64;

    private static final int RESET_BIT = 1 << 2;
    private static final int FAST_RESET = 1;
    private static final int A20 = 1 << 1;
    /// Not locked, self-test passed, both buffers empty.
    private static final int KEYBOARD_IDLE = 0x14;

    private static final int PULSE_OUTPUT = 0xF0;
    private static final int WRITE_OUTPUT = 0xD1;
    private static final int RESET_OUTPUT = 1;

    // wiring
    private final PowerSwitch power;

    // registers
    private int resetControl;
    private int systemControl = A20;
    private boolean outputFollows;

    /// Ports that reset the machine of `power`.
    public ResetPorts(PowerSwitch power) {
        this.power = power;
    }

    @Override
    public int read(int port) {
        return switch (port) {
            case RESET_CONTROL -> resetControl;
            case SYSTEM_CONTROL -> systemControl;
            case KEYBOARD_DATA -> 0;
            case KEYBOARD_COMMAND -> KEYBOARD_IDLE;
            default -> NOTHING;
        };
    }

    @Override
    public void write(int port, int value) {
        switch (port) {
            case RESET_CONTROL -> {
                boolean pulled = (value & ~resetControl & RESET_BIT) != 0;
                resetControl = value & 0x02;
                reset(pulled);
            }
            case SYSTEM_CONTROL -> {
                boolean pulled = (value & ~systemControl & FAST_RESET) != 0;
                systemControl = value & ~FAST_RESET;
                reset(pulled);
            }
            case KEYBOARD_DATA -> {
                reset(outputFollows && (value & RESET_OUTPUT) == 0);
                outputFollows = false;
            }
            case KEYBOARD_COMMAND -> {
                outputFollows = value == WRITE_OUTPUT;
                reset(value >= PULSE_OUTPUT && (value & RESET_OUTPUT) == 0);
            }
            default -> {}
        }
    }

    private void reset(boolean pulled) {
        if (pulled) {
            power.reset();
        }
    }
}
