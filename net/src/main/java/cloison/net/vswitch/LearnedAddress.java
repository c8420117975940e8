package cloison.net.vswitch;

import cloison.net.frame.MacAddress;
import java.time.Duration;

/// One line of a switch's address table, for people.
///
/// @param address the address
/// @param vlan the VLAN in which it was seen, 0 for frames of no VLAN
/// @param port the name of the port behind which it is
/// @param silent how long ago it was last seen
public record LearnedAddress(MacAddress address, int vlan, String port, Duration silent) {}
