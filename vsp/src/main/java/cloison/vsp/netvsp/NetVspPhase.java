package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Packet;

/// Where the conversation on one channel stands. Each phase holds what exists only then.
///
/// **Owner:** the channel's thread.
sealed interface NetVspPhase permits Negotiating, Configuring, Connected, Operating {
    /// Handles a packet; {@return the phase that it leads to}
    NetVspPhase after(Packet packet);

    /// The guest takes the pages of a GPADL back; {@return the phase that this leads to}
    NetVspPhase revoked(int gpadl);

    /// Does what is due without a packet; {@return how much that was}
    default int work() {
        return 0;
    }

    /// The phase ends.
    default void left() {}

    /// {@return the phase for people}
    NetVspStatus status();
}
