/// The catalogue: a partition's chipset put together from its parts, for the room `vm` to wire.
///
/// Every partition has local APICs, an I/O APIC, an 8259 pair, an 8254, a CMOS clock, ACPI power management and the
/// reset ports. Serial ports and the debug exit are chosen by [cloison.chipset.OptionalDevice].
package cloison.chipset;
