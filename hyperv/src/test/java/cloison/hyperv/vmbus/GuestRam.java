package cloison.hyperv.vmbus;

import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.GuestPages;
import java.lang.foreign.Arena;

/// The RAM of a guest that runs no code, and its page allocator.
public final class GuestRam {
    private final GuestMemory memory;
    private long nextPfn = 16;

    /// RAM of `pages` pages, and `overlays` spare ones.
    public GuestRam(int pages, int overlays) {
        long size = (long) pages * GuestMemory.PAGE_SIZE;
        memory = new GuestMemory(
                Arena.ofAuto().allocate(GuestMemory.storeSize(size, overlays), GuestMemory.PAGE_SIZE), size, overlays);
    }

    /// {@return the guest-physical address space}
    public GuestMemory memory() {
        return memory;
    }

    /// {@return the first of `count` pages that nobody had yet}
    public long allocate(int count) {
        long first = nextPfn;
        nextPfn += count;
        if (nextPfn << GuestMemory.PAGE_SHIFT > memory.lowSize()) {
            throw new IllegalStateException("the test's guest has too little RAM");
        }
        return first;
    }

    /// Gives the last `count` pages back.
    public void release(int count) {
        nextPfn -= count;
    }

    /// {@return `count` page numbers from `first` on}
    public static long[] pfns(long first, int count) {
        long[] pfns = new long[count];
        for (int i = 0; i < count; i++) {
            pfns[i] = first + i;
        }
        return pfns;
    }

    /// {@return pages as a buffer}
    public GuestPages pages(long first, int count) {
        GuestPages pages = memory.pages(pfns(first, count));
        if (pages == null) {
            throw new IllegalStateException("not RAM: page " + first);
        }
        return pages;
    }

    /// Stores bytes at a guest-physical address.
    public void write(long gpa, byte[] bytes) {
        if (!memory.write(gpa, bytes, 0, bytes.length)) {
            throw new IllegalStateException("not RAM: 0x%x".formatted(gpa));
        }
    }

    /// {@return bytes at a guest-physical address}
    public byte[] read(long gpa, int length) {
        byte[] bytes = new byte[length];
        if (!memory.read(gpa, bytes, 0, length)) {
            throw new IllegalStateException("not RAM: 0x%x".formatted(gpa));
        }
        return bytes;
    }
}
