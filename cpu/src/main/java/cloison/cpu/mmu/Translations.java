package cloison.cpu.mmu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The cached translations of one processor: direct-mapped sets of entries, one set per kind of access.
///
/// ```text
///  entry: four longs at index (page number & entries-1) * 4
///  0 READ    linear page if it may be read; page | DEVICE where there is no memory; else EMPTY
///  1 WRITE   linear page if it may be written and is dirty, memory, and not code; else EMPTY
///  2 ADDEND  store offset (or guest-physical address, for a device) minus linear address
///  3 INFO    bits below
/// ```
///
/// A tag of memory is a page address and nothing else, so one compare with the page of the access's last byte finds
/// presence, permission and page crossing: if the last byte is in the next page, that page's tag cannot be here.
///
/// **Owner:** the thread that runs the processor.
final class Translations {
    static final int WRITE = 1;
    static final int ADDEND = 2;
    static final int INFO = 3;

    /// Marks a tag of [#READ] as one of a device; no page has this bit.
    static final int DEVICE = 2;

    private static final long EMPTY = 1;

    // INFO
    static final int WRITABLE = 1;
    private static final int GLOBAL = 2;
    private static final int LARGE = 4;

    // the sets
    static final int USER = 0;
    /// Supervisor, no user pages (SMAP).
    static final int SYSTEM = 1;
    /// Supervisor, user pages too.
    static final int SYSTEM_AC = 2;
    /// Always empty, so that each access takes the slow path: alignment checks or watched data.
    static final int NONE = 3;

    private static final int CODE_USER = 4;
    private static final int CODE_SYSTEM = 5;
    private static final int SETS = 6;

    private final long[][] sets = new long[SETS][];

    private @Nullable Mirror mirror;

    // Entries to visit when local translations go: set << 28 | index; more than fit means all.
    private final int[] locals;
    private int localCount;

    // Whether any entry of a large page may exist in the 2 MiB (or, for gigantic pages, 1 GiB) region: a Bloom filter.
    private final long[] large = new long[64];
    private final long[] gigantic = new long[4];

    Translations(int entries) {
        if (Integer.bitCount(entries) != 1) {
            throw new IllegalArgumentException("not a power of two: " + entries);
        }
        for (int i = 0; i < SETS; i++) {
            sets[i] = new long[4 * entries];
        }
        locals = new int[entries];
        forgetAll();
    }

    /// {@return the index of the entry of `linear`}
    static int index(long linear, long[] entries) {
        return (int) (linear >>> 10) & entries.length - 4;
    }

    /// {@return the entries of a kind}
    long[] set(int kind) {
        return sets[kind];
    }

    /// {@return the entries for instruction fetches}
    long[] code(boolean user) {
        return sets[user ? CODE_USER : CODE_SYSTEM];
    }

    /// Enters a data translation.
    ///
    /// @param offset in the store, or negative for a device
    /// @param writable whether stores need no further walk
    /// @param direct whether stores may use the fast path
    void fill(
            long[] t,
            long linear,
            long offset,
            long gpa,
            boolean writable,
            boolean direct,
            boolean global,
            int pageBits) {
        int i = index(linear, t);
        long page = linear & -4096L;
        t[i] = offset < 0 ? page | DEVICE : page;
        t[i + WRITE] = direct ? page : EMPTY;
        t[i + ADDEND] = (offset < 0 ? gpa : offset) - linear;
        t[i + INFO] = info(writable, global, pageBits);
        note(setOf(t), i, linear, global, pageBits);
        reflect(t, i);
    }

    /// Enters what emitted code found, which the mirror shows already.
    ///
    /// @param globals whether translations may be global
    void take(Refills found, boolean globals) {
        int count = found.count();
        for (int n = 0; n < count; n++) {
            long note = found.note(n);
            long page = note & -4096L;
            int kind = (int) note >>> Refills.KIND_SHIFT & 3;
            boolean writable = (note & Refills.WRITABLE) != 0 && (note & Refills.DIRTY) != 0;
            boolean global = globals && (note & Refills.GLOBAL) != 0;
            int pageBits = (note & Refills.ONE_GIB) != 0 ? 30 : (note & Refills.TWO_MIB) != 0 ? 21 : 12;
            long[] t = sets[kind];
            int i = index(page, t);
            t[i] = page;
            t[i + WRITE] = (note & Refills.DIRECT) != 0 ? page : EMPTY;
            t[i + ADDEND] = found.place(n) - page;
            t[i + INFO] = info(writable, global, pageBits);
            note(kind, i, page, global, pageBits);
        }
        found.clear(count);
    }

    /// Names the mirror that shows what these translations allow.
    void mirror(Mirror to) {
        mirror = to;
        for (int kind = USER; kind <= SYSTEM_AC; kind++) {
            for (int i = 0; i < sets[kind].length; i += 4) {
                reflect(kind, sets[kind], i);
            }
        }
    }

    /// Lets the entry be written without further checks.
    void allowWriting(long[] t, int i) {
        t[i + WRITE] = t[i];
        reflect(t, i);
    }

    private void reflect(long[] t, int i) {
        if (mirror != null) {
            reflect(setOf(t), t, i);
        }
    }

    private void reflect(int kind, long[] t, int i) {
        Mirror to = mirror;
        if (to == null || kind > SYSTEM_AC) {
            return;
        }
        long page = t[i];
        if ((page & 4095) != 0) {
            to.clear(kind, i >> 2);
        } else {
            to.fill(kind, i >> 2, page, page + t[i + ADDEND], t[i + WRITE] == page);
        }
    }

    /// {@return whether the page of `linear`, which was just fetched from, is global}
    boolean globalCode(boolean user, long linear) {
        long[] t = code(user);
        int i = index(linear, t);
        return t[i] == (linear & -4096L) && (t[i + INFO] & GLOBAL) != 0;
    }

    /// Enters a translation for fetches.
    void fillCode(long[] t, long linear, long offset, boolean global, int pageBits) {
        int i = index(linear, t);
        t[i] = linear & -4096L;
        t[i + ADDEND] = offset - linear;
        t[i + INFO] = info(false, global, pageBits);
        note(setOf(t), i, linear, global, pageBits);
    }

    private static long info(boolean writable, boolean global, int pageBits) {
        return (writable ? WRITABLE : 0) | (global ? GLOBAL : 0) | (pageBits > 12 ? LARGE : 0);
    }

    private void note(int kind, int i, long linear, boolean global, int pageBits) {
        if (!global) {
            if (localCount < locals.length) {
                locals[localCount] = kind << 28 | i;
            }
            localCount++;
        }
        if (pageBits > 22) {
            set(gigantic, linear >>> 30);
        } else if (pageBits > 12) {
            set(large, linear >>> 22);
        }
    }

    private int setOf(long[] t) {
        int kind = 0;
        while (sets[kind] != t) {
            kind++;
        }
        return kind;
    }

    private static void set(long[] filter, long region) {
        int bit = hash(region) & filter.length * 64 - 1;
        filter[bit >>> 6] |= 1L << bit;
    }

    private static boolean has(long[] filter, long region) {
        int bit = hash(region) & filter.length * 64 - 1;
        return (filter[bit >>> 6] & 1L << bit) != 0;
    }

    private static int hash(long region) {
        return (int) (region * 0x9E37_79B9_7F4A_7C15L >>> 40);
    }

    /// Forgets the translations of the page of `linear`, whatever its size.
    void forget(long linear) {
        boolean wide = has(gigantic, linear >>> 30);
        if (wide || has(large, linear >>> 22)) {
            long region = wide ? linear >>> 30 : linear >>> 22;
            int shift = wide ? 30 : 22;
            for (long[] t : sets) {
                for (int i = 0; i < t.length; i += 4) {
                    if ((t[i + INFO] & LARGE) != 0 && t[i] >>> shift == region) {
                        clear(t, i);
                    }
                }
            }
        }
        long page = linear & -4096L;
        for (long[] t : sets) {
            int i = index(linear, t);
            if ((t[i] & -4096L) == page) {
                clear(t, i);
            }
        }
        mirrorForgets();
    }

    private void mirrorForgets() {
        if (mirror != null) {
            mirror.forget();
        }
    }

    void forgetAll() {
        for (long[] t : sets) {
            for (int i = 0; i < t.length; i += 4) {
                clear(t, i);
            }
        }
        localCount = 0;
        Arrays.fill(large, 0);
        Arrays.fill(gigantic, 0);
        mirrorForgets();
    }

    void forgetLocal() {
        if (localCount <= locals.length) {
            for (int n = 0; n < localCount; n++) {
                forgetLocal(sets[locals[n] >>> 28], locals[n] & 0xFFF_FFFF);
            }
        } else {
            for (long[] t : sets) {
                for (int i = 0; i < t.length; i += 4) {
                    forgetLocal(t, i);
                }
            }
        }
        localCount = 0;
        mirrorForgets();
    }

    private void forgetLocal(long[] t, int i) {
        if ((t[i + INFO] & GLOBAL) == 0) {
            clear(t, i);
        }
    }

    private void clear(long[] t, int i) {
        t[i] = EMPTY;
        t[i + WRITE] = EMPTY;
        t[i + INFO] = 0;
        reflect(t, i);
    }

    /// Forgets translations for writing of marked pages.
    void forgetCodeWriters(CodePages code) {
        for (int kind = USER; kind <= SYSTEM_AC; kind++) {
            long[] t = sets[kind];
            for (int i = 0; i < t.length; i += 4) {
                if (t[i + WRITE] != EMPTY) {
                    if (code.any(t[i + WRITE] + t[i + ADDEND])) {
                        t[i + WRITE] = EMPTY;
                        reflect(kind, t, i);
                    }
                }
            }
        }
        mirrorForgets();
    }

    /// Forgets translations for writing of the page at a store offset.
    void forgetWriter(long offset) {
        long page = offset & -4096L;
        for (int kind = USER; kind <= SYSTEM_AC; kind++) {
            long[] t = sets[kind];
            for (int i = 0; i < t.length; i += 4) {
                if (t[i + WRITE] != EMPTY && t[i + WRITE] + t[i + ADDEND] == page) {
                    t[i + WRITE] = EMPTY;
                    reflect(kind, t, i);
                }
            }
        }
        mirrorForgets();
    }
}
