package cloison.net.port;

import cloison.net.frame.Frame;

/// Where a port delivers the frames that are meant for its adapter.
///
/// **Owner:** called on the threads of all senders, several at once; must not block.
@FunctionalInterface
public interface FrameSink {
    /// What became of a frame.
    enum Outcome {
        /// The sink has it, and with it one reference.
        TAKEN,
        /// No room; the reference stays with the caller.
        FULL,
        /// Nobody is there to take it; the reference stays with the caller.
        CLOSED
    }

    /// Offers a frame, and one reference to it.
    ///
    /// @param tag the VLAN tag with which the frame leaves the port, or [Frame#UNTAGGED]; the frame's own is
    /// the one with which it came into the switch
    Outcome accept(Frame frame, int tag);
}
