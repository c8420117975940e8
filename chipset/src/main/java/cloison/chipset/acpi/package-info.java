/// The ACPI tables of a partition, and the small AML writer that makes the DSDT.
///
/// Source: ACPI specification 6.5, chapters 5 (tables), 6 (device configuration), 20 (AML grammar). What a Linux guest
/// of a Hyper-V machine looks for in them: `\_SB.VMOD` (`ACPI0004`) with the memory windows, and below it the VMBus.
package cloison.chipset.acpi;
