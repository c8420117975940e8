package cloison.hyperv.vmbus;

/// What serves one open channel.
///
/// **Owner:** one agent thread from after [VmbusDevice#open] until [#closed] returns.
public interface ChannelTask {
    /// Does a bounded part of what there is to do and returns; never blocks. A guest can write as fast as a task
    /// reads, so a turn ends some time even if the ring never runs empty.
    ///
    /// Called when the guest has signalled, when ring space that was waited for is there, when somebody called
    /// [Channel#wake], and when [#dueInNanos] has passed.
    ///
    /// @return how many things were done; 0 means wait
    int turn();

    /// {@return nanoseconds until a turn is due even if nobody signals; [Long#MAX_VALUE] for never}
    default long dueInNanos() {
        return Long.MAX_VALUE;
    }

    /// The guest takes back the pages that it shared under `gpadl`: forget them before this returns. The task
    /// has had a turn for everything that the guest sent earlier.
    default void revoked(int gpadl) {}

    /// The channel is closing: forget guest memory before this returns. The last call.
    void closed();
}
