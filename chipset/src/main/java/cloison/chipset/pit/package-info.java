/// The 8254 interval timer of a PC/AT with the part of port 0x61 that belongs to it.
///
/// Source: Intel 8254 data sheet (231164). Left out: the low phase of OUT at the interrupt wire (an expiry of channel 0
/// is one edge), the speaker, and the one-clock delay between a count's write and its load.
package cloison.chipset.pit;
