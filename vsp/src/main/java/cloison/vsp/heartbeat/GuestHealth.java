package cloison.vsp.heartbeat;

/// What is known about a guest's life.
public enum GuestHealth {
    /// No driver of the guest takes part.
    ABSENT,
    /// The guest answers.
    ALIVE,
    /// The guest answers, and says that an application of it is in trouble.
    CRITICAL,
    /// The guest has not answered for several periods.
    SILENT
}
