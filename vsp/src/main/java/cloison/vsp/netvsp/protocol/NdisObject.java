package cloison.vsp.netvsp.protocol;

import cloison.machine.wire.Wire;

/// NDIS objects: a header of type (8 bits), revision (8 bits) and size (16 bits), and what the type says.
///
/// ```text
///  offload capabilities (0xA7)      revision 1: 112 bytes, 2: 144, 3: 156; all zero after the header: none
///  offload parameters (0x80)        at least 20 bytes; one byte per offload from 4 on
///  offload encapsulation (0xA8)     28 bytes: enabled, encapsulation, header size for IPv4 at 4, for IPv6 at 16
///  RSS capabilities (0x88)          4 flags, 8 interrupts, 12 queues, 16 table entries (16 bits, revision 2)
///  RSS parameters (0x89)            4 flags (16), 8 hash, 12 table size (16), 16 table offset,
///                                   20 key size (16), 24 key offset
///  link state (0x80)                4 connected, 8 duplex, 16 send speed (64), 24 receive speed (64), 32, 36 zero
/// ```
public final class NdisObject {
    /// Linux: `NDIS_OBJECT_TYPE_DEFAULT`.
    public static final int DEFAULT = 0x80;
    /// Linux: `NDIS_OBJECT_TYPE_RSS_CAPABILITIES`.
    public static final int RSS_CAPABILITIES = 0x88;
    /// Linux: `NDIS_OBJECT_TYPE_RSS_PARAMETERS`.
    public static final int RSS_PARAMETERS = 0x89;
    /// Linux: `NDIS_OBJECT_TYPE_OFFLOAD`.
    public static final int OFFLOAD = 0xA7;
    /// WDK: `NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION`.
    public static final int ENCAPSULATION = 0xA8;

    /// Bytes of a header.
    public static final int HEADER_SIZE = 4;
    /// Bytes of offload parameters that every revision has.
    public static final int OFFLOAD_PARAMETERS_SIZE = 20;
    /// Bytes of an encapsulation.
    public static final int ENCAPSULATION_SIZE = 28;
    /// Bytes of RSS parameters that every revision has.
    public static final int RSS_PARAMETERS_SIZE = 28;
    /// Bytes of a link state.
    public static final int LINK_STATE_SIZE = 40;

    /// Linux: `NDIS_RSS_PARAM_FLAG_DISABLE_RSS`.
    public static final int RSS_DISABLED = 0x10;
    /// The Toeplitz hash, over TCP on IPv4 and on IPv6.
    public static final int RSS_HASHES = 0x0000_0301;

    private static final int[] OFFLOAD_SIZE = {0, 112, 144, 156};

    private NdisObject() {}

    /// Writes a header.
    public static void header(byte[] to, int type, int revision, int size) {
        Wire.put8(to, 0, type);
        Wire.put8(to, 1, revision);
        Wire.put16(to, 2, size);
    }

    /// {@return whether `length` bytes at `at` start an object of this type with at least `least` bytes}
    public static boolean matches(byte[] from, int at, int length, int type, int least) {
        return length >= least
                && Wire.u8(from, at) == type
                && Wire.u8(from, at + 1) >= 1
                && Wire.u16(from, at + 2) >= least
                && Wire.u16(from, at + 2) <= length;
    }

    /// {@return the highest revision of offload capabilities, up to the one asked for, that `room` bytes can hold; 0
    /// if none}
    public static int offloadRevision(int asked, int room) {
        int revision = Math.min(asked, OFFLOAD_SIZE.length - 1);
        while (revision > 0 && OFFLOAD_SIZE[revision] > room) {
            revision--;
        }
        return revision;
    }

    /// {@return bytes of offload capabilities}
    public static int offloadSize(int revision) {
        return OFFLOAD_SIZE[revision];
    }
}
