package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Channel.GuestBuffer;
import cloison.hyperv.vmbus.Packet;
import cloison.net.frame.Frame;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.NvspVersion;
import org.jspecify.annotations.Nullable;

/// A version is agreed; the guest says what it is and shares its buffers.
///
/// @param mtu the payload of a frame that the guest chose
/// @param sendBuffer the buffer that the guest shared to send from, if it has already
record Configuring(
        Session session,
        NvspVersion version,
        int mtu,
        @Nullable SendBuffer sendBuffer) implements NetVspPhase {
    private static final int LEAST_MTU = 68;

    @Override
    public NetVspPhase after(Packet packet) {
        NvspMessage message = NvspMessage.decode(packet.payload, packet.length, version);
        if (packet.type != Packet.IN_BAND) {
            session.refuse(message, packet);
            return this;
        }
        return switch (message) {
            case NvspMessage.NdisConfiguration configuration -> configured(configuration, packet);
            case NvspMessage.NdisVersion _ -> {
                // A guest may ask for a completion, though none has a form for it: an empty one.
                session.completions().empty(packet);
                yield this;
            }
            case NvspMessage.ReceiveBuffer shared -> connected(shared, packet);
            case NvspMessage.SendBuffer shared -> withSendBuffer(shared, packet);
            case NvspMessage.RevokeSendBuffer _ -> {
                session.completions().empty(packet);
                yield new Configuring(session, version, mtu, null);
            }
            default -> {
                session.refuse(message, packet);
                yield this;
            }
        };
    }

    private NetVspPhase configured(NvspMessage.NdisConfiguration configuration, Packet packet) {
        session.completions().empty(packet);
        long wanted = configuration.mtu() - Frame.HEADER_SIZE;
        int largest = session.device().settings().largestMtu();
        int chosen = wanted < LEAST_MTU ? NetVspSettings.MTU : (int) Math.min(wanted, largest);
        return new Configuring(session, version, chosen, sendBuffer);
    }

    private NetVspPhase connected(NvspMessage.ReceiveBuffer shared, Packet packet) {
        GuestBuffer buffer = session.channel().buffer(shared.gpadl());
        ReceiveBuffer receiveBuffer =
                buffer == null ? null : ReceiveBuffer.over(buffer, shared.gpadl(), shared.id(), mtu);
        if (receiveBuffer == null) {
            session.counters().increment(NetVspCounter.MALFORMED);
            session.fail(shared, packet);
            return this;
        }
        NvspMessage.receiveBufferComplete(
                session.completions().reply(), NvspMessage.STATUS_SUCCESS, receiveBuffer.size(), receiveBuffer.count());
        session.completions().send(packet);
        ToGuest toGuest = new ToGuest(session, receiveBuffer);
        FromGuest fromGuest = new FromGuest(session, Math.max(mtu, NetVspSettings.MTU));
        return new Connected(new Buffers(session, version, mtu, sendBuffer, toGuest, fromGuest));
    }

    private NetVspPhase withSendBuffer(NvspMessage.SendBuffer shared, Packet packet) {
        SendBuffer buffer = SendBuffer.shared(session, shared, packet);
        return buffer == null ? this : new Configuring(session, version, mtu, buffer);
    }

    @Override
    public NetVspPhase revoked(int gpadl) {
        return sendBuffer != null && sendBuffer.gpadl() == gpadl ? new Configuring(session, version, mtu, null) : this;
    }

    @Override
    public NetVspStatus status() {
        return new NetVspStatus(
                "configuring", version, mtu, 0, session.device().settings().address());
    }
}
