package cloison.cpu.mmu;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/// The translations of one processor once more, in native memory and in the form that emitted code checks:
///
/// ```text
///  for each kind (USER, SYSTEM, SYSTEM_AC), three arrays indexed by page number & entries-1:
///   READ   minus the linear page, if it is memory that may be read
///   WRITE  minus the linear page, if stores need nothing more
///   HOST   host address of the page
/// ```
///
/// An address plus its tag is its offset in the page if the tag is that page's. Otherwise it is at least a page, and so
/// is the sum for each byte that follows up to the end of the next page: an empty tag is one of a page that belongs to
/// another index, and not to the next one, where an access that crosses pages ends.
///
/// **Owner:** the thread that runs the processor. [Translations] writes; whatever it forgets is forgotten here.
public final class Mirror {
    /// Kinds of translation: the numbers of the sets in [Translations].
    public static final int USER = Translations.USER;

    public static final int SYSTEM = Translations.SYSTEM;
    public static final int SYSTEM_AC = Translations.SYSTEM_AC;

    public static final int KINDS = 3;
    private static final int ARRAYS = 3;

    private final MemorySegment memory;
    private final int entries;
    private final long store;
    private Runnable forgotten = () -> {};

    /// @param memory as many bytes as [#bytes] says
    /// @param entries as many as the translations that are mirrored have
    /// @param store host address of the guest's memory
    public Mirror(MemorySegment memory, int entries, long store) {
        if (entries < 4) {
            throw new IllegalArgumentException("too few translations for an empty tag: " + entries);
        }
        this.memory = memory;
        this.entries = entries;
        this.store = store;
        for (int kind = 0; kind < KINDS; kind++) {
            for (int i = 0; i < entries; i++) {
                clear(kind, i);
            }
        }
    }

    /// {@return the bytes that a mirror takes}
    public static int bytes(int entries) {
        return KINDS * ARRAYS * 8 * entries;
    }

    /// {@return the offset of the READ or WRITE tags of a kind}
    public int tags(int kind, boolean write) {
        return (kind * ARRAYS + (write ? 1 : 0)) * 8 * entries;
    }

    /// {@return the offset of the host addresses of a kind}
    public int hosts(int kind) {
        return (kind * ARRAYS + 2) * 8 * entries;
    }

    /// {@return the tag at an index}
    public long tag(int kind, boolean write, int index) {
        return memory.get(JAVA_LONG, tags(kind, write) + 8L * index);
    }

    /// {@return whether an access to the page of `linear` is allowed here}
    public boolean has(int kind, boolean write, long linear) {
        int index = (int) (linear >>> 12) & entries - 1;
        return tag(kind, write, index) == -(linear & -4096L);
    }

    /// Names who must forget too, whatever was here, when anything becomes wrong.
    public void onForget(Runnable forget) {
        forgotten = forget;
    }

    void forget() {
        forgotten.run();
    }

    void clear(int kind, int index) {
        long empty = -((index ^ 2L) << 12);
        memory.set(JAVA_LONG, tags(kind, false) + 8L * index, empty);
        memory.set(JAVA_LONG, tags(kind, true) + 8L * index, empty);
    }

    /// @param page the linear page
    /// @param offset of the page in the store
    void fill(int kind, int index, long page, long offset, boolean writable) {
        clear(kind, index);
        memory.set(JAVA_LONG, hosts(kind) + 8L * index, store + offset);
        memory.set(JAVA_LONG, tags(kind, false) + 8L * index, -page);
        if (writable) {
            memory.set(JAVA_LONG, tags(kind, true) + 8L * index, -page);
        }
    }
}
