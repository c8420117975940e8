package cloison.machine.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// The guest-physical address space of one partition, as far as it is memory.
///
/// RAM and the pages that may overlay it live in one segment, the *store*; every guest-physical page is either a page
/// of the store or absent (a device's, or nothing at all). Engines ask [#offsetOf] when they refill a translation and
/// then use the store directly; devices use the accessors by guest-physical address, which answer `false` or
/// [#ABSENT] where there is no memory and never throw for an address that a guest chose.
///
/// ```text
///  guest-physical                                     store
///  0          lowSize        4 GiB     4 GiB+highSize 0        lowSize   lowSize+highSize
///  +-----------+--- hole ----+-----------+            +-----------+-----------+------------------+
///  | low RAM   | devices     | high RAM  |     =>     | low RAM   | high RAM  | overlay pages …  |
///  +-----------+-------------+-----------+            +-----------+-----------+------------------+
/// ```
///
/// **Owner:** any thread may read and write; who maps overlays holds the monitor.
public final class GuestMemory {
    /// Bytes of a page.
    public static final int PAGE_SIZE = 4096;
    /// Number of address bits inside a page.
    public static final int PAGE_SHIFT = 12;
    /// The answer where an address is not memory.
    public static final long ABSENT = -1;
    /// Where low RAM ends at the latest; above, up to 4 GiB, devices live.
    public static final long HOLE_START = 0xC000_0000L;
    /// Where high RAM starts.
    public static final long HIGH_START = 0x1_0000_0000L;

    /// Little-endian, unaligned layouts for access to the store.
    public static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    public static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    public static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    // wiring
    private final MemorySegment store;
    private final long lowSize;
    private final long highSize;

    // state
    private final long[] overlayPage;
    private final boolean[] overlayUsed;
    private final boolean[] overlayReadOnly;
    private int overlaysMapped;
    private volatile MemoryListener listener = MemoryListener.NONE;

    /// Lays out `ramSize` bytes of RAM and `overlays` spare pages in `store`.
    ///
    /// @param store zeroed memory of at least [#storeSize] bytes
    public GuestMemory(MemorySegment store, long ramSize, int overlays) {
        if (ramSize <= 0 || (ramSize & (PAGE_SIZE - 1)) != 0) {
            throw new IllegalArgumentException("RAM size is not a positive number of pages: " + ramSize);
        }
        if (store.byteSize() < storeSize(ramSize, overlays)) {
            throw new IllegalArgumentException("store too small: " + store.byteSize());
        }
        this.store = store;
        lowSize = Math.min(ramSize, HOLE_START);
        highSize = ramSize - lowSize;
        overlayPage = new long[overlays];
        overlayUsed = new boolean[overlays];
        overlayReadOnly = new boolean[overlays];
    }

    /// {@return the bytes a store needs}
    public static long storeSize(long ramSize, int overlays) {
        return ramSize + (long) overlays * PAGE_SIZE;
    }

    /// {@return the store itself; offsets come from [#offsetOf]}
    public MemorySegment store() {
        return store;
    }

    /// {@return bytes of RAM below the hole}
    public long lowSize() {
        return lowSize;
    }

    /// {@return bytes of RAM above 4 GiB}
    public long highSize() {
        return highSize;
    }

    /// {@return all RAM in bytes}
    public long ramSize() {
        return lowSize + highSize;
    }

    /// {@return the store offset of a guest-physical address, or [#ABSENT]; valid up to the end of its page}
    public long offsetOf(long gpa) {
        if (overlaysMapped != 0) {
            long page = gpa >>> PAGE_SHIFT;
            for (int i = 0; i < overlayPage.length; i++) {
                if (overlayUsed[i] && overlayPage[i] == page) {
                    return overlayOffset(i) + (gpa & (PAGE_SIZE - 1));
                }
            }
        }
        return ramOffsetOf(gpa);
    }

    /// {@return the store offset of the RAM at `gpa` whether or not an overlay hides it, or [#ABSENT]}
    public long ramOffsetOf(long gpa) {
        if (gpa >= 0 && gpa < lowSize) {
            return gpa;
        }
        long above = gpa - HIGH_START;
        return above >= 0 && above < highSize ? lowSize + above : ABSENT;
    }

    /// {@return the offset of spare page `index` in the store}
    public long overlayOffset(int index) {
        return ramSize() + (long) index * PAGE_SIZE;
    }

    /// {@return the spare page `index` itself, wherever it is mapped}
    public GuestPages overlay(int index) {
        if (index < 0 || index >= overlayPage.length) {
            throw new IllegalArgumentException("no spare page " + index + " of " + overlayPage.length);
        }
        return new GuestPages(this, new long[] {overlayOffset(index)});
    }

    /// Makes spare page `index` one that the guest may read and execute but not write, wherever it is mapped. Before
    /// any processor runs.
    public void protectOverlay(int index) {
        overlayReadOnly[index] = true;
    }

    /// {@return whether the guest must not write to the page at a store offset}
    public boolean readOnly(long offset) {
        long spare = offset - ramSize();
        return spare >= 0 && overlayReadOnly[(int) (spare >>> PAGE_SHIFT)];
    }

    /// Lets spare page `index` cover the guest-physical page `page`, which need not be RAM; what it covered before
    /// reappears.
    public synchronized void mapOverlay(int index, long page) {
        if (overlayUsed[index] && overlayPage[index] == page) {
            return;
        }
        unmapOverlay(index);
        overlayPage[index] = page;
        overlayUsed[index] = true;
        overlaysMapped++;
        listener.mappingChanged();
    }

    /// Takes spare page `index` away, so that what it covered reappears.
    public synchronized void unmapOverlay(int index) {
        if (overlayUsed[index]) {
            overlayUsed[index] = false;
            overlaysMapped--;
            listener.mappingChanged();
        }
    }

    /// Tells the number of each guest-physical page that a spare page covers.
    public void eachCovered(LongConsumer tell) {
        for (int i = 0; i < overlayPage.length; i++) {
            if (overlayUsed[i]) {
                tell.accept(overlayPage[i]);
            }
        }
    }

    /// Names who must hear of changed mappings and of stores made by devices: the engine's partition.
    public void listener(MemoryListener of) {
        listener = of;
    }

    /// {@return whether `length` bytes from `gpa` are memory}
    public boolean present(long gpa, long length) {
        if (length < 0 || gpa < 0 || gpa + length < gpa) {
            return false;
        }
        for (long page = gpa >>> PAGE_SHIFT; page << PAGE_SHIFT < gpa + length; page++) {
            if (offsetOf(page << PAGE_SHIFT) == ABSENT) {
                return false;
            }
        }
        return true;
    }

    /// Copies guest memory to `to`; {@return whether all of it was memory, else `to` is undefined}
    public boolean read(long gpa, byte[] to, int at, int length) {
        long from = gpa;
        int done = 0;
        while (done < length) {
            long offset = offsetOf(from);
            if (offset == ABSENT) {
                return false;
            }
            int chunk = Math.min(length - done, PAGE_SIZE - (int) (from & (PAGE_SIZE - 1)));
            MemorySegment.copy(store, ValueLayout.JAVA_BYTE, offset, to, at + done, chunk);
            done += chunk;
            from += chunk;
        }
        return true;
    }

    /// Copies `from` to guest memory; {@return whether all of it was memory that the guest may write, else nothing is
    /// said of how far it went}
    public boolean write(long gpa, byte[] from, int at, int length) {
        long to = gpa;
        int done = 0;
        while (done < length) {
            long offset = offsetOf(to);
            if (offset == ABSENT || readOnly(offset)) {
                return false;
            }
            int chunk = Math.min(length - done, PAGE_SIZE - (int) (to & (PAGE_SIZE - 1)));
            MemorySegment.copy(from, at + done, store, ValueLayout.JAVA_BYTE, offset, chunk);
            listener.stored(offset, chunk);
            done += chunk;
            to += chunk;
        }
        return true;
    }

    /// Tells the listener that a device stored `length` bytes at a store offset by itself.
    public void stored(long offset, long length) {
        listener.stored(offset, length);
    }

    /// {@return the pages named by `pfns` as one buffer, or null if one of them is not RAM}
    public @Nullable GuestPages pages(long[] pfns) {
        long[] offsets = new long[pfns.length];
        for (int i = 0; i < pfns.length; i++) {
            long pfn = pfns[i];
            long offset = pfn >= 0 && pfn < 1L << 40 ? ramOffsetOf(pfn << PAGE_SHIFT) : ABSENT;
            if (offset == ABSENT) {
                return null;
            }
            offsets[i] = offset;
        }
        return new GuestPages(this, offsets);
    }
}
