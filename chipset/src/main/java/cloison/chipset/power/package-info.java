/// Ways in which a guest ends or restarts its partition: ACPI power management, the reset ports, the debug exit.
///
/// Source: ACPI specification 6.5, section 4.8 (fixed hardware); Intel 82371AB (PIIX4) data sheet for ports 0x92 and
/// 0xCF9; IBM PC/AT technical reference for port 0x64. Left out: SMI, sleep states but S5, general-purpose events,
/// everything of a keyboard controller but its reset line.
package cloison.chipset.power;
