/// The serial ports of a PC.
///
/// Source: National Semiconductor PC16550D data sheet (TL/C/8652). Left out: baud rate (a byte leaves at once and the
/// receive time-out of four characters has always passed), framing and parity, DMA modes.
package cloison.chipset.uart;
