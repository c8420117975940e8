package cloison.cpu.mmu;

import cloison.cpu.state.Attention;
import cloison.cpu.state.Breakpoints;
import cloison.cpu.state.Control;
import cloison.cpu.state.CpuState;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.Intercepts;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Memory as the instructions of one virtual processor see it: linear addresses, current privilege, little-endian.
///
/// Every access checks translation and permission (CPL, U/S, R/W with CR0.WP, NX, SMEP, SMAP), sets accessed and dirty
/// bits, and throws `GuestFault` (#PF with CR2 loaded, #GP for a non-canonical address or a store to a page that the
/// hypervisor keeps for itself, #AC) before anything is changed. An access of any alignment may cross pages; a store
/// that crosses checks both first. Where there is no
/// memory the intercepts answer. Values smaller than 64 bits come back zero-extended and are stored from the low bits.
///
/// A store to bytes that a cached block was made from throws [CodeStore] instead of storing, unless the processor is
/// executing that one instruction alone ([#alone]).
///
/// The fast path of each access is one look into [Translations]; everything else is in the `slow` methods.
///
/// **Owner:** the thread that runs the processor.
public final class Mmu {
    // wiring
    private final GuestMemory memory;
    private final MemorySegment store;
    private final CpuState cpu;
    private final Intercepts intercepts;
    private final Attention attention;
    private final CodePages code;
    private final int processor;
    private final PageWalk walk;
    private final Translations translations;
    private final Atomics atomics;
    private @Nullable Refills refills;

    // the translations in force: follows from CPL, AC, CR0 and CR4 (see [#context])
    private long[] entries;
    private boolean user;
    private boolean userPages;
    private boolean aligned;
    private boolean watched;

    /// Whether stores to cached code are done, and the code dropped, instead of being refused.
    public boolean alone;

    /// The linear address of the last #GP for not being canonical.
    public long badAddress;

    /// @param entries translations to keep of each kind, a power of two
    /// @param processor the processor's number among the watchers of `code`
    public Mmu(
            GuestMemory memory,
            CpuState cpu,
            Intercepts intercepts,
            Attention attention,
            CodePages code,
            int processor,
            int entries) {
        this.memory = memory;
        this.store = memory.store();
        this.cpu = cpu;
        this.intercepts = intercepts;
        this.attention = attention;
        this.code = code;
        this.processor = processor;
        walk = new PageWalk(memory, cpu);
        translations = new Translations(entries);
        atomics = new Atomics(store);
        this.entries = translations.set(Translations.SYSTEM);
    }

    /// Makes accesses follow CPL, AC, CR0 and CR4 as they are now.
    public void context() {
        user = cpu.cpl == 3;
        boolean ac = (cpu.flagRest & Flags.AC) != 0;
        userPages = ac || (cpu.cr4 & Control.CR4_SMAP) == 0;
        aligned = user && ac && (cpu.cr0 & Control.CR0_AM) != 0;
        watched = Breakpoints.watching(cpu);
        entries = translations.set(
                aligned || watched
                        ? Translations.NONE
                        : user ? Translations.USER : userPages ? Translations.SYSTEM_AC : Translations.SYSTEM);
    }

    /// Names the mirror in which emitted code finds translations.
    public void mirror(Mirror to) {
        translations.mirror(to);
    }

    /// Names what emitted code walks page tables by.
    public void refills(Refills by) {
        by.belongsTo(memory, code, processor);
        refills = by;
        allMoved();
    }

    /// Takes over the translations that emitted code found, each time it was left.
    public void takeRefills() {
        if (refills != null && refills.count() != 0) {
            translations.take(refills, (cpu.cr4 & Control.CR4_PGE) != 0);
        }
    }

    /// {@return how many translations emitted code found}
    long refillsTaken() {
        return refills == null ? 0 : refills.taken();
    }

    private void allMoved() {
        if (refills != null) {
            refills.avoidOverlays(memory);
            rootMoved();
        }
    }

    private void rootMoved() {
        if (refills != null) {
            boolean fourLevels = (cpu.cr0 & Control.CR0_PG) != 0
                    && (cpu.efer & Control.EFER_LMA) != 0
                    && (cpu.efer & Control.EFER_NXE) != 0;
            refills.root(fourLevels ? memory.offsetOf(cpu.cr3 & PageWalk.ADDRESS) : GuestMemory.ABSENT);
        }
    }

    /// Enters the translations of `size` bytes for data, as far as they are memory of one page.
    ///
    /// @throws GuestFault where the access would fault
    public void prepare(long linear, int size, boolean write) {
        if ((linear & 4095) + size <= 4096 && !aligned && !watched) {
            locate(linear, write ? PageWalk.WRITE : PageWalk.READ);
        }
    }

    /// {@return the kind of translation that accesses use now, as [Mirror] numbers them, or more than those}
    public int kind() {
        return aligned || watched
                ? Translations.NONE
                : user ? Translations.USER : userPages ? Translations.SYSTEM_AC : Translations.SYSTEM;
    }

    /// {@return whether the page that `linear` was just fetched from is global}
    public boolean globalCode(long linear) {
        return translations.globalCode(user, linear);
    }

    /// {@return the memory that [#readable] and [#writable] answer offsets of}
    public MemorySegment store() {
        return store;
    }

    // ---- plain accesses

    public long read8(long linear) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        return t[i] == (linear & -4096L)
                ? store.get(ValueLayout.JAVA_BYTE, linear + t[i + Translations.ADDEND]) & 0xFFL
                : slowRead(linear, 1);
    }

    public long read16(long linear) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        return t[i] == (linear + 1 & -4096L)
                ? store.get(GuestMemory.SHORT, linear + t[i + Translations.ADDEND]) & 0xFFFFL
                : slowRead(linear, 2);
    }

    public long read32(long linear) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        return t[i] == (linear + 3 & -4096L)
                ? store.get(GuestMemory.INT, linear + t[i + Translations.ADDEND]) & 0xFFFF_FFFFL
                : slowRead(linear, 4);
    }

    public long read64(long linear) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        return t[i] == (linear + 7 & -4096L)
                ? store.get(GuestMemory.LONG, linear + t[i + Translations.ADDEND])
                : slowRead(linear, 8);
    }

    public void write8(long linear, long value) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        if (t[i + Translations.WRITE] == (linear & -4096L)) {
            store.set(ValueLayout.JAVA_BYTE, linear + t[i + Translations.ADDEND], (byte) value);
        } else {
            slowWrite(linear, 1, value);
        }
    }

    public void write16(long linear, long value) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        if (t[i + Translations.WRITE] == (linear + 1 & -4096L)) {
            store.set(GuestMemory.SHORT, linear + t[i + Translations.ADDEND], (short) value);
        } else {
            slowWrite(linear, 2, value);
        }
    }

    public void write32(long linear, long value) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        if (t[i + Translations.WRITE] == (linear + 3 & -4096L)) {
            store.set(GuestMemory.INT, linear + t[i + Translations.ADDEND], (int) value);
        } else {
            slowWrite(linear, 4, value);
        }
    }

    public void write64(long linear, long value) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        if (t[i + Translations.WRITE] == (linear + 7 & -4096L)) {
            store.set(GuestMemory.LONG, linear + t[i + Translations.ADDEND], value);
        } else {
            slowWrite(linear, 8, value);
        }
    }

    /// {@return the `size` (1, 2, 4, 8) bytes at `linear`}
    public long read(long linear, int size) {
        return switch (size) {
            case 1 -> read8(linear);
            case 2 -> read16(linear);
            case 4 -> read32(linear);
            default -> read64(linear);
        };
    }

    /// Stores the low `size` bytes of `value`.
    public void write(long linear, int size, long value) {
        switch (size) {
            case 1 -> write8(linear, value);
            case 2 -> write16(linear, value);
            case 4 -> write32(linear, value);
            default -> write64(linear, value);
        }
    }

    /// {@return the `size` bytes at `linear`, which is checked for writing: the first half of a read-modify-write}
    public long readForWrite(long linear, int size) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        if (t[i + Translations.WRITE] == (linear + size - 1 & -4096L)) {
            return load(linear + t[i + Translations.ADDEND], size);
        }
        probe(linear, size, size);
        return read(linear, size);
    }

    /// Stores 16 bytes, checking all of them first.
    public void write128(long linear, long low, long high) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        if (t[i + Translations.WRITE] == (linear + 15 & -4096L)) {
            long offset = linear + t[i + Translations.ADDEND];
            store.set(GuestMemory.LONG, offset, low);
            store.set(GuestMemory.LONG, offset + 8, high);
        } else {
            probe(linear, 16, 8);
            write64(linear, low);
            write64(next(linear, 8), high);
        }
    }

    /// Throws what reading `length` bytes would throw that are aligned to `alignment`, where that is checked.
    public void probeRead(long linear, int length, int alignment) {
        checkAlignment(linear, alignment);
        int done = 0;
        while (done < length) {
            long at = next(linear, done);
            locate(at, PageWalk.READ);
            done += 4096 - (int) (at & 4095);
        }
    }

    /// Throws what writing `length` bytes would throw.
    public void probeWrite(long linear, int length) {
        probe(linear, length, 1);
    }

    /// Throws what writing `length` bytes would throw that are aligned to `alignment`, where that is checked.
    public void probeWrite(long linear, int length, int alignment) {
        probe(linear, length, alignment);
    }

    private void probe(long linear, int length, int alignment) {
        checkAlignment(linear, alignment);
        int done = 0;
        while (done < length) {
            long at = next(linear, done);
            int chunk = Math.min(length - done, 4096 - (int) (at & 4095));
            long place = locate(at, PageWalk.WRITE);
            if (place >= 0 && !alone && code.holds(place, chunk)) {
                throw CodeStore.INSTANCE;
            }
            done += chunk;
        }
    }

    // ---- runs: for string instructions and state saves

    /// {@return the offset in [#store] of the byte at `linear`, valid for reading to the end of its page; or -1 if it
    /// must be read through the other methods}
    public long readable(long linear) {
        if (aligned || watched) {
            return -1;
        }
        long place = locate(linear, PageWalk.READ);
        return place < 0 ? -1 : place;
    }

    /// {@return the offset in [#store] of the byte at `linear`, valid for writing to the end of its page; or -1 if it
    /// must be written through the other methods}
    public long writable(long linear) {
        if (aligned || watched) {
            return -1;
        }
        long place = locate(linear, PageWalk.WRITE);
        return place < 0 || code.any(place) ? -1 : place;
    }

    // ---- accesses of the processor itself: descriptor tables, task-state segments

    /// {@return the `size` bytes at `linear`, read with supervisor privilege whatever CPL is}
    public long systemRead(long linear, int size) {
        long[] saved = enterSystem();
        try {
            return read(linear, size);
        } finally {
            leaveSystem(saved);
        }
    }

    /// Stores with supervisor privilege whatever CPL is.
    public void systemWrite(long linear, int size, long value) {
        long[] saved = enterSystem();
        try {
            write(linear, size, value);
        } finally {
            leaveSystem(saved);
        }
    }

    /// Throws what storing `length` bytes with supervisor privilege would throw.
    public void systemProbeWrite(long linear, int length) {
        long[] saved = enterSystem();
        try {
            probe(linear, length, 1);
        } finally {
            leaveSystem(saved);
        }
    }

    private long[] enterSystem() {
        long[] saved = entries;
        user = false;
        aligned = false;
        watched = false;
        userPages = (cpu.cr4 & Control.CR4_SMAP) == 0;
        entries = translations.set(userPages ? Translations.SYSTEM_AC : Translations.SYSTEM);
        return saved;
    }

    private void leaveSystem(long[] saved) {
        context();
        entries = saved;
    }

    // ---- atomic accesses

    /// Atomically replaces the `size` bytes at `linear` if they are `expected`; {@return what was found}
    public long compareAndExchange(long linear, int size, long expected, long value) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        if (t[i + Translations.WRITE] == (linear + size - 1 & -4096L)) {
            long offset = linear + t[i + Translations.ADDEND];
            if (Atomics.whole(offset, size)) {
                return atomics.compareAndExchange(offset, size, expected, value);
            }
        }
        return slowCompareAndExchange(linear, size, expected, value);
    }

    private long slowCompareAndExchange(long linear, int size, long expected, long value) {
        probe(linear, size, size);
        watch(Breakpoints.WRITE, linear, size);
        long place = locate(linear, PageWalk.WRITE);
        int inPage = 4096 - (int) (linear & 4095);
        if (place >= 0 && size <= inPage && Atomics.whole(place, size)) {
            long found = atomics.compareAndExchange(place, size, expected, value);
            if (code.holds(place, size)) {
                code.invalidate(place);
            }
            return found;
        }
        // Split over two words, or in a device: no other processor runs meanwhile.
        code.enterExclusive(processor);
        try {
            long found = read(linear, size);
            if (found == expected) {
                write(linear, size, value);
            }
            return found;
        } finally {
            code.leaveExclusive();
        }
    }

    /// Replaces the 16 aligned bytes at `linear` if they are `expected`; `found` receives low and high.
    ///
    /// @param locked whether it is atomic for other processors too
    /// @return whether they were replaced
    public boolean compareAndExchange16(
            long linear, long expectedLow, long expectedHigh, long low, long high, long[] found, boolean locked) {
        if (!locked) {
            return plainCompareAndExchange16(linear, expectedLow, expectedHigh, low, high, found);
        }
        probe(linear, 16, 8);
        code.enterExclusive(processor);
        try {
            return plainCompareAndExchange16(linear, expectedLow, expectedHigh, low, high, found);
        } finally {
            code.leaveExclusive();
        }
    }

    private boolean plainCompareAndExchange16(
            long linear, long expectedLow, long expectedHigh, long low, long high, long[] found) {
        long first = readForWrite(linear, 8);
        found[0] = first;
        found[1] = read64(linear + 8);
        boolean same = first == expectedLow && found[1] == expectedHigh;
        if (same) {
            write128(linear, low, high);
        }
        return same;
    }

    // ---- code

    /// {@return the offset in the store of the instruction byte at `linear`, valid to the end of its page; or, where
    /// there is no memory, the complement of its guest-physical address}
    public long fetch(long linear) {
        long[] t = translations.code(user);
        int i = Translations.index(linear, t);
        if (t[i] == (linear & -4096L)) {
            return linear + t[i + Translations.ADDEND];
        }
        checkCanonical(linear);
        int error = walk.walk(linear, PageWalk.FETCH, user, userPages);
        if (error >= 0) {
            throw pageFault(linear, error);
        }
        long offset = memory.offsetOf(walk.gpa);
        if (offset == GuestMemory.ABSENT) {
            return ~walk.gpa;
        }
        translations.fillCode(t, linear, offset, walk.global, walk.pageBits);
        return offset;
    }

    /// {@return the byte that a device answers where [#fetch] found no memory}
    public int fetchDevice(long place) {
        return (int) intercepts.memoryRead(~place, 1) & 0xFF;
    }

    // ---- upkeep

    /// Forgets the translation of the page of `linear`, global or not.
    public void forget(long linear) {
        translations.forget(linear);
    }

    /// Forgets all translations.
    public void forgetAll() {
        translations.forgetAll();
        allMoved();
    }

    /// Forgets all translations but the global ones.
    public void forgetLocal() {
        translations.forgetLocal();
        rootMoved();
    }

    /// Forgets translations that allow storing to pages of code that other processors cached.
    public void forgetCodeWriters() {
        translations.forgetCodeWriters(code);
    }

    /// Forgets the translation for writing, if any, of the page at a store offset from which code is now cached here.
    void forgetWriter(long offset) {
        translations.forgetWriter(offset);
    }

    /// Marks the bytes of a page that a block is about to be made from; {@return the page's version}
    public int markCode(long offset, int length) {
        if (!code.any(offset) && (code.written(offset, processor) || attention.has(Attention.CODE_APPEARED))) {
            int version = code.mark(offset, length, processor);
            translations.forgetWriter(offset);
            return version;
        }
        return code.mark(offset, length, processor);
    }

    /// {@return the version of the page of code at a store offset}
    public int codeVersion(long offset) {
        return code.version(offset);
    }

    /// Loads the PAE pointers that `cr3` names; {@return false, and nothing changes, if a reserved bit is set}
    public boolean loadPointers(long cr3) {
        return walk.loadPointers(cr3);
    }

    // ---- the slow paths

    /// {@return the linear address `by` bytes on, which outside 64-bit mode wraps at 4 GiB}
    public long next(long linear, int by) {
        return cpu.longMode ? linear + by : linear + by & 0xFFFF_FFFFL;
    }

    private void checkCanonical(long linear) {
        if (linear << 16 >> 16 != linear) {
            badAddress = linear;
            throw GuestFault.protection();
        }
    }

    private void checkAlignment(long linear, int size) {
        if (aligned && (linear & size - 1) != 0) {
            checkCanonical(linear);
            throw GuestFault.of(GuestFault.AC, 0);
        }
    }

    private GuestFault pageFault(long linear, int error) {
        cpu.cr2 = linear;
        return GuestFault.of(GuestFault.PF, error);
    }

    /// {@return the store offset of the byte at `linear`, or the complement of its guest-physical address where there
    /// is no memory}
    private long locate(long linear, int access) {
        long[] t = entries;
        int i = Translations.index(linear, t);
        long page = linear & -4096L;
        long info = t[i + Translations.INFO];
        if (access == PageWalk.READ || (info & Translations.WRITABLE) != 0) {
            if (t[i] == page) {
                long offset = linear + t[i + Translations.ADDEND];
                if (access == PageWalk.WRITE && t[i + Translations.WRITE] != page) {
                    // it was code when it was entered; perhaps no more
                    code.writes(offset, processor);
                    if (!code.any(offset)) {
                        translations.allowWriting(t, i);
                    }
                }
                return offset;
            }
            if (t[i] == (page | Translations.DEVICE)) {
                return ~(linear + t[i + Translations.ADDEND]);
            }
        }
        checkCanonical(linear);
        int error = walk.walk(linear, access, user, userPages);
        if (error >= 0) {
            throw pageFault(linear, error);
        }
        long offset = memory.offsetOf(walk.gpa);
        boolean readOnly = memory.readOnly(offset);
        if (readOnly && access == PageWalk.WRITE) {
            throw GuestFault.protection();
        }
        boolean writable = walk.writable && walk.dirty && !readOnly;
        boolean direct = writable && offset != GuestMemory.ABSENT;
        if (direct) {
            code.writes(offset, processor);
            direct = !code.any(offset);
        }
        if (!aligned && !watched) {
            translations.fill(t, linear, offset, walk.gpa, writable, direct, walk.global, walk.pageBits);
        }
        return offset == GuestMemory.ABSENT ? ~walk.gpa : offset;
    }

    private void watch(int kind, long linear, int size) {
        if (watched) {
            Breakpoints.access(cpu, kind, linear, size);
        }
    }

    private long slowRead(long linear, int size) {
        checkAlignment(linear, size);
        watch(Breakpoints.READ, linear, size);
        int inPage = 4096 - (int) (linear & 4095);
        long place = locate(linear, PageWalk.READ);
        if (size <= inPage) {
            return place >= 0 ? load(place, size) : deviceRead(~place, size);
        }
        long second = locate(next(linear, inPage), PageWalk.READ);
        return loadBytes(place, inPage) | loadBytes(second, size - inPage) << 8 * inPage;
    }

    private void slowWrite(long linear, int size, long value) {
        checkAlignment(linear, size);
        watch(Breakpoints.WRITE, linear, size);
        int inPage = 4096 - (int) (linear & 4095);
        long place = locate(linear, PageWalk.WRITE);
        if (size <= inPage) {
            if (place < 0) {
                deviceWrite(~place, size, value);
                return;
            }
            boolean held = code.holds(place, size);
            if (held && !alone) {
                throw CodeStore.INSTANCE;
            }
            store(place, size, value);
            if (held) {
                code.invalidate(place);
            }
            return;
        }
        long second = locate(next(linear, inPage), PageWalk.WRITE);
        boolean heldFirst = place >= 0 && code.holds(place, inPage);
        boolean heldSecond = second >= 0 && code.holds(second, size - inPage);
        if ((heldFirst || heldSecond) && !alone) {
            throw CodeStore.INSTANCE;
        }
        storeBytes(place, inPage, value);
        storeBytes(second, size - inPage, value >>> 8 * inPage);
        if (heldFirst) {
            code.invalidate(place);
        }
        if (heldSecond) {
            code.invalidate(second);
        }
    }

    private long load(long offset, int size) {
        return switch (size) {
            case 1 -> store.get(ValueLayout.JAVA_BYTE, offset) & 0xFFL;
            case 2 -> store.get(GuestMemory.SHORT, offset) & 0xFFFFL;
            case 4 -> store.get(GuestMemory.INT, offset) & 0xFFFF_FFFFL;
            default -> store.get(GuestMemory.LONG, offset);
        };
    }

    private void store(long offset, int size, long value) {
        switch (size) {
            case 1 -> store.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
            case 2 -> store.set(GuestMemory.SHORT, offset, (short) value);
            case 4 -> store.set(GuestMemory.INT, offset, (int) value);
            default -> store.set(GuestMemory.LONG, offset, value);
        }
    }

    private long loadBytes(long place, int count) {
        if (place < 0) {
            return deviceRead(~place, count);
        }
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (store.get(ValueLayout.JAVA_BYTE, place + i) & 0xFFL) << 8 * i;
        }
        return value;
    }

    private void storeBytes(long place, int count, long value) {
        if (place < 0) {
            deviceWrite(~place, count, value);
            return;
        }
        for (int i = 0; i < count; i++) {
            store.set(ValueLayout.JAVA_BYTE, place + i, (byte) (value >>> 8 * i));
        }
    }

    /// Reads 1 to 8 bytes inside one page, in naturally aligned pieces.
    private long deviceRead(long gpa, int size) {
        long value = 0;
        for (int done = 0; done < size; ) {
            int piece = piece(gpa + done, size - done);
            value |= intercepts.memoryRead(gpa + done, piece) << 8 * done;
            done += piece;
        }
        return value;
    }

    private void deviceWrite(long gpa, int size, long value) {
        for (int done = 0; done < size; ) {
            int piece = piece(gpa + done, size - done);
            intercepts.memoryWrite(gpa + done, piece, value >>> 8 * done & -1L >>> 64 - 8 * piece);
            done += piece;
        }
        // it may have been an end of interrupt, or anything else that lets one through
        attention.raise(Attention.LOOK);
    }

    private static int piece(long gpa, int left) {
        int piece = Integer.highestOneBit(left);
        while ((gpa & piece - 1) != 0) {
            piece >>= 1;
        }
        return piece;
    }
}
