package cloison.machine.time;

/// The time of one partition: starts at zero, stands still while the partition is paused. Callable from any thread.
public interface Clock {
    /// {@return nanoseconds since the partition started, pauses left out}
    long nanos();

    /// {@return the host's wall clock in nanoseconds since 1970-01-01T00:00:00Z}
    long wallNanos();
}
