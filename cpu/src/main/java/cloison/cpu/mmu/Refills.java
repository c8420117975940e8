package cloison.cpu.mmu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import cloison.machine.memory.GuestMemory;
import java.lang.foreign.MemorySegment;

/// What emitted code needs to walk the guest's page tables by itself, and the translations that it found.
///
/// Emitted code enters what it finds into the [Mirror] and notes it here. [Translations] stays the one source of truth:
/// it takes over what was noted as soon as the processor is out of emitted code, before anything there looks at a
/// translation or forgets one.
///
/// Only walks without a side effect or a fault are done there, by four levels of tables, with NXE, from and to pages
/// that are RAM and not covered by an overlay; accessed bits must be set, and the dirty bit for writing.
///
/// ```text
///  word 0 ROOT      host address of the top table, or 0: no walks
///       1 STORE     host address of the guest's memory
///       2 LOW       bytes of RAM below 4 GiB
///       3 HIGH      bytes of RAM above
///       4 MARKS     host addresses of what CodePages knows of pages
///       5 WRITERS
///       6 WRITER    the processor's bit there
///       7 CURSOR    host address of the next note
///       8 END       of the notes
///  COVERED          a byte for each page number modulo 4096: not 0 if an overlay may cover the page
///  NOTES            two longs each: linear page | bits below, host address of the page
/// ```
///
/// **Owner:** the thread that runs the processor.
public final class Refills {
    public static final int ROOT = 0;
    public static final int STORE = 8;
    public static final int LOW = 16;
    public static final int HIGH = 24;
    public static final int MARKS = 32;
    public static final int WRITERS = 40;
    public static final int WRITER = 48;
    public static final int CURSOR = 56;
    public static final int END = 64;

    public static final int COVERED = 128;
    /// Entries of COVERED.
    public static final int COVERS = 4096;

    private static final int NOTES = COVERED + COVERS;
    private static final int MOST = 1024;
    private static final int NOTE = 16;

    /// Bytes of all this.
    public static final int BYTES = NOTES + MOST * NOTE;

    // bits of a note; all but DIRECT, KIND, 2 MiB and 1 GiB are at their places in a page-table entry
    public static final int WRITABLE = 2;
    /// Two bits: the kind of translation, as [Mirror] numbers them.
    public static final int KIND_SHIFT = 2;

    /// Whether it was entered for writing too.
    public static final int DIRECT = 0x10;

    public static final int DIRTY = 0x40;
    public static final int GLOBAL = 0x100;
    public static final int TWO_MIB = 0x200;
    public static final int ONE_GIB = 0x400;

    /// Bits that must not be set in an entry of any level.
    public static final long RESERVED = PageWalk.BEYOND;

    /// Bits of an entry that are the address of a page.
    public static final long ADDRESS = PageWalk.ADDRESS;

    private final MemorySegment memory;
    private long taken;

    /// @param memory [#BYTES] bytes
    public Refills(MemorySegment memory) {
        this.memory = memory;
        memory.set(JAVA_LONG, END, memory.address() + BYTES);
        clear();
    }

    private void clear() {
        memory.set(JAVA_LONG, CURSOR, memory.address() + NOTES);
    }

    /// Says whose memory it is.
    void belongsTo(GuestMemory guest, CodePages code, int processor) {
        memory.set(JAVA_LONG, STORE, guest.store().address());
        memory.set(JAVA_LONG, LOW, guest.lowSize());
        memory.set(JAVA_LONG, HIGH, guest.highSize());
        memory.set(JAVA_LONG, MARKS, code.marks());
        memory.set(JAVA_LONG, WRITERS, code.writers());
        memory.set(JAVA_INT, WRITER, CodePages.bit(processor));
    }

    /// Names the top table.
    ///
    /// @param root its offset in the store, or [GuestMemory#ABSENT] if there are to be no walks
    void root(long root) {
        memory.set(JAVA_LONG, ROOT, root == GuestMemory.ABSENT ? 0 : memory.get(JAVA_LONG, STORE) + root);
    }

    /// Keeps walks off the pages that overlays cover now.
    void avoidOverlays(GuestMemory guest) {
        memory.asSlice(COVERED, COVERS).fill((byte) 0);
        guest.eachCovered(page -> memory.set(JAVA_BYTE, COVERED + (page & COVERS - 1), (byte) 1));
    }

    /// {@return how many translations were noted}
    int count() {
        return (int) (memory.get(JAVA_LONG, CURSOR) - memory.address() - NOTES) / NOTE;
    }

    /// {@return the linear page and bits of a note}
    long note(int number) {
        return memory.get(JAVA_LONG, NOTES + (long) NOTE * number);
    }

    /// {@return the offset in the store of a note's page}
    long place(int number) {
        return memory.get(JAVA_LONG, NOTES + (long) NOTE * number + 8) - memory.get(JAVA_LONG, STORE);
    }

    /// All notes were taken over.
    void clear(int count) {
        taken += count;
        clear();
    }

    /// {@return how many translations were taken over in all}
    public long taken() {
        return taken;
    }
}
