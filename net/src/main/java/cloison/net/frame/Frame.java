package cloison.net.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// One Ethernet frame in a pooled buffer, with what travels beside its bytes.
///
/// Whoever holds a reference may read; only the holder of the single reference of a freshly taken frame writes.
/// Handing a frame to a method that says it takes a reference ends the caller's own; [#retain] makes more,
/// [#release] ends one, and the last one sends the frame back to its pool.
///
/// **Owner:** the holders of its references; they hand it from thread to thread through queues.
public final class Frame {
    /// The smallest frame: two addresses and a type.
    public static final int HEADER_SIZE = 14;
    /// Bytes of a VLAN tag between addresses and type.
    public static final int TAG_SIZE = 4;
    /// What the first two bytes of a VLAN tag say. IEEE 802.1Q-2018, table 9-1.
    public static final int TAG_PROTOCOL = 0x8100;
    /// The tag of a frame that has none.
    public static final int UNTAGGED = -1;

    private static final int TYPE_AT = 2 * MacAddress.SIZE;

    private static final VarHandle HOLDERS;

    static {
        try {
            HOLDERS = MethodHandles.lookup().findVarHandle(Frame.class, "holders", int.class);
        } catch (ReflectiveOperationException missing) {
            throw new ExceptionInInitializerError(missing);
        }
    }

    // wiring
    private final FramePool pool;
    private final byte[] bytes;

    // content
    private int length;
    private int tag = UNTAGGED;
    private int checksum;
    private int segmentation;

    // transient
    private volatile int holders;
    /// The next frame of the pool's list that this one is in; the list's owner writes it.
    @Nullable
    Frame next;

    Frame(FramePool pool, int capacity) {
        this.pool = pool;
        bytes = new byte[capacity];
    }

    /// Starts a new life with one reference and no content.
    void born() {
        length = 0;
        tag = UNTAGGED;
        checksum = 0;
        segmentation = 0;
        HOLDERS.setRelease(this, 1);
    }

    /// {@return the buffer; the frame is its first [#length] bytes}
    public byte[] bytes() {
        return bytes;
    }

    /// {@return bytes of the frame, from the destination address to the end of the payload}
    public int length() {
        return length;
    }

    /// Says how many bytes of the buffer are the frame.
    public void length(int bytesUsed) {
        if (bytesUsed < 0 || bytesUsed > bytes.length) {
            throw new IllegalStateException("frame of " + bytesUsed + " bytes in a buffer of " + bytes.length);
        }
        length = bytesUsed;
    }

    /// {@return the VLAN tag control information that travels beside the frame (identifier in bits 0 to 11, drop
    /// eligibility in bit 12, priority in bits 13 to 15), or [#UNTAGGED]}
    public int tag() {
        return tag;
    }

    /// Puts a VLAN tag beside the frame, or takes it away.
    public void tag(int controlInformation) {
        tag = controlInformation;
    }

    /// {@return what the sender left to do about checksums, as its RNDIS checksum information says; 0 for nothing}
    public int checksum() {
        return checksum;
    }

    /// Says what is left to do about checksums.
    public void checksum(int information) {
        checksum = information;
    }

    /// {@return how the sender wants this frame cut into segments, as its RNDIS large-send information says; 0 for
    /// not}
    public int segmentation() {
        return segmentation;
    }

    /// Says how to cut this frame into segments.
    public void segmentation(int information) {
        segmentation = information;
    }

    /// Takes a VLAN tag out of the bytes of a frame that has a header and puts it beside them, where no VLAN is named
    /// yet; tags that name none go as well. For the holder of the single reference.
    ///
    /// @return false if that leaves no header, and the frame is not worth keeping
    public boolean liftTag() {
        int at = TYPE_AT;
        while (vlan() == 0 && tagAt(at)) {
            if (length < at + TAG_SIZE + HEADER_SIZE - TYPE_AT) {
                return false;
            }
            tag = (bytes[at + 2] & 0xFF) << 8 | bytes[at + 3] & 0xFF;
            at += TAG_SIZE;
        }
        if (at != TYPE_AT) {
            System.arraycopy(bytes, at, bytes, TYPE_AT, length - at);
            length -= at - TYPE_AT;
        }
        return true;
    }

    /// {@return whether there is a VLAN tag in the bytes of a frame that has a header}
    public boolean carriesTag() {
        return tagAt(TYPE_AT);
    }

    private boolean tagAt(int at) {
        return (bytes[at] & 0xFF) == TAG_PROTOCOL >>> 8 && (bytes[at + 1] & 0xFF) == (TAG_PROTOCOL & 0xFF);
    }

    /// {@return the tag that names `vlan` and keeps the frame's priority and drop eligibility}
    public int tagFor(int vlan) {
        return tag == UNTAGGED ? vlan : tag & 0xF000 | vlan;
    }

    /// {@return the VLAN identifier, 0 for an untagged or priority-tagged frame}
    public int vlan() {
        return tag == UNTAGGED ? 0 : tag & 0xFFF;
    }

    /// {@return the destination address of a frame that has a header}
    public long destination() {
        return MacAddress.bits(bytes, 0);
    }

    /// {@return the source address of a frame that has a header}
    public long source() {
        return MacAddress.bits(bytes, MacAddress.SIZE);
    }

    /// Makes `more` references, for `more` further holders.
    public void retain(int more) {
        int before = (int) HOLDERS.getAndAdd(this, more);
        if (before <= 0) {
            throw new IllegalStateException("a frame was retained after its last release");
        }
    }

    /// Ends one reference; the last one sends the frame back to its pool.
    public void release() {
        // A sole holder is alone in writing the count, so that the common case needs no atomic exchange.
        if ((int) HOLDERS.getAcquire(this) == 1) {
            HOLDERS.setRelease(this, 0);
            pool.giveBack(this);
            return;
        }
        int before = (int) HOLDERS.getAndAdd(this, -1);
        if (before == 1) {
            pool.giveBack(this);
        } else if (before <= 0) {
            throw new IllegalStateException("a frame was released more often than retained");
        }
    }
}
