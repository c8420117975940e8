package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Packet;
import cloison.net.frame.MacAddress;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.PacketFilter;
import cloison.vsp.netvsp.protocol.RndisMessage;
import cloison.vsp.netvsp.protocol.RndisStatus;

/// RNDIS is initialised: the guest asks and sets objects, and frames flow as far as its packet filter lets them.
///
/// **Owner:** the channel's thread.
final class Operating implements NetVspPhase {
    // wiring
    private final Session session;
    private final NetVsp device;
    private final AdapterObjects objects;

    // state
    private Buffers buffers;
    private PacketFilter filter = PacketFilter.NONE;
    /// The link state that the guest knows.
    private boolean toldUp;

    Operating(Buffers buffers) {
        this.buffers = buffers;
        session = buffers.session();
        device = session.device();
        objects = new AdapterObjects(device, buffers.mtu());
        toldUp = device.linkUp();
    }

    @Override
    public NetVspPhase after(Packet packet) {
        if (packet.type == Packet.COMPLETION) {
            buffers.toGuest().completed(packet.transactionId);
            return this;
        }
        // Frames are recognised without making a message of them.
        boolean rndis = NvspMessage.type(packet.payload, packet.length) == NvspMessage.RndisPacket.TYPE
                && packet.length >= NvspMessage.sizeOf(NvspMessage.RndisPacket.TYPE, buffers.version())
                && (packet.type == Packet.IN_BAND || packet.type == Packet.GPA_DIRECT);
        return rndis ? rndis(packet) : other(packet);
    }

    private NetVspPhase other(Packet packet) {
        return switch (buffers.decode(packet)) {
            case NvspMessage.RevokeSendBuffer _ -> {
                session.completions().empty(packet);
                buffers = buffers.with(null);
                yield this;
            }
            case NvspMessage.RevokeReceiveBuffer _ -> {
                session.completions().empty(packet);
                yield buffers.withoutReceiveBuffer();
            }
            case NvspMessage message -> {
                session.answer(message, packet);
                yield this;
            }
        };
    }

    private NetVspPhase rndis(Packet packet) {
        FromGuest fromGuest = buffers.fromGuest();
        if (!fromGuest.open(buffers.sendBuffer(), packet)) {
            buffers.refuse(packet);
        } else if (fromGuest.carriesFrames()) {
            buffers.complete(packet, fromGuest.forward());
        } else if (!fromGuest.readControl()) {
            buffers.refuse(packet);
        } else {
            session.counters().increment(NetVspCounter.CONTROL_MESSAGES);
            return control(RndisMessage.decode(fromGuest.control(), fromGuest.controlSize()), packet);
        }
        return this;
    }

    private NetVspPhase control(RndisMessage message, Packet packet) {
        if (!buffers.toGuest().ready() && !(message instanceof RndisMessage.Halt)) {
            session.counters().increment(NetVspCounter.CONTROL_DROPPED);
            buffers.complete(packet, NvspMessage.STATUS_FAILURE);
            return this;
        }
        byte[] object = buffers.fromGuest().control();
        switch (message) {
            case RndisMessage.Query query -> query(query, object, packet);
            case RndisMessage.Set set ->
                buffers.reply(
                        RndisMessage.answered(RndisMessage.SET, set.request(), objects.set(set, object, this)), packet);
            case RndisMessage.Astray astray -> astray(astray, packet);
            case RndisMessage.KeepAlive alive ->
                buffers.reply(
                        RndisMessage.answered(RndisMessage.KEEP_ALIVE, alive.request(), RndisStatus.SUCCESS), packet);
            case RndisMessage.Reset _ -> {
                filter(PacketFilter.NONE);
                buffers.reply(RndisMessage.reset(RndisStatus.SUCCESS, true), packet);
            }
            case RndisMessage.Halt _ -> {
                buffers.complete(packet, NvspMessage.STATUS_SUCCESS);
                return new Connected(buffers);
            }
            case RndisMessage.Initialize _ -> {
                session.counters().increment(NetVspCounter.OUT_OF_PLACE);
                buffers.complete(packet, NvspMessage.STATUS_FAILURE);
            }
            case RndisMessage.Unknown _ -> {
                session.counters().increment(NetVspCounter.UNKNOWN);
                buffers.complete(packet, NvspMessage.STATUS_FAILURE);
            }
            case RndisMessage.Malformed _ -> buffers.refuse(packet);
        }
        return this;
    }

    private void query(RndisMessage.Query query, byte[] input, Packet packet) {
        int length = objects.query(query, input, filter);
        int status = length < 0 ? RndisStatus.NOT_SUPPORTED : RndisStatus.SUCCESS;
        buffers.reply(RndisMessage.queried(query.request(), status, objects.found(), Math.max(length, 0)), packet);
    }

    private void astray(RndisMessage.Astray astray, Packet packet) {
        session.counters().increment(NetVspCounter.MALFORMED);
        buffers.reply(
                astray.type() == RndisMessage.QUERY
                        ? RndisMessage.queried(astray.request(), RndisStatus.INVALID_LENGTH, objects.found(), 0)
                        : RndisMessage.answered(RndisMessage.SET, astray.request(), RndisStatus.INVALID_LENGTH),
                packet);
    }

    /// Lets the frames through that the guest wants from now on.
    void filter(PacketFilter wanted) {
        filter = wanted;
        admit();
        device.status(status());
    }

    /// Lets the guest use another address.
    void address(MacAddress chosen) {
        device.currentAddress(chosen);
        device.status(status());
    }

    /// Opens or closes the adapter's queue, as filter and link say.
    private void admit() {
        boolean wanted = filter.open() && toldUp;
        if (!wanted) {
            buffers.toGuest().stop();
        } else if (!device.queue().open()) {
            device.queue().open(session.channel()::wake);
        }
    }

    @Override
    public int work() {
        int work = tellLink() + buffers.toGuest().sendControl();
        if (device.queue().open()) {
            work += buffers.toGuest()
                    .deliver(
                            filter,
                            device.currentAddress().bits(),
                            device.settings().address().bits());
        }
        return work;
    }

    private int tellLink() {
        boolean up = device.linkUp();
        if (up == toldUp
                || !buffers.toGuest()
                        .post(RndisMessage.indicate(up ? RndisStatus.MEDIA_CONNECT : RndisStatus.MEDIA_DISCONNECT))) {
            return 0;
        }
        toldUp = up;
        admit();
        return 1;
    }

    @Override
    public NetVspPhase revoked(int gpadl) {
        buffers = buffers.withoutSendBuffer(gpadl);
        return buffers.receivesInto(gpadl) ? buffers.withoutReceiveBuffer() : this;
    }

    @Override
    public void left() {
        buffers.toGuest().stop();
    }

    @Override
    public NetVspStatus status() {
        return new NetVspStatus("operating", buffers.version(), buffers.mtu(), filter.bits(), device.currentAddress());
    }
}
