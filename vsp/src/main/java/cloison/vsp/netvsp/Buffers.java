package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Packet;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.NvspVersion;
import org.jspecify.annotations.Nullable;

/// What a guest that can be answered has agreed and shared.
///
/// @param mtu the payload of a frame that the guest chose
/// @param sendBuffer the buffer that the guest shared to send from, if it has
record Buffers(
        Session session,
        NvspVersion version,
        int mtu,
        @Nullable SendBuffer sendBuffer,
        ToGuest toGuest,
        FromGuest fromGuest) {
    /// {@return the same with this send buffer}
    Buffers with(@Nullable SendBuffer buffer) {
        return new Buffers(session, version, mtu, buffer, toGuest, fromGuest);
    }

    /// {@return the phase without the receive buffer}
    Configuring withoutReceiveBuffer() {
        return new Configuring(session, version, mtu, sendBuffer);
    }

    /// {@return the same without the send buffer, if it is shared under this GPADL}
    Buffers withoutSendBuffer(int gpadl) {
        return sendBuffer != null && sendBuffer.gpadl() == gpadl ? with(null) : this;
    }

    /// {@return whether the receive buffer is shared under this GPADL}
    boolean receivesInto(int gpadl) {
        return toGuest.buffer().gpadl() == gpadl;
    }

    /// {@return the message in a packet; only RNDIS comes with pages}
    NvspMessage decode(Packet packet) {
        NvspMessage message = NvspMessage.decode(packet.payload, packet.length, version);
        boolean plain = packet.type == Packet.IN_BAND
                || packet.type == Packet.GPA_DIRECT && message instanceof NvspMessage.RndisPacket;
        return plain ? message : new NvspMessage.Unknown(NvspMessage.type(packet.payload, packet.length));
    }

    /// Completes an RNDIS packet that was opened and is of no use.
    void refuse(Packet packet) {
        session.refuse(new NvspMessage.Malformed(NvspMessage.RndisPacket.TYPE, packet.length), packet);
    }

    /// Queues the answer to a control message and completes the packet it came in.
    void reply(byte[] answer, Packet packet) {
        boolean posted = toGuest.post(answer);
        if (!posted) {
            session.counters().increment(NetVspCounter.CONTROL_DROPPED);
        }
        complete(packet, posted ? NvspMessage.STATUS_SUCCESS : NvspMessage.STATUS_FAILURE);
    }

    /// Completes an RNDIS packet.
    void complete(Packet packet, int status) {
        NvspMessage.rndisComplete(session.completions().reply(), status);
        session.completions().send(packet);
    }
}
