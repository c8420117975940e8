package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Channel.GuestBuffer;
import cloison.hyperv.vmbus.Packet;
import cloison.vsp.netvsp.protocol.NvspMessage;
import org.jspecify.annotations.Nullable;

/// The buffer that a guest shared to send from, cut into sections of equal size.
///
/// @param sections how many sections fit
record SendBuffer(GuestBuffer buffer, int gpadl, int sections) {
    /// Bytes of a section: room for several frames.
    static final int SECTION_SIZE = 6144;

    /// Takes the buffer that a message names and answers the message; {@return the buffer, or null if it is refused}
    static @Nullable SendBuffer shared(Session session, NvspMessage.SendBuffer message, Packet packet) {
        GuestBuffer buffer = session.channel().buffer(message.gpadl());
        if (buffer == null || buffer.length() < SECTION_SIZE) {
            session.counters().increment(NetVspCounter.MALFORMED);
            session.fail(message, packet);
            return null;
        }
        NvspMessage.sendBufferComplete(session.completions().reply(), NvspMessage.STATUS_SUCCESS, SECTION_SIZE);
        session.completions().send(packet);
        return new SendBuffer(buffer, message.gpadl(), (int) Math.min(buffer.length() / SECTION_SIZE, 1 << 16));
    }

    /// {@return whether the first `size` bytes of a section are in the buffer}
    boolean holds(int section, long size) {
        return section >= 0 && section < sections && size <= SECTION_SIZE;
    }

    /// Copies bytes out of a section.
    void read(int section, int from, byte[] to, int at, int length) {
        buffer.pages().read(buffer.offset() + (long) section * SECTION_SIZE + from, to, at, length);
    }
}
