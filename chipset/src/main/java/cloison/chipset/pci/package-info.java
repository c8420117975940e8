/// The root of a PCI bus, found as on every PC.
///
/// Sources: PCI Local Bus Specification 3.0, chapter 6 and 3.2.2.3 (configuration mechanism #1); Intel 440BX data sheet
/// (290633). Left out: bridges to other buses, extended configuration space, interrupts of functions.
package cloison.chipset.pci;
