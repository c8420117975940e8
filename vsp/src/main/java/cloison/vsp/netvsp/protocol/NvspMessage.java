package cloison.vsp.netvsp.protocol;

import cloison.machine.wire.Wire;
import java.util.Arrays;

/// A message on the channel of a network adapter: a type of 32 bits and its fields, all of 32 bits unless said.
///
/// ```text
///  type                          4          8             12         16       20      24     28
///    1  init                     min        max
///    2  init complete            version    MDL chain     status
///  100  NDIS version             major      minor
///  101  receive buffer           gpadl      id (16)
///  102  receive buffer complete  status     sections (1)  offset     size     count   end
///  103  revoke receive buffer    id (16)
///  104  send buffer              gpadl      id (16)
///  105  send buffer complete     status     section size
///  106  revoke send buffer       id (16)
///  107  RNDIS packet             channel    section       section size
///  108  RNDIS packet complete    status
///  125  NDIS configuration       MTU        0             capabilities (64)
///  129  switch data path         path
///  131  OID query                header     OID
///  132  OID query complete       status     bytes
///  133  subchannels              operation  count         answered with: status, count
/// ```
///
/// A message has 40 bytes in version 6.1 and 28 before; guests of any version take 40.
public sealed interface NvspMessage {
    /// Bytes of each message that the host sends.
    int SIZE = 40;

    /// Linux: `NVSP_STAT_SUCCESS`.
    int STATUS_SUCCESS = 1;
    /// Linux: `NVSP_STAT_FAIL`.
    int STATUS_FAILURE = 2;
    /// Linux: `NVSP_STAT_INVALID_RNDIS_PKT`.
    int STATUS_INVALID_RNDIS = 5;

    /// The channel number of frames.
    int CHANNEL_DATA = 0;
    /// The channel number of everything else.
    int CHANNEL_CONTROL = 1;
    /// The section index of a packet that uses no section.
    int NO_SECTION = -1;

    /// Linux: `NVSP_MSG_TYPE_INIT`.
    ///
    /// @param version the version that the guest wants
    record Init(int version) implements NvspMessage {
        public static final int TYPE = 1;
        public static final int COMPLETE = 2;
    }

    /// Linux: `NVSP_MSG1_TYPE_SEND_NDIS_VER`.
    record NdisVersion(int major, int minor) implements NvspMessage {
        public static final int TYPE = 100;
    }

    /// Linux: `NVSP_MSG1_TYPE_SEND_RECV_BUF`.
    ///
    /// @param id how the guest calls the buffer in packets
    record ReceiveBuffer(int gpadl, int id) implements NvspMessage {
        public static final int TYPE = 101;
        public static final int COMPLETE = 102;
    }

    /// Linux: `NVSP_MSG1_TYPE_REVOKE_RECV_BUF`.
    record RevokeReceiveBuffer(int id) implements NvspMessage {
        public static final int TYPE = 103;
    }

    /// Linux: `NVSP_MSG1_TYPE_SEND_SEND_BUF`.
    record SendBuffer(int gpadl, int id) implements NvspMessage {
        public static final int TYPE = 104;
        public static final int COMPLETE = 105;
    }

    /// Linux: `NVSP_MSG1_TYPE_REVOKE_SEND_BUF`.
    record RevokeSendBuffer(int id) implements NvspMessage {
        public static final int TYPE = 106;
    }

    /// Linux: `NVSP_MSG1_TYPE_SEND_RNDIS_PKT`.
    ///
    /// @param section the section of the send buffer that the message starts in, or [#NO_SECTION]
    /// @param sectionSize bytes of the message in the section
    record RndisPacket(int channel, int section, long sectionSize) implements NvspMessage {
        public static final int TYPE = 107;
        public static final int COMPLETE = 108;
    }

    /// Linux: `NVSP_MSG1_TYPE_SEND_RNDIS_PKT_COMPLETE`.
    record RndisComplete(int status) implements NvspMessage {
        public static final int TYPE = RndisPacket.COMPLETE;
    }

    /// Linux: `NVSP_MSG2_TYPE_SEND_NDIS_CONFIG`.
    ///
    /// @param mtu the longest frame without VLAN tag, its header included
    /// @param capabilities what the guest can do
    record NdisConfiguration(long mtu, long capabilities) implements NvspMessage {
        public static final int TYPE = 125;
    }

    /// Linux: `NVSP_MSG4_TYPE_SWITCH_DATA_PATH`.
    record SwitchDataPath(int path) implements NvspMessage {
        public static final int TYPE = 129;
    }

    /// Windows: a query outside of RNDIS.
    record OidQuery(int oid) implements NvspMessage {
        public static final int TYPE = 131;
        public static final int COMPLETE = 132;
    }

    /// Linux: `NVSP_MSG5_TYPE_SUBCHANNEL`.
    record Subchannels(int operation, long count) implements NvspMessage {
        public static final int TYPE = 133;
    }

    /// A type that the negotiated version does not have.
    record Unknown(int type) implements NvspMessage {}

    /// Fewer bytes than the type needs.
    record Malformed(int type, int size) implements NvspMessage {}

    /// {@return the type of the message, or -1 if there is none}
    static int type(byte[] from, int length) {
        return length < 4 ? -1 : Wire.i32(from, 0);
    }

    /// {@return the message in the first `length` bytes of `from`, as `version` has it}
    static NvspMessage decode(byte[] from, int length, NvspVersion version) {
        int type = type(from, length);
        int size = sizeOf(type, version);
        if (type == -1 || length < size) {
            return new Malformed(type, length);
        }
        return size == 0 ? new Unknown(type) : fields(type, from);
    }

    private static NvspMessage fields(int type, byte[] from) {
        return switch (type) {
            case Init.TYPE -> new Init(Wire.i32(from, 4));
            case NdisVersion.TYPE -> new NdisVersion(Wire.i32(from, 4), Wire.i32(from, 8));
            case ReceiveBuffer.TYPE -> new ReceiveBuffer(Wire.i32(from, 4), Wire.u16(from, 8));
            case RevokeReceiveBuffer.TYPE -> new RevokeReceiveBuffer(Wire.u16(from, 4));
            case SendBuffer.TYPE -> new SendBuffer(Wire.i32(from, 4), Wire.u16(from, 8));
            case RevokeSendBuffer.TYPE -> new RevokeSendBuffer(Wire.u16(from, 4));
            case RndisPacket.TYPE -> new RndisPacket(Wire.i32(from, 4), section(from), sectionSize(from));
            case RndisComplete.TYPE -> new RndisComplete(Wire.i32(from, 4));
            case NdisConfiguration.TYPE -> new NdisConfiguration(Wire.u32(from, 4), Wire.u64(from, 12));
            case SwitchDataPath.TYPE -> new SwitchDataPath(Wire.i32(from, 4));
            case OidQuery.TYPE -> new OidQuery(Wire.i32(from, 8));
            case Subchannels.TYPE -> new Subchannels(Wire.i32(from, 4), Wire.u32(from, 8));
            default -> new Unknown(type);
        };
    }

    /// {@return the section index of an RNDIS packet}
    static int section(byte[] from) {
        return Wire.i32(from, 8);
    }

    /// {@return the section size of an RNDIS packet}
    static long sectionSize(byte[] from) {
        return Wire.u32(from, 12);
    }

    /// {@return the least bytes that a message has, 0 if the version does not know it}
    static int sizeOf(int type, NvspVersion version) {
        return switch (type) {
            case Init.TYPE, NdisVersion.TYPE -> 12;
            case ReceiveBuffer.TYPE, SendBuffer.TYPE -> 10;
            case RevokeReceiveBuffer.TYPE, RevokeSendBuffer.TYPE -> 6;
            case RndisPacket.TYPE -> 16;
            case RndisComplete.TYPE -> 8;
            case NdisConfiguration.TYPE -> version.atLeast(NvspVersion.V2) ? 20 : 0;
            case SwitchDataPath.TYPE -> version.atLeast(NvspVersion.V4) ? 8 : 0;
            case OidQuery.TYPE, Subchannels.TYPE -> version.atLeast(NvspVersion.V5) ? 12 : 0;
            default -> 0;
        };
    }

    private static void begin(byte[] to, int type) {
        Arrays.fill(to, 0, SIZE, (byte) 0);
        Wire.put32(to, 0, type);
    }

    /// Writes the answer to [Init].
    static void initComplete(byte[] to, NvspVersion version, int mdlChain, int status) {
        begin(to, Init.COMPLETE);
        Wire.put32(to, 4, version == NvspVersion.V1 ? version.code() : -1);
        Wire.put32(to, 8, mdlChain);
        Wire.put32(to, 12, status);
    }

    /// Writes the answer to [ReceiveBuffer]: one section of `count` suballocations.
    static void receiveBufferComplete(byte[] to, int status, int size, int count) {
        begin(to, ReceiveBuffer.COMPLETE);
        Wire.put32(to, 4, status);
        Wire.put32(to, 8, 1);
        Wire.put32(to, 16, size);
        Wire.put32(to, 20, count);
        Wire.put32(to, 24, size * count);
    }

    /// Writes the answer to [SendBuffer].
    static void sendBufferComplete(byte[] to, int status, int sectionSize) {
        begin(to, SendBuffer.COMPLETE);
        Wire.put32(to, 4, status);
        Wire.put32(to, 8, sectionSize);
    }

    /// Writes the announcement of RNDIS messages in the receive buffer.
    static void rndisPacket(byte[] to, int channel) {
        begin(to, RndisPacket.TYPE);
        Wire.put32(to, 4, channel);
        Wire.put32(to, 8, NO_SECTION);
    }

    /// Writes the answer to [RndisPacket].
    static void rndisComplete(byte[] to, int status) {
        begin(to, RndisPacket.COMPLETE);
        Wire.put32(to, 4, status);
    }

    /// Writes the answer to [OidQuery].
    static void oidQueryComplete(byte[] to, int rndisStatus) {
        begin(to, OidQuery.COMPLETE);
        Wire.put32(to, 4, rndisStatus);
    }

    /// Writes the answer to [Subchannels].
    static void subchannelsComplete(byte[] to, int status, int count) {
        begin(to, Subchannels.TYPE);
        Wire.put32(to, 4, status);
        Wire.put32(to, 8, count);
    }
}
