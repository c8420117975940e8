/// Local APICs, the I/O APIC, and the fabric that carries interrupt messages between them.
///
/// Sources: Intel SDM volume 3, chapter 12 (advanced programmable interrupt controller, x2APIC); Intel 82093AA data
/// sheet (290566). Left out: system-management interrupts, CMCI, remote reads, the focus processor, directed EOI.
///
/// Any thread may make an interrupt pending: requests are atomic bit sets, so a delivery takes no lock. Everything else
/// in a local APIC belongs to its virtual processor's thread. Lock order: device, then wire, then 8259 pair or I/O
/// APIC; a local APIC's timer has a leaf lock.
package cloison.chipset.apic;
