package cloison.hyperv.vmbus;

/// One packet received from a guest's ring, copied out of guest memory and checked for form.
///
/// **Owner:** the channel that returned it; overwritten by its next `receive`.
public final class Packet {
    /// In-band data.
    public static final int IN_BAND = 6;
    /// Data with ranges of a shared buffer.
    public static final int TRANSFER_PAGES = 7;
    /// Data with ranges of guest-physical memory.
    public static final int GPA_DIRECT = 9;
    /// A completion of what the host sent.
    public static final int COMPLETION = 11;

    /// One of the constants above, or a type that this host does not know.
    public int type;

    public long transactionId;
    public boolean completionRequested;
    /// The payload; only the first [#length] bytes belong to this packet.
    public byte[] payload = new byte[256];

    public int length;
    /// Number of ranges of a GPA-direct packet.
    public int ranges;
    /// Per range: bytes, and offset in its first page.
    public int[] rangeLength = new int[32];

    public int[] rangeOffset = new int[32];
    /// Per range: index of its first page in [#pfns].
    public int[] rangeFirstPfn = new int[32];

    /// Guest page numbers of all ranges in order; as many per range as its offset and length need.
    public long[] pfns = new long[64];

    /// An empty packet, to be filled by a channel.
    public Packet() {}
}
