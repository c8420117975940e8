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
    Outcome accept(Frame frame);
}
