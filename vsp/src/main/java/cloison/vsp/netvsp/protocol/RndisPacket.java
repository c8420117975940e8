package cloison.vsp.netvsp.protocol;

import cloison.machine.wire.Wire;

/// A message that carries a frame. Offsets in it count from byte 8.
///
/// ```text
///  0        4        8        12       16       20       24      28       32       36     40    44
///  +--------+--------+--------+--------+--------+--------+-------+--------+--------+------+-----+-----
///  | 1      | length | data   | data   | OOB    | OOB    | OOB   | info   | info   | VC   | 0   | info,
///  |        |        | offset | length | offset | length | count | offset | length |      |     | data
///  +--------+--------+--------+--------+--------+--------+-------+--------+--------+------+-----+-----
///
///  per-packet information, any number of
///  0        4        8        12
///  +--------+--------+--------+-----
///  | size   | type   | offset | data
///  +--------+--------+--------+-----
/// ```
///
/// There is one per frame, so these are accessors by offset and no records.
public final class RndisPacket {
    /// Bytes before the information.
    public static final int HEADER_SIZE = 44;
    /// What offsets in the message count from.
    public static final int OFFSET_BASE = 8;
    /// Bytes of a piece of information before its data.
    public static final int INFO_HEADER_SIZE = 12;
    /// Bytes of a piece of information with data of 32 bits.
    public static final int INFO_SIZE = 16;

    /// Linux: `TCPIP_CHKSUM_PKTINFO`.
    public static final int INFO_CHECKSUM = 0;
    /// Linux: `TCP_LARGESEND_PKTINFO`.
    public static final int INFO_LARGE_SEND = 2;
    /// Linux: `IEEE_8021Q_INFO`.
    public static final int INFO_VLAN = 6;

    /// The bits by which a sender asks for a TCP, UDP or IP header checksum.
    public static final int CHECKSUM_WANTED = 0x1C;

    private RndisPacket() {}

    /// {@return the message's length}
    public static long length(byte[] header) {
        return Wire.u32(header, 4);
    }

    /// {@return where the frame is, from the start of the message}
    public static long dataAt(byte[] header) {
        return OFFSET_BASE + Wire.u32(header, 8);
    }

    /// {@return the frame's length}
    public static long dataLength(byte[] header) {
        return Wire.u32(header, 12);
    }

    /// {@return where the information is, from the start of the message}
    public static long infoAt(byte[] header) {
        return OFFSET_BASE + Wire.u32(header, 28);
    }

    /// {@return the information's length}
    public static long infoLength(byte[] header) {
        return Wire.u32(header, 32);
    }

    /// Writes what precedes a frame: the header, and a VLAN tag unless `tag` is negative.
    ///
    /// @param tag 802.1Q tag control information
    /// @return bytes written
    public static int encode(byte[] to, int frameLength, int tag) {
        int info = tag < 0 ? 0 : INFO_SIZE;
        int size = HEADER_SIZE + info;
        Wire.put32(to, 0, RndisMessage.PACKET);
        Wire.put32(to, 4, size + frameLength);
        Wire.put32(to, 8, size - OFFSET_BASE);
        Wire.put32(to, 12, frameLength);
        Wire.put64(to, 16, 0);
        Wire.put32(to, 24, 0);
        Wire.put32(to, 28, info == 0 ? 0 : HEADER_SIZE - OFFSET_BASE);
        Wire.put32(to, 32, info);
        Wire.put64(to, 36, 0);
        if (info != 0) {
            Wire.put32(to, HEADER_SIZE, INFO_SIZE);
            Wire.put32(to, HEADER_SIZE + 4, INFO_VLAN);
            Wire.put32(to, HEADER_SIZE + 8, INFO_HEADER_SIZE);
            Wire.put32(to, HEADER_SIZE + 12, vlanInfo(tag));
        }
        return size;
    }

    /// {@return the VLAN information for a tag: priority in bits 0 to 2, drop eligibility in 3, identifier in 4 to
    /// 15}
    public static int vlanInfo(int tag) {
        return tag >>> 13 & 7 | tag >>> 9 & 8 | (tag & 0xFFF) << 4;
    }

    /// {@return the tag for a VLAN information}
    public static int tag(int vlanInfo) {
        return (vlanInfo & 7) << 13 | (vlanInfo & 8) << 9 | vlanInfo >>> 4 & 0xFFF;
    }
}
