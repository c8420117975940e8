package cloison.vsp.ic;

import cloison.hyperv.vmbus.ChannelPair;
import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.Packet;
import cloison.hyperv.vmbus.VmbusDevice;
import cloison.machine.wire.Wire;
import cloison.vsp.ic.protocol.IcMessage;
import cloison.vsp.ic.protocol.IcVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A guest's driver for an integration service, without a guest: answers in the buffer of the request, as Linux does.
///
/// **Owner:** the test's thread.
public final class IcGuest {
    /// A request of the host.
    ///
    /// @param message the whole message
    public record Request(byte[] message) {
        /// {@return the message type}
        public int type() {
            return Wire.u16(message, 12);
        }

        /// {@return what follows the header, padding included}
        public byte[] body() {
            return Arrays.copyOfRange(message, IcMessage.HEADER_SIZE, message.length);
        }

        /// {@return the versions of the service that a negotiation offers}
        public List<IcVersion> versions() {
            int framings = Wire.u16(message, 28);
            int versions = Wire.u16(message, 30);
            List<IcVersion> offered = new ArrayList<>();
            for (int i = framings; i < framings + versions; i++) {
                offered.add(new IcVersion(Wire.u16(message, 36 + 4 * i), Wire.u16(message, 38 + 4 * i)));
            }
            return offered;
        }
    }

    private static final int RING_PAGES = 4;

    private final GuestRam ram = new GuestRam(512, 0);
    private ChannelPair pair = new ChannelPair(ram, RING_PAGES);

    /// {@return the channel, until it is closed}
    public ChannelPair pair() {
        return pair;
    }

    /// Opens the channel; {@return this}
    public IcGuest open(VmbusDevice device) {
        pair.open(device);
        return this;
    }

    /// Opens the channel and chooses a version; {@return this}
    public IcGuest open(VmbusDevice device, int major, int minor) {
        open(device);
        choose(major, minor);
        return this;
    }

    /// Closes the channel; it can be opened again.
    public void close() {
        pair.close();
        pair = new ChannelPair(ram, RING_PAGES);
    }

    /// {@return the next request, or null}
    public Request next() {
        pair.settle();
        GuestPacket packet = pair.receive();
        if (packet == null) {
            return null;
        }
        if (packet.type() != Packet.IN_BAND || packet.completionRequested()) {
            throw new AssertionError("no in-band packet without completion: " + packet);
        }
        byte[] message = packet.payload();
        if (Wire.u32(message, 0) != 1
                || (Wire.u32(message, 4) + 8 + 7 & ~7) != message.length
                || Wire.u16(message, 18) + IcMessage.HEADER_SIZE != Wire.u32(message, 4) + 8
                || Wire.u8(message, 25) != 3) {
            throw new AssertionError("malformed request: " + Arrays.toString(message));
        }
        return new Request(message);
    }

    /// Answers the negotiation with a choice.
    public void choose(int major, int minor) {
        choose(3, 0, major, minor);
    }

    /// Answers the negotiation with a choice of framing and version.
    public void choose(int framingMajor, int framingMinor, int major, int minor) {
        Request request = next();
        if (request == null || request.type() != IcMessage.NEGOTIATE) {
            throw new AssertionError("no negotiation");
        }
        byte[] body = new byte[16];
        Wire.put16(body, 0, 1);
        Wire.put16(body, 2, 1);
        Wire.put16(body, 8, framingMajor);
        Wire.put16(body, 10, framingMinor);
        Wire.put16(body, 12, major);
        Wire.put16(body, 14, minor);
        answer(request, IcMessage.STATUS_OK, body);
    }

    /// Answers the negotiation with no choice.
    public void refuse() {
        Request request = next();
        if (request == null || request.type() != IcMessage.NEGOTIATE) {
            throw new AssertionError("no negotiation");
        }
        answer(request, IcMessage.STATUS_FAILED, new byte[16]);
    }

    /// Answers a request in its own buffer, with another body of up to the same length.
    public void answer(Request request, int status, byte[] body) {
        byte[] message = request.message().clone();
        System.arraycopy(body, 0, message, IcMessage.HEADER_SIZE, Math.min(body.length, message.length - 28));
        Wire.put32(message, 20, status);
        Wire.put8(message, 25, IcMessage.FLAG_TRANSACTION | IcMessage.FLAG_RESPONSE);
        send(message);
    }

    /// Sends bytes, and lets the host come to rest.
    public void send(byte[] message) {
        pair.send(1, false, message);
        pair.settle();
    }
}
