package cloison.hyperv.synic;

import cloison.machine.wire.Wire;

/// A message that waits for its slot.
sealed interface QueuedMessage {
    /// A message that somebody posted.
    record Posted(int type, long origin, byte[] payload) implements QueuedMessage {}

    /// The expiration message of one timer: its only buffer, so there is at most one outstanding per timer.
    ///
    /// ```text
    ///  0       4      8            16          24
    ///  +-------+------+------------+-----------+
    ///  | timer | zero | expiration | delivery  |
    ///  +-------+------+------------+-----------+
    /// ```
    final class Expired implements QueuedMessage {
        static final int TYPE = 0x8000_0010;
        static final int SIZE = 24;

        final byte[] payload = new byte[SIZE];
        private boolean outstanding;

        Expired(int timer) {
            Wire.put32(payload, 0, timer);
        }

        /// {@return whether the buffer was free; it is in use from here on}
        boolean take(long expiration) {
            if (outstanding) {
                return false;
            }
            outstanding = true;
            Wire.put64(payload, 8, expiration);
            return true;
        }

        /// Frees the buffer when its message is put into the slot.
        void delivered(long now) {
            outstanding = false;
            Wire.put64(payload, 16, now);
        }

        /// Frees the buffer without delivery.
        void dropped() {
            outstanding = false;
        }
    }
}
