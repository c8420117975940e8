package cloison.hyperv.vmbus.ring;

/// Where things are in a ring and in a packet.
///
/// ```text
///  control page                                              data area
///  0        4       8       12       16         64         4096                        4096+size
///  +--------+-------+-------+--------+- - - - - +----------+----------------------------+
///  | write  | read  | intr  | pending|          | feature  | packet | packet | free …   |
///  | index  | index | mask  | send sz|          | bits     |        |        |          |
///  +--------+-------+-------+--------+- - - - - +----------+----------------------------+
///
///  packet
///  0      2         4      6       8                16            offset8*8    len8*8    +8
///  +------+---------+------+-------+----------------+- - - - - - -+------------+---------+
///  | type | offset8 | len8 | flags | transaction id | type's own  | payload,   | trailer |
///  |      |         |      |       |                |             | padded     | 0, index|
///  +------+---------+------+-------+----------------+- - - - - - -+------------+---------+
/// ```
///
/// Indices count bytes from the start of the data area. The trailer holds the index at which its packet began.
/// A ring is never filled to the last byte, so equal indices mean empty.
public final class RingLayout {
    /// Offset of the next byte that the writer will write.
    public static final int WRITE_INDEX = 0;
    /// Offset of the next byte that the reader will read.
    public static final int READ_INDEX = 4;
    /// Nonzero while the reader does not want to be signalled.
    public static final int INTERRUPT_MASK = 8;
    /// Bytes that a blocked writer waits for; 0 if it waits for none.
    public static final int PENDING_SEND_SIZE = 12;
    /// What the side that set up the ring honours.
    public static final int FEATURE_BITS = 64;
    /// The feature bit of a reader that signals a blocked writer.
    public static final int FEATURE_PENDING_SEND_SIZE = 1;
    /// Bytes of the control page.
    public static final int CONTROL_SIZE = 4096;
    /// Bytes of a packet before what is the type's own.
    public static final int DESCRIPTOR_SIZE = 16;
    /// Bytes after a packet.
    public static final int TRAILER_SIZE = 8;
    /// Bytes of the GPA-direct and transfer-page headers before their ranges.
    public static final int RANGES_HEADER_SIZE = 8;
    /// The largest packet that the length field can say.
    public static final int LARGEST_PACKET = 0xFFFF * 8;
    /// The flag of a packet whose sender wants a completion.
    public static final int COMPLETION_REQUESTED = 1;

    private RingLayout() {}

    /// {@return `bytes`, rounded up to the unit of packets}
    public static int padded(int bytes) {
        return (bytes + 7) & ~7;
    }
}
