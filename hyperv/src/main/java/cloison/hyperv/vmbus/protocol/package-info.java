/// The control messages of VMBus, and the numbers in them.
///
/// A message travels as the payload of a SynIC message, at most 240 bytes. It begins with its type and four
/// bytes of padding; numbers are little-endian.
///
/// Sources: Linux `include/linux/hyperv.h` and `drivers/hv` (what guests send and take), OpenVMM
/// `vm/devices/vmbus/vmbus_core` (versions, and the messages that Linux never sends). Left out: version 6.0
/// with its feature flags and the messages from 25 on, reserved channels (18 to 20), monitored notification.
package cloison.hyperv.vmbus.protocol;
