package cloison.net.port;

import cloison.net.frame.Frame;

/// Sees the frames that pass a port and keeps what it retains.
///
/// **Owner:** called on the threads of all senders, several at once; must not block.
@FunctionalInterface
public interface FrameWatcher {
    /// Which way a frame passes a port.
    enum Direction {
        /// From the adapter into the switch.
        SENT,
        /// From the switch to the adapter.
        RECEIVED
    }

    /// A frame passes; the watcher may [retain][Frame#retain] it and must not change it.
    ///
    /// @param tag the VLAN tag with which it passes, or [Frame#UNTAGGED]
    void seen(Frame frame, int tag, Direction direction);
}
