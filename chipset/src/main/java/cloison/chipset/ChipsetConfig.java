package cloison.chipset;

import cloison.chipset.apic.ApicConfig;
import java.util.List;

/// What a partition's chipset is made of.
///
/// @param processors number of virtual processors
/// @param apic what their local APICs have in common
/// @param devices serial ports and other things a partition may have
public record ChipsetConfig(int processors, ApicConfig apic, List<OptionalDevice> devices) {
    /// Takes a copy.
    public ChipsetConfig {
        if (processors < 1) {
            throw new IllegalArgumentException("a partition has at least one processor, not " + processors);
        }
        devices = List.copyOf(devices);
    }
}
