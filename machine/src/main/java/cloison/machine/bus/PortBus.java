package cloison.machine.bus;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The I/O ports of one partition.
///
/// A read of a port that nobody has gives all ones and a write goes nowhere, as on an ISA bus. An access wider than the
/// device at its first port is handed to that device whole.
///
/// **Owner:** wired by the assembler before the first processor runs; then read by all processors.
public final class PortBus {
    private record Range(int first, int count, PortDevice device) {}

    private final List<Range> ranges = new ArrayList<>();
    private final @Nullable PortDevice[] devices = new @Nullable PortDevice[0x1_0000];

    /// An empty bus.
    public PortBus() {}

    /// Gives `count` ports from `first` to `device`.
    public void attach(int first, int count, PortDevice device) {
        for (int port = first; port < first + count; port++) {
            if (devices[port] != null) {
                throw new IllegalArgumentException("port 0x%x has a device already".formatted(port));
            }
            devices[port] = device;
        }
        ranges.add(new Range(first, count, device));
    }

    /// Takes all ports of `device` away.
    public void detach(PortDevice device) {
        for (Range range : ranges) {
            if (range.device() == device) {
                for (int port = range.first(); port < range.first() + range.count(); port++) {
                    devices[port] = null;
                }
            }
        }
        ranges.removeIf(range -> range.device() == device);
    }

    /// {@return what the port reads}
    public int read(int port, int size) {
        int mask = -1 >>> (32 - 8 * size);
        PortDevice device = devices[port & 0xFFFF];
        if (device == null) {
            return mask;
        }
        synchronized (device) {
            return device.portRead(port, size) & mask;
        }
    }

    /// Writes a port.
    public void write(int port, int size, int value) {
        PortDevice device = devices[port & 0xFFFF];
        if (device != null) {
            synchronized (device) {
                device.portWrite(port, size, value);
            }
        }
    }
}
