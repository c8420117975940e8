package cloison.hyperv.vmbus.ring;

import cloison.hyperv.vmbus.Packet;
import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.GuestPages;
import cloison.machine.wire.Wire;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The ring from a guest to its host, as the host reads it.
///
/// The read index that counts is the one here; the one in the control page only tells the guest how much room
/// it has. It is published when the ring runs empty, after every quarter of the ring, and at the end of a turn.
///
/// A ring in which an index or a packet is impossible is *broken*: it gives no packet any more.
///
/// **Owner:** the thread of the channel's task.
public final class IncomingRing {
    private static final int SMALLEST_PACKET = RingLayout.DESCRIPTOR_SIZE + RingLayout.TRAILER_SIZE;

    // wiring
    private final GuestPages pages;
    private final RingData data;
    private final int publishEvery;

    // state
    private int readIndex;
    private int publishedRead;
    private int knownWrite;
    private boolean ranEmpty;
    private boolean masked;
    private boolean writerWaited;
    private @Nullable String fault;

    // transient
    private final byte[] descriptor = new byte[RingLayout.DESCRIPTOR_SIZE];
    private byte[] header = new byte[512];

    /// A ring over `pages`, the first of which is its control page.
    public IncomingRing(GuestPages pages) {
        this.pages = pages;
        data = new RingData(pages);
        publishEvery = data.size() / 4;
        readIndex = pages.readAcquire(RingLayout.READ_INDEX);
        if (!data.valid(readIndex)) {
            readIndex = 0;
            fault = "the guest opened a ring with an impossible read index";
        }
        publishedRead = readIndex;
        knownWrite = readIndex;
    }

    /// {@return why the ring is broken, or null}
    public @Nullable String fault() {
        return fault;
    }

    /// Copies the next packet out; {@return whether there was one}
    public boolean read(Packet into) {
        if (fault != null || (readIndex == knownWrite && !more())) {
            return false;
        }
        int available = data.distance(readIndex, knownWrite);
        if (available < SMALLEST_PACKET) {
            return broken("a packet is shorter than its descriptor");
        }
        data.read(readIndex, descriptor, 0, RingLayout.DESCRIPTOR_SIZE);
        int type = Wire.u16(descriptor, 0);
        int offset = 8 * Wire.u16(descriptor, 2);
        int length = 8 * Wire.u16(descriptor, 4);
        if (offset < RingLayout.DESCRIPTOR_SIZE || length < offset || length > available - RingLayout.TRAILER_SIZE) {
            return broken("a packet has an impossible length");
        }
        into.type = type;
        into.completionRequested = (Wire.u16(descriptor, 6) & RingLayout.COMPLETION_REQUESTED) != 0;
        into.transactionId = Wire.u64(descriptor, 8);
        into.ranges = 0;
        if (type == Packet.GPA_DIRECT && !readRanges(into, offset - RingLayout.DESCRIPTOR_SIZE)) {
            return false;
        }
        into.length = length - offset;
        if (into.payload.length < into.length) {
            into.payload = new byte[Integer.highestOneBit(into.length - 1) << 1];
        }
        data.read(data.after(readIndex, offset), into.payload, 0, into.length);
        readIndex = data.after(readIndex, length + RingLayout.TRAILER_SIZE);
        if (data.distance(publishedRead, readIndex) >= publishEvery) {
            publish();
        }
        return true;
    }

    /// {@return whether the guest has written more; if not, the guest knows by now that it was all read}
    private boolean more() {
        if (newWriteIndex()) {
            return true;
        }
        if (fault == null && publishedRead != readIndex) {
            publish();
            if (newWriteIndex()) {
                return true;
            }
        }
        ranEmpty = true;
        return false;
    }

    private boolean newWriteIndex() {
        int write = pages.readAcquire(RingLayout.WRITE_INDEX);
        if (write == readIndex) {
            return false;
        }
        if (!data.valid(write)) {
            return broken("the write index is impossible");
        }
        knownWrite = write;
        return true;
    }

    private boolean readRanges(Packet into, int size) {
        if (size < RingLayout.RANGES_HEADER_SIZE) {
            return broken("a GPA-direct packet has no ranges");
        }
        if (header.length < size) {
            header = new byte[Integer.highestOneBit(size - 1) << 1];
        }
        data.read(data.after(readIndex, RingLayout.DESCRIPTOR_SIZE), header, 0, size);
        long count = Wire.u32(header, 4);
        if (count > (size - RingLayout.RANGES_HEADER_SIZE) / 8) {
            return broken("a GPA-direct packet has fewer ranges than it says");
        }
        int ranges = (int) count;
        if (into.rangeLength.length < ranges) {
            into.rangeLength = new int[ranges];
            into.rangeOffset = new int[ranges];
            into.rangeFirstPfn = new int[ranges];
        }
        int pfns = 0;
        int at = RingLayout.RANGES_HEADER_SIZE;
        for (int range = 0; range < ranges; range++) {
            if (size - at < 8) {
                return broken("a GPA-direct packet has fewer ranges than it says");
            }
            long bytes = Wire.u32(header, at);
            long offset = Wire.u32(header, at + 4);
            at += 8;
            long needed = (offset + bytes + GuestMemory.PAGE_SIZE - 1) >>> GuestMemory.PAGE_SHIFT;
            if (offset >= GuestMemory.PAGE_SIZE || needed > (size - at) / 8) {
                return broken("a range of a GPA-direct packet has an impossible length");
            }
            into.rangeLength[range] = (int) bytes;
            into.rangeOffset[range] = (int) offset;
            into.rangeFirstPfn[range] = pfns;
            if (into.pfns.length < pfns + needed) {
                into.pfns = Arrays.copyOf(into.pfns, Math.max(2 * into.pfns.length, pfns + (int) needed));
            }
            for (long page = 0; page < needed; page++, at += 8) {
                into.pfns[pfns++] = Wire.u64(header, at);
            }
        }
        into.ranges = ranges;
        return true;
    }

    /// Tells the guest how far its packets were read.
    ///
    /// A guest that found the ring full said in the control page how much room it waits for: [#takeWriterWaited]
    /// says when that much has come free.
    public void publish() {
        if (publishedRead == readIndex) {
            return;
        }
        int before = publishedRead;
        pages.writeRelease(RingLayout.READ_INDEX, readIndex);
        publishedRead = readIndex;
        VarHandle.fullFence(); // pairs with the guest's: it writes its pending size, then reads our index
        long wanted = pages.readAcquire(RingLayout.PENDING_SEND_SIZE) & 0xFFFF_FFFFL;
        if (wanted != 0) {
            int write = pages.readAcquire(RingLayout.WRITE_INDEX);
            if (data.valid(write)) {
                long free = data.size() - data.distance(readIndex, write);
                long freeBefore = data.size() - data.distance(before, write);
                writerWaited |= freeBefore <= wanted && free > wanted;
            }
        }
    }

    /// {@return whether a guest that waited for room must be told that it has come; asking takes it}
    public boolean takeWriterWaited() {
        boolean waited = writerWaited;
        writerWaited = false;
        return waited;
    }

    /// The ring will be looked at now: the guest need not signal.
    public void mask() {
        ranEmpty = false;
        if (!masked) {
            masked = true;
            pages.writeRelease(RingLayout.INTERRUPT_MASK, 1);
        }
    }

    /// The ring will be left alone now: the guest must signal when it stops being empty.
    ///
    /// @return whether it has stopped being empty since it was last found empty, in which case the guest may
    ///     not have signalled and the ring must be looked at again
    public boolean unmask() {
        if (fault != null) {
            return false;
        }
        publish();
        masked = false;
        pages.writeRelease(RingLayout.INTERRUPT_MASK, 0);
        VarHandle.fullFence(); // pairs with the guest's: it writes its index, then reads our mask
        return ranEmpty && pages.readAcquire(RingLayout.WRITE_INDEX) != readIndex;
    }

    private boolean broken(String why) {
        fault = why;
        return false;
    }
}
