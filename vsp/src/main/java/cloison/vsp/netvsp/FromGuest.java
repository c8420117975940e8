package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Packet;
import cloison.machine.counter.Counters;
import cloison.machine.wire.Wire;
import cloison.net.frame.Frame;
import cloison.net.frame.FramePool;
import cloison.net.frame.MacAddress;
import cloison.net.port.SwitchPort;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.RndisMessage;
import cloison.vsp.netvsp.protocol.RndisPacket;
import org.jspecify.annotations.Nullable;

/// What comes from the guest in RNDIS packets: frames, which go to the switch at once, and control messages.
///
/// **Owner:** the channel's thread.
final class FromGuest {
    /// Bytes of a control message at most.
    static final int CONTROL_LIMIT = 8192;
    /// Bytes of the information beside a frame at most.
    private static final int INFO_LIMIT = 512;

    private static final long BROADCAST = MacAddress.BROADCAST.bits();

    // wiring
    private final NetVsp device;
    private final Counters<NetVspCounter> counters;
    private final FramePool pool;
    private final int frameLimit;
    private final GuestStream stream;

    // scratch
    private final byte[] header = new byte[RndisPacket.HEADER_SIZE];
    private final byte[] info = new byte[INFO_LIMIT];
    private final byte[] control = new byte[CONTROL_LIMIT];
    private int tag;
    private int controlSize;

    /// @param mtu the payload of a frame at most
    FromGuest(Session session, int mtu) {
        device = session.device();
        counters = session.counters();
        pool = device.pool(mtu);
        frameLimit = mtu + Frame.HEADER_SIZE + Frame.TAG_SIZE;
        stream = new GuestStream(device.memory());
    }

    /// Looks at the RNDIS packet in `packet`; {@return whether it refers to something that starts like a message}
    boolean open(@Nullable SendBuffer sendBuffer, Packet packet) {
        int section = NvspMessage.section(packet.payload);
        int size = 0;
        if (section != NvspMessage.NO_SECTION) {
            long inSection = NvspMessage.sectionSize(packet.payload);
            if (sendBuffer == null || !sendBuffer.holds(section, inSection)) {
                return false;
            }
            size = (int) inSection;
        }
        stream.open(sendBuffer, section, size, packet);
        return stream.read(0, header, 0, RndisMessage.HEADER_SIZE);
    }

    /// {@return whether what was opened carries frames}
    boolean carriesFrames() {
        return Wire.i32(header, 0) == RndisMessage.PACKET;
    }

    /// Copies the control message that was opened; {@return whether it could be}
    boolean readControl() {
        controlSize = (int) Math.min(stream.length(), CONTROL_LIMIT);
        return Wire.u32(header, 4) <= controlSize && stream.read(0, control, 0, controlSize);
    }

    /// {@return the control message that was read}
    byte[] control() {
        return control;
    }

    /// {@return bytes of the control message that was read}
    int controlSize() {
        return controlSize;
    }

    /// Sends the frames that were opened to the switch; {@return the status for the guest}
    int forward() {
        counters.increment(NetVspCounter.SENT_PACKETS);
        long at = 0;
        // What follows the last message and is too short for another one is padding.
        while (stream.length() - at >= RndisMessage.HEADER_SIZE) {
            long length = forwardOne(at);
            if (length < 0) {
                counters.increment(NetVspCounter.SEND_DROPPED_MALFORMED);
                return NvspMessage.STATUS_INVALID_RNDIS;
            }
            at += length;
        }
        return NvspMessage.STATUS_SUCCESS;
    }

    /// {@return the length of the message at `at`, or -1 if it contradicts itself}
    private long forwardOne(long at) {
        if (!stream.read(at, header, 0, RndisPacket.HEADER_SIZE) || !carriesFrames()) {
            return -1;
        }
        long length = RndisPacket.length(header);
        long dataAt = RndisPacket.dataAt(header);
        long dataLength = RndisPacket.dataLength(header);
        if (length < RndisPacket.HEADER_SIZE
                || length > stream.length() - at
                || dataAt < RndisPacket.HEADER_SIZE
                || dataAt + dataLength > length) {
            return -1;
        }
        int offloads = readInfo(at, length);
        if (offloads < 0) {
            return -1;
        }
        if (dataLength < Frame.HEADER_SIZE || dataLength > frameLimit) {
            counters.increment(NetVspCounter.SEND_DROPPED_LENGTH);
        } else if (offloads > 0) {
            counters.increment(NetVspCounter.SEND_DROPPED_OFFLOAD);
        } else if (!forwardFrame(at + dataAt, (int) dataLength)) {
            return -1;
        }
        return length;
    }

    /// Notes the VLAN tag beside a frame; {@return how many offloads are asked for, or -1 if it is malformed}
    private int readInfo(long at, long messageLength) {
        tag = Frame.UNTAGGED;
        int length = (int) Math.min(RndisPacket.infoLength(header), INFO_LIMIT + 1);
        if (length == 0) {
            return 0;
        }
        long infoAt = RndisPacket.infoAt(header);
        if (length > INFO_LIMIT
                || infoAt < RndisPacket.HEADER_SIZE
                || infoAt + length > messageLength
                || !stream.read(at + infoAt, info, 0, length)) {
            return -1;
        }
        int offloads = 0;
        int place = 0;
        while (length - place >= RndisPacket.INFO_HEADER_SIZE) {
            long size = Wire.u32(info, place);
            long data = Wire.u32(info, place + 8);
            if (size < RndisPacket.INFO_HEADER_SIZE || size > length - place || data > size) {
                return -1;
            }
            int type = Wire.i32(info, place + 4);
            int value = size - data >= 4 ? Wire.i32(info, place + (int) data) : 0;
            switch (type) {
                case RndisPacket.INFO_VLAN -> tag = RndisPacket.tag(value);
                case RndisPacket.INFO_CHECKSUM -> offloads += (value & RndisPacket.CHECKSUM_WANTED) != 0 ? 1 : 0;
                case RndisPacket.INFO_LARGE_SEND -> offloads += value != 0 ? 1 : 0;
                default -> {
                    // Hints that no frame depends on.
                }
            }
            place += (int) size;
        }
        return offloads;
    }

    /// {@return whether the frame's bytes are there}
    private boolean forwardFrame(long at, int length) {
        SwitchPort port = device.port();
        if (port == null || !device.linkUp()) {
            counters.increment(NetVspCounter.SEND_DROPPED_LINK);
            return true;
        }
        Frame frame = pool.take();
        if (frame == null) {
            counters.increment(NetVspCounter.SEND_DROPPED_NO_BUFFER);
            return true;
        }
        if (!stream.read(at, frame.bytes(), 0, length)) {
            frame.release();
            return false;
        }
        frame.length(length);
        frame.tag(tag);
        count(frame.destination(), length);
        port.send(frame);
        return true;
    }

    private void count(long destination, int length) {
        if (!MacAddress.group(destination)) {
            counters.increment(NetVspCounter.SENT_DIRECTED_FRAMES);
            counters.add(NetVspCounter.SENT_DIRECTED_BYTES, length);
        } else if (destination == BROADCAST) {
            counters.increment(NetVspCounter.SENT_BROADCAST_FRAMES);
            counters.add(NetVspCounter.SENT_BROADCAST_BYTES, length);
        } else {
            counters.increment(NetVspCounter.SENT_MULTICAST_FRAMES);
            counters.add(NetVspCounter.SENT_MULTICAST_BYTES, length);
        }
    }
}
