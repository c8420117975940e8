/// The pair of 8259A interrupt controllers of a PC/AT, with the edge/level control registers of its successors.
///
/// Source: Intel 8259A data sheet (231468), Intel 82371AB (PIIX4) data sheet for ELCR. Left out: 8080 mode, buffered
/// mode, single mode wiring.
package cloison.chipset.pic;
