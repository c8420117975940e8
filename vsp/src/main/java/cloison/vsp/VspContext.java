package cloison.vsp;

import cloison.machine.memory.GuestMemory;
import cloison.machine.time.Clock;

/// What the partition gives its VMBus devices.
///
/// @param memory the partition's memory
/// @param clock the partition's clock: its time is the guest's reference counter
public record VspContext(GuestMemory memory, Clock clock) {}
