package cloison.vsp.netvsp;

import static cloison.machine.memory.GuestMemory.PAGE_SHIFT;
import static cloison.machine.memory.GuestMemory.PAGE_SIZE;

import cloison.hyperv.vmbus.Packet;
import cloison.machine.memory.GuestMemory;
import org.jspecify.annotations.Nullable;

/// The bytes that one packet of the guest refers to, in order: first those in a section of the send buffer, then
/// those in the pages that the packet names.
///
/// **Owner:** the channel's thread; valid until the channel's next packet.
final class GuestStream {
    private static final long PFN_LIMIT = 1L << 40;

    // wiring
    private final GuestMemory memory;

    // state
    private @Nullable SendBuffer sendBuffer;
    private int section;
    private int inSection;
    private @Nullable Packet packet;
    private int ranges;
    private long length;
    /// The range that was read last, and where in the stream it starts; ranges are mostly read in order.
    private int cursor;

    private long cursorStart;

    GuestStream(GuestMemory memory) {
        this.memory = memory;
    }

    /// Starts at the beginning of what a packet refers to.
    ///
    /// @param size bytes in the section, 0 for none; the send buffer holds them
    void open(@Nullable SendBuffer from, int sectionIndex, int size, Packet of) {
        sendBuffer = from;
        section = sectionIndex;
        inSection = size;
        packet = of;
        ranges = of.type == Packet.GPA_DIRECT ? of.ranges : 0;
        length = size;
        for (int i = 0; i < ranges; i++) {
            length += of.rangeLength[i];
        }
        rewind();
    }

    private void rewind() {
        cursor = 0;
        cursorStart = inSection;
    }

    /// {@return bytes in all}
    long length() {
        return length;
    }

    /// Copies bytes out; {@return whether all of them are there, else `to` is undefined}
    boolean read(long from, byte[] to, int at, int count) {
        if (from + count > length) {
            return false;
        }
        int done = 0;
        if (from < inSection) {
            int chunk = (int) Math.min(count, inSection - from);
            if (sendBuffer == null) {
                return false;
            }
            sendBuffer.read(section, (int) from, to, at, chunk);
            done = chunk;
        }
        return done == count || readRanges(from + done, to, at + done, count - done);
    }

    private boolean readRanges(long from, byte[] to, int at, int count) {
        Packet of = packet;
        if (of == null) {
            return false;
        }
        if (from < cursorStart) {
            rewind();
        }
        long position = from;
        int done = 0;
        while (done < count) {
            while (position >= cursorStart + of.rangeLength[cursor]) {
                cursorStart += of.rangeLength[cursor];
                cursor++;
            }
            int chunk = (int) Math.min(count - done, cursorStart + of.rangeLength[cursor] - position);
            if (!readRange(of, (int) (position - cursorStart), to, at + done, chunk)) {
                return false;
            }
            done += chunk;
            position += chunk;
        }
        return true;
    }

    private boolean readRange(Packet of, int from, byte[] to, int at, int count) {
        int place = of.rangeOffset[cursor] + from;
        int done = 0;
        while (done < count) {
            long pfn = of.pfns[of.rangeFirstPfn[cursor] + (place >>> PAGE_SHIFT)];
            int inPage = place & PAGE_SIZE - 1;
            int chunk = Math.min(count - done, PAGE_SIZE - inPage);
            if (pfn < 0 || pfn >= PFN_LIMIT || !memory.read((pfn << PAGE_SHIFT) + inPage, to, at + done, chunk)) {
                return false;
            }
            done += chunk;
            place += chunk;
        }
        return true;
    }
}
