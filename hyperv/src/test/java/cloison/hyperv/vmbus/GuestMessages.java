package cloison.hyperv.vmbus;

import cloison.hyperv.vmbus.protocol.GuestMessage;
import cloison.hyperv.vmbus.protocol.HostMessage;
import cloison.hyperv.vmbus.protocol.VmbusMessage;
import cloison.hyperv.vmbus.protocol.VmbusVersion;
import cloison.machine.wire.Guid;
import cloison.machine.wire.Wire;
import java.util.Arrays;

/// VMBus control messages as a guest writes and reads them.
public final class GuestMessages {
    private GuestMessages() {}

    private static byte[] message(int type, int size) {
        byte[] bytes = new byte[size];
        Wire.put32(bytes, 0, type);
        return bytes;
    }

    private static byte[] message(int type, int size, int... fields) {
        byte[] bytes = message(type, size);
        for (int i = 0; i < fields.length; i++) {
            Wire.put32(bytes, VmbusMessage.HEADER_SIZE + 4 * i, fields[i]);
        }
        return bytes;
    }

    public static byte[] initiateContact(int version, int targetProcessor, int sint) {
        byte[] bytes =
                message(GuestMessage.InitiateContact.TYPE, GuestMessage.InitiateContact.SIZE, version, targetProcessor);
        VmbusVersion known = VmbusVersion.of(version);
        if (known != null && known.atLeast(VmbusVersion.V5_0)) {
            Wire.put8(bytes, 16, sint);
        }
        return bytes;
    }

    public static byte[] requestOffers() {
        return message(GuestMessage.RequestOffers.TYPE, VmbusMessage.HEADER_SIZE);
    }

    public static byte[] unload() {
        return message(GuestMessage.Unload.TYPE, VmbusMessage.HEADER_SIZE);
    }

    public static byte[] openChannel(int relid, int openId, int ringGpadl, int targetProcessor, int downstreamPage) {
        return message(
                GuestMessage.OpenChannel.TYPE,
                GuestMessage.OpenChannel.SIZE,
                relid,
                openId,
                ringGpadl,
                targetProcessor,
                downstreamPage);
    }

    public static byte[] closeChannel(int relid) {
        return message(GuestMessage.CloseChannel.TYPE, GuestMessage.CloseChannel.SIZE, relid);
    }

    /// Names the first of `pfns`, as many as fit.
    public static byte[] gpadlHeader(int relid, int gpadl, long byteCount, long byteOffset, long[] pfns) {
        int now = Math.min(pfns.length, GuestMessage.GpadlHeader.LARGEST_PFNS);
        byte[] bytes = message(GuestMessage.GpadlHeader.TYPE, GuestMessage.GpadlHeader.SIZE + 8 * now, relid, gpadl);
        Wire.put16(bytes, 16, 8 + 8 * pfns.length);
        Wire.put16(bytes, 18, 1);
        Wire.put32(bytes, 20, (int) byteCount);
        Wire.put32(bytes, 24, (int) byteOffset);
        putPfns(bytes, GuestMessage.GpadlHeader.SIZE, pfns, 0, now);
        return bytes;
    }

    /// Names `pfns` from number `from` on, as many as fit.
    public static byte[] gpadlBody(int gpadl, long[] pfns, int from) {
        int now = Math.min(pfns.length - from, GuestMessage.GpadlBody.LARGEST_PFNS);
        byte[] bytes = message(GuestMessage.GpadlBody.TYPE, GuestMessage.GpadlBody.SIZE + 8 * now, 0, gpadl);
        putPfns(bytes, GuestMessage.GpadlBody.SIZE, pfns, from, now);
        return bytes;
    }

    private static void putPfns(byte[] to, int at, long[] pfns, int from, int count) {
        for (int i = 0; i < count; i++) {
            Wire.put64(to, at + 8 * i, pfns[from + i]);
        }
    }

    public static byte[] gpadlTeardown(int relid, int gpadl) {
        return message(GuestMessage.GpadlTeardown.TYPE, GuestMessage.GpadlTeardown.SIZE, relid, gpadl);
    }

    public static byte[] relidReleased(int relid) {
        return message(GuestMessage.RelidReleased.TYPE, GuestMessage.RelidReleased.SIZE, relid);
    }

    public static byte[] modifyChannel(int relid, int targetProcessor) {
        return message(GuestMessage.ModifyChannel.TYPE, GuestMessage.ModifyChannel.SIZE, relid, targetProcessor);
    }

    public static byte[] tlConnectRequest(Guid endpoint, Guid service) {
        byte[] bytes = message(GuestMessage.TlConnectRequest.TYPE, GuestMessage.TlConnectRequest.SIZE);
        endpoint.encode(bytes, 8);
        service.encode(bytes, 24);
        return bytes;
    }

    /// {@return the host's message in these bytes, which have exactly its size}
    public static HostMessage decode(byte[] from) {
        int type = Wire.i32(from, 0);
        HostMessage message = switch (type) {
            case HostMessage.OfferChannel.TYPE ->
                new HostMessage.OfferChannel(
                        Guid.decode(from, 8),
                        Guid.decode(from, 24),
                        Wire.u16(from, 56),
                        Wire.u16(from, 58),
                        Arrays.copyOfRange(from, 60, 180),
                        Wire.u16(from, 180),
                        Wire.i32(from, 184),
                        Wire.i32(from, 192));
            case HostMessage.RescindChannelOffer.TYPE -> new HostMessage.RescindChannelOffer(Wire.i32(from, 8));
            case HostMessage.AllOffersDelivered.TYPE -> new HostMessage.AllOffersDelivered();
            case HostMessage.OpenChannelResult.TYPE ->
                new HostMessage.OpenChannelResult(Wire.i32(from, 8), Wire.i32(from, 12), Wire.i32(from, 16));
            case HostMessage.GpadlCreated.TYPE ->
                new HostMessage.GpadlCreated(Wire.i32(from, 8), Wire.i32(from, 12), Wire.i32(from, 16));
            case HostMessage.GpadlTorndown.TYPE -> new HostMessage.GpadlTorndown(Wire.i32(from, 8));
            case HostMessage.VersionResponse.TYPE ->
                new HostMessage.VersionResponse(Wire.u8(from, 8) != 0, Wire.i32(from, 12));
            case HostMessage.UnloadResponse.TYPE -> new HostMessage.UnloadResponse();
            case HostMessage.TlConnectResult.TYPE ->
                new HostMessage.TlConnectResult(Guid.decode(from, 8), Guid.decode(from, 24), Wire.i32(from, 40));
            case HostMessage.ModifyChannelResponse.TYPE ->
                new HostMessage.ModifyChannelResponse(Wire.i32(from, 8), Wire.i32(from, 12));
            default -> throw new AssertionError("the host sent a message of type " + type);
        };
        if (message.size() != from.length) {
            throw new AssertionError("%s has %d bytes, not %d".formatted(message, from.length, message.size()));
        }
        return message;
    }
}
