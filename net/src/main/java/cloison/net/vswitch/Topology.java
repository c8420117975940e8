package cloison.net.vswitch;

import java.util.List;

/// The ports that a switch has at one moment. Immutable; the data path reads it once per frame.
///
/// @param ports the connected ports, in the order in which they were connected
record Topology(List<Port> ports) {
    static final Topology EMPTY = new Topology(List.of());
}
