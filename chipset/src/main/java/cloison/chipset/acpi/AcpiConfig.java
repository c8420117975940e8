package cloison.chipset.acpi;

import cloison.chipset.uart.SerialPort;
import java.util.List;

/// What the ACPI tables tell of a partition beyond what all partitions have.
///
/// @param processors number of virtual processors, whose APIC ids are 0 and up
/// @param serialPorts the serial ports that exist
/// @param windows where devices on VMBus may be given memory: one below 4 GiB and one above it is customary
public record AcpiConfig(int processors, List<SerialPort> serialPorts, List<MemoryWindow> windows) {
    /// Takes copies.
    public AcpiConfig {
        if (processors < 1) {
            throw new IllegalArgumentException("a partition has at least one processor, not " + processors);
        }
        serialPorts = List.copyOf(serialPorts);
        windows = List.copyOf(windows);
    }
}
