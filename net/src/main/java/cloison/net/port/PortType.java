package cloison.net.port;

/// What kind of adapter a port is for.
public enum PortType {
    /// The parent's own adapter.
    INTERNAL,
    /// A child's adapter on VMBus.
    SYNTHETIC,
    /// A child's adapter that imitates real hardware.
    EMULATED
}
