/// The rings of VMBus channels: how packets travel through guest memory, and when one side must wake the other.
///
/// A channel has two rings in one GPADL, each a control page and a data area. The writer owns the write index,
/// the reader the read index; neither trusts the other's. What this room reads from a guest is copied to host
/// memory once and checked there.
///
/// Sources: Linux `drivers/hv/ring_buffer.c` and `include/linux/hyperv.h` (what guests do), OpenVMM
/// `vm/devices/vmbus/vmbus_ring` (what a host does). Left out: monitored notification, pinned memory, confidential
/// rings.
package cloison.hyperv.vmbus.ring;
