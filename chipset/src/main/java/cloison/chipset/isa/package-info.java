/// Parts that devices on an ISA bus share: byte-wide ports, clock rates, timers that hold a device's lock.
package cloison.chipset.isa;
