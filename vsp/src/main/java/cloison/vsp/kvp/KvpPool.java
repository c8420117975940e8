package cloison.vsp.kvp;

/// A set of key-value pairs that a guest keeps.
public enum KvpPool {
    /// What the host wrote for the guest.
    EXTERNAL,
    /// What the guest wrote for the host.
    GUEST,
    /// What the guest's daemon says about the guest: names, versions, addresses.
    AUTO,
    /// What the host's own system says about itself; it is written by the host.
    AUTO_EXTERNAL
}
