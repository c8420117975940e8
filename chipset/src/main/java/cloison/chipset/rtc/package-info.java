/// The clock and CMOS memory of a PC/AT.
///
/// Source: Motorola MC146818A data sheet; Intel 82371AB (PIIX4) data sheet for the ports and the century byte's
/// customary place. Left out: daylight saving, the square-wave pin, the power-fail behaviour, the second bank.
package cloison.chipset.rtc;
