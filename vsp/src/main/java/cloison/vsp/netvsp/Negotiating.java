package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Packet;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.NvspVersion;

/// The guest proposes versions, the newest that it knows first, until one is taken.
record Negotiating(Session session) implements NetVspPhase {
    /// Pieces that a packet with frames may have, as the guest is told.
    private static final int MDL_CHAIN = 34;

    @Override
    public NetVspPhase after(Packet packet) {
        NvspMessage message = NvspMessage.decode(packet.payload, packet.length, NvspVersion.V1);
        if (packet.type != Packet.IN_BAND || !(message instanceof NvspMessage.Init init)) {
            session.refuse(message, packet);
            return this;
        }
        NvspVersion version = NvspVersion.of(init.version());
        boolean taken = version != null && session.device().settings().newest().atLeast(version);
        NvspMessage.initComplete(
                session.completions().reply(),
                version == null ? NvspVersion.V6_1 : version,
                MDL_CHAIN,
                taken ? NvspMessage.STATUS_SUCCESS : NvspMessage.STATUS_FAILURE);
        session.completions().send(packet);
        return taken && version != null ? new Configuring(session, version, NetVspSettings.MTU, null) : this;
    }

    @Override
    public NetVspPhase revoked(int gpadl) {
        return this;
    }

    @Override
    public NetVspStatus status() {
        return new NetVspStatus(
                "negotiating",
                null,
                NetVspSettings.MTU,
                0,
                session.device().settings().address());
    }
}
