package cloison.chipset.pci;

import cloison.machine.bus.PortDevice;
import org.jspecify.annotations.Nullable;

/// PCI bus 0 and the way to its configuration space: an address port and a data port.
///
/// ```text
///  address
///  31       30     24 23  16 15    11 10       8 7          2 1  0
///  +--------+--------+------+--------+----------+------------+----+
///  | enable | zero   | bus  | device | function | register   | 0  |
///  +--------+--------+------+--------+----------+------------+----+
/// ```
///
/// The address takes and gives 32 bits at a time only; narrower accesses there are not for PCI. Where there is no
/// function, reads give all ones.
///
/// **Owner:** wired before the first processor runs; then the port bus's lock guards it.
public final class PciBus implements PortDevice {
    /// The address port.
    public static final int ADDRESS_PORT = 0xCF8;
    /// The first of the data ports.
    public static final int DATA_PORT = 0xCFC;
    /// How many data ports there are.
    public static final int DATA_PORTS = 4;

    /// The first address that a function may be given in port space, and the last.
    public static final int FIRST_PORT = 0x1000;

    public static final int LAST_PORT = 0xFFFF;

    private static final int NOTHING = -1;
    private static final int ENABLED = 1 << 31;
    private static final int IMPLEMENTED = 0x80FF_FFFC;

    // wiring
    private final @Nullable PciFunction[] functions = new @Nullable PciFunction[32 * 8];

    // registers
    private int address;

    /// An empty bus.
    public PciBus() {}

    /// Puts `what` in its place.
    ///
    /// @param device 0 to 31
    /// @param function 0 to 7
    public void attach(int device, int function, PciFunction what) {
        int place = device << 3 | function;
        if (functions[place] != null) {
            throw new IllegalArgumentException("PCI device %d has a function %d already".formatted(device, function));
        }
        functions[place] = what;
    }

    private @Nullable PciFunction addressed() {
        boolean here = (address & ENABLED) != 0 && (address >>> 16 & 0xFF) == 0;
        return here ? functions[address >>> 8 & 0xFF] : null;
    }

    @Override
    public int portRead(int port, int size) {
        if (port == ADDRESS_PORT) {
            return size == 4 ? address : NOTHING;
        }
        int offset = port - DATA_PORT;
        PciFunction function = addressed();
        return function == null || offset + size > 4 ? NOTHING : function.configRead(address & 0xFC) >>> 8 * offset;
    }

    @Override
    public void portWrite(int port, int size, int value) {
        if (port == ADDRESS_PORT) {
            if (size == 4) {
                address = value & IMPLEMENTED;
            }
            return;
        }
        int offset = port - DATA_PORT;
        PciFunction function = addressed();
        if (function != null && offset + size <= 4) {
            int written = -1 >>> 32 - 8 * size << 8 * offset;
            function.configWrite(address & 0xFC, value << 8 * offset, written);
        }
    }
}
