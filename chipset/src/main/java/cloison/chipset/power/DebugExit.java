package cloison.chipset.power;

import cloison.machine.bus.PortDevice;

/// A port that ends the run: a write of `v` gives the exit status `2v + 1`, so that a test kernel can tell its result.
///
/// **Owner:** who holds the device's lock.
public final class DebugExit implements PortDevice {
    /// Number of I/O ports.
    public static final int PORTS = 4;

    private final PowerSwitch power;

    /// A port that ends the run of `power`.
    public DebugExit(PowerSwitch power) {
        this.power = power;
    }

    @Override
    public int portRead(int port, int size) {
        return 0;
    }

    @Override
    public void portWrite(int port, int size, int value) {
        int written = size == 4 ? value : value & (1 << 8 * size) - 1;
        power.exit(written << 1 | 1);
    }
}
