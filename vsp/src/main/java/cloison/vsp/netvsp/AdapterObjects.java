package cloison.vsp.netvsp;

import static cloison.vsp.netvsp.NetVspCounter.RECEIVED_BROADCAST_BYTES;
import static cloison.vsp.netvsp.NetVspCounter.RECEIVED_BROADCAST_FRAMES;
import static cloison.vsp.netvsp.NetVspCounter.RECEIVED_DIRECTED_BYTES;
import static cloison.vsp.netvsp.NetVspCounter.RECEIVED_DIRECTED_FRAMES;
import static cloison.vsp.netvsp.NetVspCounter.RECEIVED_MULTICAST_BYTES;
import static cloison.vsp.netvsp.NetVspCounter.RECEIVED_MULTICAST_FRAMES;
import static cloison.vsp.netvsp.NetVspCounter.RECEIVE_DROPPED_LENGTH;
import static cloison.vsp.netvsp.NetVspCounter.SEND_DROPPED_LENGTH;
import static cloison.vsp.netvsp.NetVspCounter.SEND_DROPPED_LINK;
import static cloison.vsp.netvsp.NetVspCounter.SEND_DROPPED_MALFORMED;
import static cloison.vsp.netvsp.NetVspCounter.SEND_DROPPED_NO_BUFFER;
import static cloison.vsp.netvsp.NetVspCounter.SEND_DROPPED_OFFLOAD;
import static cloison.vsp.netvsp.NetVspCounter.SENT_BROADCAST_BYTES;
import static cloison.vsp.netvsp.NetVspCounter.SENT_BROADCAST_FRAMES;
import static cloison.vsp.netvsp.NetVspCounter.SENT_DIRECTED_BYTES;
import static cloison.vsp.netvsp.NetVspCounter.SENT_DIRECTED_FRAMES;
import static cloison.vsp.netvsp.NetVspCounter.SENT_MULTICAST_BYTES;
import static cloison.vsp.netvsp.NetVspCounter.SENT_MULTICAST_FRAMES;

import cloison.machine.counter.Counters;
import cloison.machine.wire.Wire;
import cloison.net.frame.Frame;
import cloison.net.frame.MacAddress;
import cloison.net.port.PortCounter;
import cloison.net.port.SwitchPort;
import cloison.vsp.netvsp.protocol.NdisObject;
import cloison.vsp.netvsp.protocol.Oid;
import cloison.vsp.netvsp.protocol.PacketFilter;
import cloison.vsp.netvsp.protocol.RndisMessage;
import cloison.vsp.netvsp.protocol.RndisStatus;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The objects of one adapter that a guest can query and set.
///
/// **Owner:** the channel's thread.
final class AdapterObjects {
    private static final int[] SUPPORTED = {
        Oid.GEN_SUPPORTED_LIST,
        Oid.GEN_HARDWARE_STATUS,
        Oid.GEN_MEDIA_SUPPORTED,
        Oid.GEN_MEDIA_IN_USE,
        Oid.GEN_MAXIMUM_LOOKAHEAD,
        Oid.GEN_MAXIMUM_FRAME_SIZE,
        Oid.GEN_LINK_SPEED,
        Oid.GEN_TRANSMIT_BUFFER_SPACE,
        Oid.GEN_RECEIVE_BUFFER_SPACE,
        Oid.GEN_TRANSMIT_BLOCK_SIZE,
        Oid.GEN_RECEIVE_BLOCK_SIZE,
        Oid.GEN_VENDOR_ID,
        Oid.GEN_VENDOR_DESCRIPTION,
        Oid.GEN_CURRENT_PACKET_FILTER,
        Oid.GEN_CURRENT_LOOKAHEAD,
        Oid.GEN_DRIVER_VERSION,
        Oid.GEN_MAXIMUM_TOTAL_SIZE,
        Oid.GEN_MAC_OPTIONS,
        Oid.GEN_MEDIA_CONNECT_STATUS,
        Oid.GEN_MAXIMUM_SEND_PACKETS,
        Oid.GEN_VENDOR_DRIVER_VERSION,
        Oid.GEN_NETWORK_LAYER_ADDRESSES,
        Oid.GEN_RECEIVE_SCALE_CAPABILITIES,
        Oid.GEN_RECEIVE_SCALE_PARAMETERS,
        Oid.GEN_MAX_LINK_SPEED,
        Oid.GEN_LINK_STATE,
        Oid.GEN_FRIENDLY_NAME,
        Oid.GEN_RNDIS_CONFIG_PARAMETER,
        Oid.GEN_XMIT_OK,
        Oid.GEN_RCV_OK,
        Oid.GEN_XMIT_ERROR,
        Oid.GEN_RCV_ERROR,
        Oid.GEN_RCV_NO_BUFFER,
        Oid.GEN_DIRECTED_BYTES_XMIT,
        Oid.GEN_DIRECTED_FRAMES_XMIT,
        Oid.GEN_MULTICAST_BYTES_XMIT,
        Oid.GEN_MULTICAST_FRAMES_XMIT,
        Oid.GEN_BROADCAST_BYTES_XMIT,
        Oid.GEN_BROADCAST_FRAMES_XMIT,
        Oid.GEN_DIRECTED_BYTES_RCV,
        Oid.GEN_DIRECTED_FRAMES_RCV,
        Oid.GEN_MULTICAST_BYTES_RCV,
        Oid.GEN_MULTICAST_FRAMES_RCV,
        Oid.GEN_BROADCAST_BYTES_RCV,
        Oid.GEN_BROADCAST_FRAMES_RCV,
        Oid.GEN_BYTES_RCV,
        Oid.GEN_BYTES_XMIT,
        Oid.GEN_RCV_DISCARDS,
        Oid.GEN_XMIT_DISCARDS,
        Oid.ETHERNET_PERMANENT_ADDRESS,
        Oid.ETHERNET_CURRENT_ADDRESS,
        Oid.ETHERNET_MULTICAST_LIST,
        Oid.ETHERNET_MAXIMUM_LIST_SIZE,
        Oid.OFFLOAD_ENCAPSULATION,
        Oid.TCP_OFFLOAD_CURRENT_CONFIG,
        Oid.TCP_OFFLOAD_PARAMETERS,
        Oid.TCP_OFFLOAD_HARDWARE_CAPABILITIES,
    };

    private static final int LARGEST = 512;
    private static final int NOT_THERE = -1;

    /// Copies look-ahead data, does not pend transfers, does not loop back, carries 802.1p priorities and VLANs.
    private static final int MAC_OPTIONS = 0x24D;
    private static final int BUFFER_SPACE = 256 << 10;
    private static final int SEND_PACKETS = 8;
    /// The code of a vendor that IEEE has given none.
    private static final int NO_VENDOR = 0xFF_FFFF;
    private static final byte[] VENDOR = "Cloison\0".getBytes(StandardCharsets.US_ASCII);
    private static final int DRIVER_VERSION = 0x0100;
    private static final int MULTICAST_GROUPS = 32;
    private static final int RSS_TABLE = 128;
    private static final int ENCAPSULATION_ETHERNET = 2;
    private static final int CONNECTED = 1;
    private static final int DISCONNECTED = 2;
    private static final int FULL_DUPLEX = 2;
    private static final int PARAMETER_SIZE = 20;
    private static final int PARAMETER_TEXT = 2;

    // wiring
    private final NetVsp device;
    private final NetVspSettings settings;
    private final Counters<NetVspCounter> counters;
    private final int mtu;

    // scratch
    private final byte[] found = new byte[LARGEST];

    AdapterObjects(NetVsp device, int mtu) {
        this.device = device;
        settings = device.settings();
        counters = device.counters();
        this.mtu = mtu;
    }

    /// {@return the object that was queried last}
    byte[] found() {
        return found;
    }

    /// Makes an object for [#found]; {@return its length, or -1 if there is no such object}
    int query(RndisMessage.Query query, byte[] input, PacketFilter filter) {
        Arrays.fill(found, (byte) 0);
        return switch (query.oid()) {
            case Oid.GEN_SUPPORTED_LIST -> supported();
            case Oid.GEN_HARDWARE_STATUS, Oid.GEN_MEDIA_SUPPORTED, Oid.GEN_MEDIA_IN_USE -> number(0);
            case Oid.GEN_MAXIMUM_LOOKAHEAD, Oid.GEN_CURRENT_LOOKAHEAD, Oid.GEN_MAXIMUM_FRAME_SIZE -> number(mtu);
            case Oid.GEN_MAXIMUM_TOTAL_SIZE, Oid.GEN_TRANSMIT_BLOCK_SIZE, Oid.GEN_RECEIVE_BLOCK_SIZE ->
                number(mtu + Frame.HEADER_SIZE);
            case Oid.GEN_LINK_SPEED -> number((int) Math.min(settings.linkSpeed() / 100, 0xFFFF_FFFFL));
            case Oid.GEN_TRANSMIT_BUFFER_SPACE, Oid.GEN_RECEIVE_BUFFER_SPACE -> number(BUFFER_SPACE);
            case Oid.GEN_VENDOR_ID -> number(NO_VENDOR);
            case Oid.GEN_VENDOR_DESCRIPTION -> bytes(VENDOR);
            case Oid.GEN_VENDOR_DRIVER_VERSION -> number(DRIVER_VERSION);
            case Oid.GEN_DRIVER_VERSION -> {
                Wire.put16(found, 0, DRIVER_VERSION);
                yield 2;
            }
            case Oid.GEN_CURRENT_PACKET_FILTER -> number(filter.bits());
            case Oid.GEN_MAC_OPTIONS -> number(MAC_OPTIONS);
            case Oid.GEN_MEDIA_CONNECT_STATUS -> number(device.linkUp() ? 0 : 1);
            case Oid.GEN_MAXIMUM_SEND_PACKETS -> number(SEND_PACKETS);
            case Oid.GEN_FRIENDLY_NAME -> friendlyName();
            case Oid.GEN_LINK_STATE -> linkState();
            case Oid.GEN_MAX_LINK_SPEED -> {
                Wire.put64(found, 0, settings.linkSpeed());
                Wire.put64(found, 8, settings.linkSpeed());
                yield 16;
            }
            case Oid.ETHERNET_PERMANENT_ADDRESS -> address(settings.address());
            case Oid.ETHERNET_CURRENT_ADDRESS -> address(device.currentAddress());
            case Oid.ETHERNET_MAXIMUM_LIST_SIZE -> number(MULTICAST_GROUPS);
            case Oid.TCP_OFFLOAD_HARDWARE_CAPABILITIES, Oid.TCP_OFFLOAD_CURRENT_CONFIG -> noOffload(query, input);
            case Oid.OFFLOAD_ENCAPSULATION -> encapsulation();
            case Oid.GEN_RECEIVE_SCALE_CAPABILITIES -> scaling(query, input);
            default -> statistic(query);
        };
    }

    private int number(int value) {
        Wire.put32(found, 0, value);
        return 4;
    }

    private int bytes(byte[] value) {
        System.arraycopy(value, 0, found, 0, value.length);
        return value.length;
    }

    private int address(MacAddress address) {
        address.encode(found, 0);
        return MacAddress.SIZE;
    }

    private int supported() {
        for (int i = 0; i < SUPPORTED.length; i++) {
            Wire.put32(found, 4 * i, SUPPORTED[i]);
        }
        return 4 * SUPPORTED.length;
    }

    private int friendlyName() {
        byte[] name = settings.friendlyName().getBytes(StandardCharsets.UTF_16LE);
        System.arraycopy(name, 0, found, 0, Math.min(name.length, LARGEST - 2));
        return LARGEST;
    }

    private int linkState() {
        NdisObject.header(found, NdisObject.DEFAULT, 1, NdisObject.LINK_STATE_SIZE);
        Wire.put32(found, 4, device.linkUp() ? CONNECTED : DISCONNECTED);
        Wire.put32(found, 8, FULL_DUPLEX);
        Wire.put64(found, 16, settings.linkSpeed());
        Wire.put64(found, 24, settings.linkSpeed());
        return NdisObject.LINK_STATE_SIZE;
    }

    /// Capabilities without any: everything after the header is zero.
    private int noOffload(RndisMessage.Query query, byte[] input) {
        boolean asked = query.length() >= NdisObject.HEADER_SIZE;
        int revision = NdisObject.offloadRevision(
                asked ? Wire.u8(input, query.at() + 1) : 3, asked ? Wire.u16(input, query.at() + 2) : LARGEST);
        if (revision == 0) {
            return NOT_THERE;
        }
        int size = NdisObject.offloadSize(revision);
        NdisObject.header(found, NdisObject.OFFLOAD, revision, size);
        return size;
    }

    private int encapsulation() {
        NdisObject.header(found, NdisObject.ENCAPSULATION, 1, NdisObject.ENCAPSULATION_SIZE);
        for (int at = 4; at < NdisObject.ENCAPSULATION_SIZE; at += 12) {
            Wire.put32(found, at + 4, ENCAPSULATION_ETHERNET);
            Wire.put32(found, at + 8, Frame.HEADER_SIZE);
        }
        return NdisObject.ENCAPSULATION_SIZE;
    }

    /// One queue: whatever is hashed, all frames go there.
    private int scaling(RndisMessage.Query query, byte[] input) {
        boolean asked = query.length() >= NdisObject.HEADER_SIZE;
        boolean old = asked && Wire.u8(input, query.at() + 1) == 1;
        int size = old ? 16 : 18;
        NdisObject.header(found, NdisObject.RSS_CAPABILITIES, old ? 1 : 2, size);
        Wire.put32(found, 4, NdisObject.RSS_HASHES);
        Wire.put32(found, 8, 1);
        Wire.put32(found, 12, 1);
        Wire.put16(found, 16, old ? 0 : RSS_TABLE);
        return size;
    }

    private int statistic(RndisMessage.Query query) {
        SwitchPort port = device.port();
        long overrun = port == null ? 0 : port.counters().value(PortCounter.OUT_DROPPED_FULL);
        return switch (query.oid()) {
            case Oid.GEN_XMIT_OK -> count(query, SENT_DIRECTED_FRAMES, SENT_MULTICAST_FRAMES, SENT_BROADCAST_FRAMES);
            case Oid.GEN_RCV_OK ->
                count(query, RECEIVED_DIRECTED_FRAMES, RECEIVED_MULTICAST_FRAMES, RECEIVED_BROADCAST_FRAMES);
            case Oid.GEN_XMIT_ERROR -> count(query, SEND_DROPPED_MALFORMED, SEND_DROPPED_LENGTH, SEND_DROPPED_OFFLOAD);
            case Oid.GEN_RCV_ERROR -> count(query, RECEIVE_DROPPED_LENGTH);
            case Oid.GEN_RCV_NO_BUFFER, Oid.GEN_RCV_DISCARDS -> count(query, overrun);
            case Oid.GEN_XMIT_DISCARDS -> count(query, SEND_DROPPED_NO_BUFFER, SEND_DROPPED_LINK);
            case Oid.GEN_DIRECTED_BYTES_XMIT -> count(query, SENT_DIRECTED_BYTES);
            case Oid.GEN_DIRECTED_FRAMES_XMIT -> count(query, SENT_DIRECTED_FRAMES);
            case Oid.GEN_MULTICAST_BYTES_XMIT -> count(query, SENT_MULTICAST_BYTES);
            case Oid.GEN_MULTICAST_FRAMES_XMIT -> count(query, SENT_MULTICAST_FRAMES);
            case Oid.GEN_BROADCAST_BYTES_XMIT -> count(query, SENT_BROADCAST_BYTES);
            case Oid.GEN_BROADCAST_FRAMES_XMIT -> count(query, SENT_BROADCAST_FRAMES);
            case Oid.GEN_DIRECTED_BYTES_RCV -> count(query, RECEIVED_DIRECTED_BYTES);
            case Oid.GEN_DIRECTED_FRAMES_RCV -> count(query, RECEIVED_DIRECTED_FRAMES);
            case Oid.GEN_MULTICAST_BYTES_RCV -> count(query, RECEIVED_MULTICAST_BYTES);
            case Oid.GEN_MULTICAST_FRAMES_RCV -> count(query, RECEIVED_MULTICAST_FRAMES);
            case Oid.GEN_BROADCAST_BYTES_RCV -> count(query, RECEIVED_BROADCAST_BYTES);
            case Oid.GEN_BROADCAST_FRAMES_RCV -> count(query, RECEIVED_BROADCAST_FRAMES);
            case Oid.GEN_BYTES_RCV ->
                wide(sum(RECEIVED_DIRECTED_BYTES, RECEIVED_MULTICAST_BYTES, RECEIVED_BROADCAST_BYTES));
            case Oid.GEN_BYTES_XMIT -> wide(sum(SENT_DIRECTED_BYTES, SENT_MULTICAST_BYTES, SENT_BROADCAST_BYTES));
            default -> NOT_THERE;
        };
    }

    private long sum(NetVspCounter... parts) {
        long sum = 0;
        for (NetVspCounter part : parts) {
            sum += counters.value(part);
        }
        return sum;
    }

    private int count(RndisMessage.Query query, NetVspCounter... parts) {
        return count(query, sum(parts));
    }

    /// A statistic has 64 bits for a guest that brings room for that many, else 32.
    private int count(RndisMessage.Query query, long value) {
        return query.length() == 8 ? wide(value) : number((int) value);
    }

    private int wide(long value) {
        Wire.put64(found, 0, value);
        return 8;
    }

    /// Sets an object; {@return the RNDIS status}
    int set(RndisMessage.Set set, byte[] from, Operating phase) {
        return switch (set.oid()) {
            case Oid.GEN_CURRENT_PACKET_FILTER -> setFilter(set, from, phase);
            case Oid.TCP_OFFLOAD_PARAMETERS ->
                // Whatever is asked for: none is there, so none is on.
                wellFormed(set, from, NdisObject.DEFAULT, NdisObject.OFFLOAD_PARAMETERS_SIZE);
            case Oid.OFFLOAD_ENCAPSULATION ->
                wellFormed(set, from, NdisObject.ENCAPSULATION, NdisObject.ENCAPSULATION_SIZE);
            case Oid.GEN_RECEIVE_SCALE_PARAMETERS -> setScaling(set, from);
            case Oid.GEN_RNDIS_CONFIG_PARAMETER -> setParameter(set, from, phase);
            case Oid.ETHERNET_MULTICAST_LIST ->
                set.length() % MacAddress.SIZE == 0 && set.length() <= MULTICAST_GROUPS * MacAddress.SIZE
                        ? RndisStatus.SUCCESS
                        : RndisStatus.INVALID_LENGTH;
            case Oid.GEN_NETWORK_LAYER_ADDRESSES -> RndisStatus.SUCCESS;
            default -> RndisStatus.NOT_SUPPORTED;
        };
    }

    private static int wellFormed(RndisMessage.Set set, byte[] from, int type, int least) {
        return NdisObject.matches(from, set.at(), set.length(), type, least)
                ? RndisStatus.SUCCESS
                : RndisStatus.INVALID_DATA;
    }

    private static int setFilter(RndisMessage.Set set, byte[] from, Operating phase) {
        if (set.length() < 4) {
            return RndisStatus.INVALID_LENGTH;
        }
        phase.filter(new PacketFilter(Wire.i32(from, set.at())));
        return RndisStatus.SUCCESS;
    }

    /// Takes parameters that lead all frames to the one queue.
    private static int setScaling(RndisMessage.Set set, byte[] from) {
        int at = set.at();
        if (!NdisObject.matches(from, at, set.length(), NdisObject.RSS_PARAMETERS, NdisObject.RSS_PARAMETERS_SIZE)) {
            return RndisStatus.INVALID_DATA;
        }
        if ((Wire.u16(from, at + 4) & NdisObject.RSS_DISABLED) != 0) {
            return RndisStatus.SUCCESS;
        }
        int tableSize = Wire.u16(from, at + 12);
        long tableAt = Wire.u32(from, at + 16);
        if (tableSize > RSS_TABLE * 4 || tableAt + tableSize > set.length()) {
            return RndisStatus.INVALID_DATA;
        }
        for (int entry = 0; entry + 4 <= tableSize; entry += 4) {
            if (Wire.i32(from, at + (int) tableAt + entry) != 0) {
                return RndisStatus.INVALID_DATA;
            }
        }
        return RndisStatus.SUCCESS;
    }

    /// A parameter: where its name is, how long that is, its type, where its value is, how long that is.
    private static int setParameter(RndisMessage.Set set, byte[] from, Operating phase) {
        int at = set.at();
        if (set.length() < PARAMETER_SIZE) {
            return RndisStatus.INVALID_LENGTH;
        }
        long nameAt = Wire.u32(from, at);
        long nameLength = Wire.u32(from, at + 4);
        long valueAt = Wire.u32(from, at + 12);
        long valueLength = Wire.u32(from, at + 16);
        if (nameAt + nameLength > set.length() || valueAt + valueLength > set.length()) {
            return RndisStatus.INVALID_LENGTH;
        }
        String name = text(from, at + nameAt, nameLength);
        if (name.startsWith("*")) {
            // A standard keyword for an offload that is not there.
            return RndisStatus.SUCCESS;
        }
        if (!name.equals("NetworkAddress")) {
            return RndisStatus.NOT_SUPPORTED;
        }
        long bits = Wire.i32(from, at + 8) == PARAMETER_TEXT ? hex(text(from, at + valueAt, valueLength)) : 0;
        if (bits == 0 || MacAddress.group(bits)) {
            return RndisStatus.INVALID_DATA;
        }
        phase.address(new MacAddress(bits));
        return RndisStatus.SUCCESS;
    }

    private static String text(byte[] from, long at, long length) {
        String text = new String(from, (int) at, (int) length, StandardCharsets.UTF_16LE);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    /// {@return the 48 bits of an address in hex digits, or 0}
    private static long hex(String text) {
        long bits = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) < 128 ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                return 0;
            }
            bits = bits << 4 | digit;
        }
        return text.length() == 12 ? bits : 0;
    }
}
