package cloison.hyperv.vmbus.ring;

import cloison.machine.memory.GuestPages;
import cloison.machine.wire.Wire;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// The ring from the host to its guest, as the host writes it.
///
/// Packets become visible to the guest, all at once, by [#publish], and whenever the ring runs full. A writer
/// that finds no room leaves the size it waits for in the control page and gets a signal from the guest, or,
/// from a guest that does not know the field, must look again by itself ([#mustPoll]).
///
/// **Owner:** the thread of the channel's task.
public final class OutgoingRing {
    // wiring
    private final GuestPages pages;
    private final RingData data;

    // state
    private int writeIndex;
    private int publishedWrite;
    private int knownRead;
    private int waitingFor;
    private boolean readerWaits;
    private @Nullable String fault;

    // transient
    private byte[] descriptor = new byte[256];
    private final byte[] tail = new byte[8 + RingLayout.TRAILER_SIZE];

    /// A ring over `pages`, the first of which is its control page.
    public OutgoingRing(GuestPages pages) {
        this.pages = pages;
        data = new RingData(pages);
        writeIndex = pages.readAcquire(RingLayout.WRITE_INDEX);
        if (!data.valid(writeIndex)) {
            writeIndex = 0;
            fault = "the guest opened a ring with an impossible write index";
        }
        publishedWrite = writeIndex;
        knownRead = writeIndex;
        refresh();
    }

    /// {@return why the ring is broken, or null}
    public @Nullable String fault() {
        return fault;
    }

    /// Writes a packet whose payload begins right after the descriptor; {@return whether there was room}
    public boolean write(int type, int flags, long transactionId, byte[] payload, int at, int length) {
        return write(type, flags, transactionId, RingLayout.DESCRIPTOR_SIZE, payload, at, length);
    }

    /// Writes a packet with ranges of a shared buffer; {@return whether there was room}
    ///
    /// @param ranges `count` pairs of byte count, byte offset
    public boolean writeTransferPages(
            int type,
            int flags,
            long transactionId,
            int pageSet,
            int[] ranges,
            int count,
            byte[] payload,
            int at,
            int length) {
        int offset = RingLayout.DESCRIPTOR_SIZE + RingLayout.RANGES_HEADER_SIZE + 8 * count;
        if (descriptor.length < offset) {
            descriptor = new byte[2 * offset];
        }
        int header = RingLayout.DESCRIPTOR_SIZE;
        Wire.put32(descriptor, header, pageSet & 0xFFFF);
        Wire.put32(descriptor, header + 4, count);
        for (int i = 0; i < 2 * count; i++) {
            Wire.put32(descriptor, header + RingLayout.RANGES_HEADER_SIZE + 4 * i, ranges[i]);
        }
        return write(type, flags, transactionId, offset, payload, at, length);
    }

    private boolean write(int type, int flags, long transactionId, int offset, byte[] payload, int at, int length) {
        int padded = RingLayout.padded(length);
        int size = offset + padded;
        if (size > RingLayout.LARGEST_PACKET) {
            throw new IllegalArgumentException("a packet cannot have %d bytes".formatted(size));
        }
        if (!room(size + RingLayout.TRAILER_SIZE)) {
            return false;
        }
        Wire.put16(descriptor, 0, type);
        Wire.put16(descriptor, 2, offset / 8);
        Wire.put16(descriptor, 4, size / 8);
        Wire.put16(descriptor, 6, flags);
        Wire.put64(descriptor, 8, transactionId);
        data.write(writeIndex, descriptor, 0, offset);
        data.write(data.after(writeIndex, offset), payload, at, length);
        int padding = padded - length;
        Wire.put32(tail, 12, writeIndex);
        data.write(data.after(writeIndex, offset + length), tail, 8 - padding, padding + RingLayout.TRAILER_SIZE);
        writeIndex = data.after(writeIndex, size + RingLayout.TRAILER_SIZE);
        return true;
    }

    /// {@return whether a packet of `bytes` fits; if not, the guest has been asked to tell when it does}
    private boolean room(int bytes) {
        if (fault != null) {
            return false;
        }
        if (bytes >= free()) {
            refresh();
            if (fault == null && bytes >= free()) {
                readerWaits |= publishAndAsk();
                waitingFor = bytes;
                pages.writeRelease(RingLayout.PENDING_SEND_SIZE, bytes);
                VarHandle.fullFence(); // pairs with the guest's: it writes its index, then reads our pending size
                refresh();
            }
            if (fault != null || bytes >= free()) {
                return false;
            }
        }
        if (waitingFor != 0) {
            waitingFor = 0;
            pages.writeRelease(RingLayout.PENDING_SEND_SIZE, 0);
        }
        return true;
    }

    private int free() {
        return data.size() - data.distance(knownRead, writeIndex);
    }

    private void refresh() {
        int read = pages.readAcquire(RingLayout.READ_INDEX);
        if (!data.valid(read)) {
            fault = "the read index is impossible";
        } else if (data.distance(read, publishedWrite) > data.distance(knownRead, publishedWrite)) {
            fault = "the read index went back";
        } else {
            knownRead = read;
        }
    }

    /// Shows the guest all that was written; {@return whether it must be signalled}
    public boolean publish() {
        boolean signal = publishAndAsk() || readerWaits;
        readerWaits = false;
        return signal;
    }

    private boolean publishAndAsk() {
        if (publishedWrite == writeIndex || fault != null) {
            return false;
        }
        int before = publishedWrite;
        pages.writeRelease(RingLayout.WRITE_INDEX, writeIndex);
        publishedWrite = writeIndex;
        VarHandle.fullFence(); // pairs with the guest's: it writes its mask or read index, then reads our index
        return pages.readAcquire(RingLayout.INTERRUPT_MASK) == 0 && pages.readAcquire(RingLayout.READ_INDEX) == before;
    }

    /// {@return whether a packet found no room and the guest will not tell when there is some}
    public boolean mustPoll() {
        return waitingFor != 0
                && (pages.readAcquire(RingLayout.FEATURE_BITS) & RingLayout.FEATURE_PENDING_SEND_SIZE) == 0;
    }
}
