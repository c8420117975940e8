package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Packet;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.RndisMessage;

/// The receive buffer is shared, so that the guest can be answered; RNDIS is not initialised.
record Connected(Buffers buffers) implements NetVspPhase {
    /// Frames that a guest may put into one packet.
    private static final int PACKETS_PER_MESSAGE = 8;
    /// The base-2 logarithm of the alignment of each of them.
    private static final int ALIGNMENT = 3;
    /// Bytes of a packet at most: as much as a send buffer section and pages can carry.
    private static final int TRANSFER_LIMIT = 1 << 17;

    @Override
    public NetVspPhase after(Packet packet) {
        if (packet.type == Packet.COMPLETION) {
            buffers.toGuest().completed(packet.transactionId);
            return this;
        }
        return switch (buffers.decode(packet)) {
            case NvspMessage.RndisPacket _ -> rndis(packet);
            case NvspMessage.SendBuffer shared -> {
                SendBuffer buffer = SendBuffer.shared(buffers.session(), shared, packet);
                yield buffer == null ? this : new Connected(buffers.with(buffer));
            }
            case NvspMessage.RevokeSendBuffer _ -> {
                buffers.session().completions().empty(packet);
                yield new Connected(buffers.with(null));
            }
            case NvspMessage.RevokeReceiveBuffer _ -> {
                buffers.session().completions().empty(packet);
                yield buffers.withoutReceiveBuffer();
            }
            case NvspMessage other -> {
                buffers.session().answer(other, packet);
                yield this;
            }
        };
    }

    private NetVspPhase rndis(Packet packet) {
        FromGuest fromGuest = buffers.fromGuest();
        if (!fromGuest.open(buffers.sendBuffer(), packet) || !fromGuest.readControl()) {
            buffers.refuse(packet);
            return this;
        }
        return switch (RndisMessage.decode(fromGuest.control(), fromGuest.controlSize())) {
            case RndisMessage.Initialize initialize -> initialized(initialize, packet);
            case RndisMessage.Halt _ -> {
                buffers.complete(packet, NvspMessage.STATUS_SUCCESS);
                yield this;
            }
            case RndisMessage.Malformed _ -> {
                buffers.refuse(packet);
                yield this;
            }
            default -> {
                buffers.session().counters().increment(NetVspCounter.OUT_OF_PLACE);
                buffers.complete(packet, NvspMessage.STATUS_FAILURE);
                yield this;
            }
        };
    }

    private NetVspPhase initialized(RndisMessage.Initialize initialize, Packet packet) {
        buffers.session().counters().increment(NetVspCounter.CONTROL_MESSAGES);
        boolean ready = buffers.toGuest().ready();
        buffers.reply(
                RndisMessage.initialized(initialize.request(), PACKETS_PER_MESSAGE, TRANSFER_LIMIT, ALIGNMENT), packet);
        return ready ? new Operating(buffers) : this;
    }

    @Override
    public int work() {
        return buffers.toGuest().sendControl();
    }

    @Override
    public NetVspPhase revoked(int gpadl) {
        Buffers kept = buffers.withoutSendBuffer(gpadl);
        if (buffers.receivesInto(gpadl)) {
            return kept.withoutReceiveBuffer();
        }
        return kept == buffers ? this : new Connected(kept);
    }

    @Override
    public NetVspStatus status() {
        return new NetVspStatus(
                "connected",
                buffers.version(),
                buffers.mtu(),
                0,
                buffers.session().device().currentAddress());
    }
}
