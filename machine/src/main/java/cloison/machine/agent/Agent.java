package cloison.machine.agent;

/// Something that works in turns on one thread.
///
/// **Owner:** the runner it is given to. A turn drains, acts and returns; it never blocks, sleeps or waits for a lock.
public interface Agent {
    /// Does what there is to do.
    ///
    /// @return how many things were done; 0 lets the runner wait for its doorbell
    int turn();

    /// {@return the name of the thread that runs this}
    String role();

    /// {@return nanoseconds until a turn is due even if nobody rings; [Long#MAX_VALUE] for never}
    default long dueInNanos() {
        return Long.MAX_VALUE;
    }
}
