package cloison.hyperv.hypercall;

import cloison.hyperv.protocol.HvStatus;

/// The connections of a partition: what a guest reaches with PostMessage and SignalEvent. Called on virtual
/// processors' threads; must not block.
public interface Connections {
    /// No connections.
    Connections NONE = new Connections() {
        @Override
        public int postMessage(int connection, int type, byte[] from, int at, int length) {
            return HvStatus.INVALID_CONNECTION_ID;
        }

        @Override
        public int signalEvent(int connection, int flag) {
            return HvStatus.INVALID_CONNECTION_ID;
        }
    };

    /// Takes a message of `length` bytes, which it copies; {@return a status}
    int postMessage(int connection, int type, byte[] from, int at, int length);

    /// Takes an event; {@return a status}
    int signalEvent(int connection, int flag);
}
