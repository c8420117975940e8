package cloison.vsp.netvsp.protocol;

/// Objects that a guest queries and sets, by the names of the WDK (`OID_` left out).
public final class Oid {
    public static final int GEN_SUPPORTED_LIST = 0x0001_0101;
    public static final int GEN_HARDWARE_STATUS = 0x0001_0102;
    public static final int GEN_MEDIA_SUPPORTED = 0x0001_0103;
    public static final int GEN_MEDIA_IN_USE = 0x0001_0104;
    public static final int GEN_MAXIMUM_LOOKAHEAD = 0x0001_0105;
    public static final int GEN_MAXIMUM_FRAME_SIZE = 0x0001_0106;
    public static final int GEN_LINK_SPEED = 0x0001_0107;
    public static final int GEN_TRANSMIT_BUFFER_SPACE = 0x0001_0108;
    public static final int GEN_RECEIVE_BUFFER_SPACE = 0x0001_0109;
    public static final int GEN_TRANSMIT_BLOCK_SIZE = 0x0001_010A;
    public static final int GEN_RECEIVE_BLOCK_SIZE = 0x0001_010B;
    public static final int GEN_VENDOR_ID = 0x0001_010C;
    public static final int GEN_VENDOR_DESCRIPTION = 0x0001_010D;
    public static final int GEN_CURRENT_PACKET_FILTER = 0x0001_010E;
    public static final int GEN_CURRENT_LOOKAHEAD = 0x0001_010F;
    public static final int GEN_DRIVER_VERSION = 0x0001_0110;
    public static final int GEN_MAXIMUM_TOTAL_SIZE = 0x0001_0111;
    public static final int GEN_MAC_OPTIONS = 0x0001_0113;
    public static final int GEN_MEDIA_CONNECT_STATUS = 0x0001_0114;
    public static final int GEN_MAXIMUM_SEND_PACKETS = 0x0001_0115;
    public static final int GEN_VENDOR_DRIVER_VERSION = 0x0001_0116;
    public static final int GEN_NETWORK_LAYER_ADDRESSES = 0x0001_0118;
    public static final int GEN_RECEIVE_SCALE_CAPABILITIES = 0x0001_0203;
    public static final int GEN_RECEIVE_SCALE_PARAMETERS = 0x0001_0204;
    public static final int GEN_MAX_LINK_SPEED = 0x0001_0206;
    public static final int GEN_LINK_STATE = 0x0001_0207;
    public static final int GEN_RNDIS_CONFIG_PARAMETER = 0x0001_021B;

    public static final int GEN_XMIT_OK = 0x0002_0101;
    public static final int GEN_RCV_OK = 0x0002_0102;
    public static final int GEN_XMIT_ERROR = 0x0002_0103;
    public static final int GEN_RCV_ERROR = 0x0002_0104;
    public static final int GEN_RCV_NO_BUFFER = 0x0002_0105;
    public static final int GEN_DIRECTED_BYTES_XMIT = 0x0002_0201;
    public static final int GEN_DIRECTED_FRAMES_XMIT = 0x0002_0202;
    public static final int GEN_MULTICAST_BYTES_XMIT = 0x0002_0203;
    public static final int GEN_MULTICAST_FRAMES_XMIT = 0x0002_0204;
    public static final int GEN_BROADCAST_BYTES_XMIT = 0x0002_0205;
    public static final int GEN_BROADCAST_FRAMES_XMIT = 0x0002_0206;
    public static final int GEN_DIRECTED_BYTES_RCV = 0x0002_0207;
    public static final int GEN_DIRECTED_FRAMES_RCV = 0x0002_0208;
    public static final int GEN_MULTICAST_BYTES_RCV = 0x0002_0209;
    public static final int GEN_MULTICAST_FRAMES_RCV = 0x0002_020A;
    public static final int GEN_BROADCAST_BYTES_RCV = 0x0002_020B;
    public static final int GEN_BROADCAST_FRAMES_RCV = 0x0002_020C;
    public static final int GEN_FRIENDLY_NAME = 0x0002_0216;
    public static final int GEN_BYTES_RCV = 0x0002_0219;
    public static final int GEN_BYTES_XMIT = 0x0002_021A;
    public static final int GEN_RCV_DISCARDS = 0x0002_021B;
    public static final int GEN_XMIT_DISCARDS = 0x0002_021C;

    public static final int ETHERNET_PERMANENT_ADDRESS = 0x0101_0101;
    public static final int ETHERNET_CURRENT_ADDRESS = 0x0101_0102;
    public static final int ETHERNET_MULTICAST_LIST = 0x0101_0103;
    public static final int ETHERNET_MAXIMUM_LIST_SIZE = 0x0101_0104;
    public static final int OFFLOAD_ENCAPSULATION = 0x0101_010A;

    public static final int TCP_OFFLOAD_CURRENT_CONFIG = 0xFC01_020B;
    public static final int TCP_OFFLOAD_PARAMETERS = 0xFC01_020C;
    public static final int TCP_OFFLOAD_HARDWARE_CAPABILITIES = 0xFC01_020D;

    private Oid() {}
}
