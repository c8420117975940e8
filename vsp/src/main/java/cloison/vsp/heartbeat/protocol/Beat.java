package cloison.vsp.heartbeat.protocol;

import cloison.machine.wire.Wire;

/// A beat, or its answer: a sequence number, which the guest answers with the next one, an application state (32
/// bits) and 28 reserved bytes. Linux: `struct heartbeat_msg_data`.
public sealed interface Beat {
    /// Linux: `ICMSGTYPE_HEARTBEAT`.
    int TYPE = 1;
    /// Bytes of the body.
    int SIZE = 40;
    /// The application state of a guest in which something is critical.
    int CRITICAL = 2;

    /// The guest's answer.
    record Answer(long sequence, int state) implements Beat {}

    /// Fewer bytes than a beat has.
    record Malformed(int size) implements Beat {}

    /// {@return the answer in `body`}
    static Beat decode(byte[] body) {
        return body.length < 12 ? new Malformed(body.length) : new Answer(Wire.u64(body, 0), Wire.i32(body, 8));
    }

    /// {@return a beat}
    static byte[] encode(long sequence) {
        byte[] to = new byte[SIZE];
        Wire.put64(to, 0, sequence);
        return to;
    }
}
