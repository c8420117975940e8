import org.jspecify.annotations.NullMarked;

/// Devices on a port or memory bus: what a PC has besides processors and memory.
@NullMarked
module cloison.chipset {
    requires transitive cloison.machine;
    requires transitive cloison.net;
    requires static transitive org.jspecify;

    exports cloison.chipset;
    exports cloison.chipset.acpi;
    exports cloison.chipset.apic;
    exports cloison.chipset.isa;
    exports cloison.chipset.power;
    exports cloison.chipset.uart;
}
