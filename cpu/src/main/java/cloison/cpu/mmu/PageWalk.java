package cloison.cpu.mmu;

import cloison.cpu.state.Control;
import cloison.cpu.state.CpuState;
import cloison.machine.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Walks the guest's page tables in each of the four paging modes and keeps the accessed and dirty bits.
///
/// SDM volume 3, chapter 4. The answers are in fields, so that a walk allocates nothing.
///
/// **Owner:** the thread that runs the processor.
final class PageWalk {
    /// Bits of an access; those of the page-fault error code where they mean the same.
    static final int READ = 0;

    static final int WRITE = 2;
    static final int FETCH = 16;

    private static final int PRESENT = 1;
    private static final int RESERVED = 8;

    /// Physical address bits, as CPUID reports them.
    static final int PHYSICAL_BITS = 46;

    static final long ADDRESS = (1L << PHYSICAL_BITS) - 1 & -4096L;
    /// Address bits that no page has.
    static final long BEYOND = (1L << 52) - (1L << PHYSICAL_BITS);

    private static final long P = 1;
    private static final long RW = 2;
    private static final long US = 4;
    private static final long A = 0x20;
    private static final long D = 0x40;
    private static final long PS = 0x80;
    private static final long G = 0x100;
    private static final long NX = 1L << 63;

    private static final VarHandle LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final GuestMemory memory;
    private final MemorySegment store;
    private final CpuState cpu;

    // the four page-directory-pointer registers of PAE paging
    private final long[] pointers = new long[4];

    // the answers
    /// Guest-physical address of the byte.
    long gpa;
    /// Address bits inside the page: 12, 21, 22 or 30.
    int pageBits;

    boolean writable;
    boolean user;
    boolean executable;
    boolean global;
    boolean dirty;

    // the path walked, to set the accessed bits of
    private final long[] pathOffset = new long[4];
    private final long[] pathEntry = new long[4];
    private int depth;

    PageWalk(GuestMemory memory, CpuState cpu) {
        this.memory = memory;
        this.store = memory.store();
        this.cpu = cpu;
    }

    /// Loads the PAE pointers that `cr3` names; {@return false, and nothing changes, if a reserved bit is set}
    boolean loadPointers(long cr3) {
        long[] loaded = new long[4];
        for (int i = 0; i < 4; i++) {
            long offset = memory.offsetOf((cr3 & 0xFFFF_FFE0L) + 8L * i);
            long entry = offset == GuestMemory.ABSENT ? -1 : store.get(GuestMemory.LONG, offset);
            if ((entry & P) != 0 && (entry & (~ADDRESS & ~0xE19L)) != 0) {
                return false;
            }
            loaded[i] = entry;
        }
        System.arraycopy(loaded, 0, pointers, 0, 4);
        return true;
    }

    /// Translates `linear` for an access.
    ///
    /// @param access [#READ], [#WRITE] or [#FETCH]
    /// @param byUser whether the access counts as one of CPL 3
    /// @param userPages whether a supervisor may touch data of user pages now (SMAP)
    /// @return the page-fault error code, or -1 if the answers are valid
    int walk(long linear, int access, boolean byUser, boolean userPages) {
        while (true) {
            int error = attempt(linear, access, byUser, userPages);
            if (error >= 0) {
                error |= access & WRITE | (byUser ? 4 : 0);
                if (access == FETCH && ((cpu.efer & Control.EFER_NXE) != 0 || (cpu.cr4 & Control.CR4_SMEP) != 0)) {
                    error |= FETCH;
                }
                return error;
            }
            if (touch(access == WRITE)) {
                return -1;
            }
        }
    }

    private int attempt(long linear, int access, boolean byUser, boolean userPages) {
        depth = 0;
        global = false;
        dirty = true;
        writable = true;
        executable = true;
        user = true;
        if ((cpu.cr0 & Control.CR0_PG) == 0) {
            gpa = linear;
            pageBits = 12;
            return -1;
        }
        int error = (cpu.cr4 & Control.CR4_PAE) == 0 ? walkLegacy(linear) : walkWide(linear);
        if (error >= 0) {
            return error;
        }
        if (byUser) {
            if (!user || access == WRITE && !writable || access == FETCH && !executable) {
                return PRESENT;
            }
        } else if (access == FETCH) {
            if (!executable || user && (cpu.cr4 & Control.CR4_SMEP) != 0) {
                return PRESENT;
            }
        } else {
            if (user && !userPages) {
                return PRESENT;
            }
            boolean protect = (cpu.cr0 & Control.CR0_WP) != 0;
            if (access == WRITE && !writable && protect) {
                return PRESENT;
            }
            if (!protect) {
                writable = true;
            }
        }
        return -1;
    }

    /// Walks the tables of 8-byte entries: 4 levels in long mode, 2 below the pointers with PAE.
    private int walkWide(long linear) {
        boolean longMode = (cpu.efer & Control.EFER_LMA) != 0;
        boolean noExecute = (cpu.efer & Control.EFER_NXE) != 0;
        long reserved = BEYOND | (noExecute ? 0 : NX) | (longMode ? 0 : 0x7FF0_0000_0000_0000L);
        long table;
        int shift;
        if (longMode) {
            table = cpu.cr3 & ADDRESS;
            shift = 39;
        } else {
            long pointer = pointers[(int) (linear >>> 30) & 3];
            if ((pointer & P) == 0) {
                return 0;
            }
            table = pointer & ADDRESS;
            shift = 21;
        }
        while (true) {
            long offset = memory.offsetOf(table + ((linear >>> shift & 0x1FF) << 3));
            long entry = offset == GuestMemory.ABSENT ? -1 : (long) LONG.getOpaque(store, offset);
            if ((entry & P) == 0) {
                return 0;
            }
            if ((entry & reserved) != 0 || shift == 39 && (entry & PS) != 0) {
                return PRESENT | RESERVED;
            }
            writable &= (entry & RW) != 0;
            user &= (entry & US) != 0;
            executable &= (entry & NX) == 0;
            pathOffset[depth] = offset;
            pathEntry[depth++] = entry;
            if (shift == 12 || (entry & PS) != 0) {
                long inside = (1L << shift) - 1;
                if (shift != 12 && (entry & inside & -8192L) != 0) {
                    return PRESENT | RESERVED;
                }
                finish(entry, entry & ADDRESS & ~inside | linear & inside, shift);
                return -1;
            }
            table = entry & ADDRESS;
            shift -= 9;
        }
    }

    private int walkLegacy(long linear) {
        long offset = memory.offsetOf((cpu.cr3 & 0xFFFF_F000L) + (linear >>> 22 << 2));
        long entry = entry32(offset);
        if ((entry & P) == 0) {
            return 0;
        }
        writable = (entry & RW) != 0;
        user = (entry & US) != 0;
        pathOffset[depth] = offset;
        pathEntry[depth++] = entry;
        if ((entry & PS) != 0 && (cpu.cr4 & Control.CR4_PSE) != 0) {
            if ((entry & 1 << 21) != 0) {
                return PRESENT | RESERVED;
            }
            finish(entry, (entry & 0xFFC0_0000L) | (entry & 0x1F_E000L) << 19 | linear & 0x3F_FFFFL, 22);
            return -1;
        }
        offset = memory.offsetOf((entry & 0xFFFF_F000L) + ((linear >>> 12 & 0x3FF) << 2));
        entry = entry32(offset);
        if ((entry & P) == 0) {
            return 0;
        }
        writable &= (entry & RW) != 0;
        user &= (entry & US) != 0;
        pathOffset[depth] = offset;
        pathEntry[depth++] = entry;
        finish(entry, entry & 0xFFFF_F000L | linear & 0xFFF, 12);
        return -1;
    }

    private long entry32(long offset) {
        return offset == GuestMemory.ABSENT ? 0 : (int) INT.getOpaque(store, offset) & 0xFFFF_FFFFL;
    }

    private void finish(long entry, long address, int bits) {
        gpa = address;
        pageBits = bits;
        global = (entry & G) != 0 && (cpu.cr4 & Control.CR4_PGE) != 0;
        dirty = (entry & D) != 0;
    }

    /// Sets the accessed bits of the path, and the leaf's dirty bit for a write; {@return false if an entry changed}
    private boolean touch(boolean write) {
        boolean wide = (cpu.cr4 & Control.CR4_PAE) != 0;
        for (int i = 0; i < depth; i++) {
            long bits = A | (write && i == depth - 1 ? D : 0);
            long entry = pathEntry[i];
            if ((entry & bits) != bits && !memory.readOnly(pathOffset[i])) {
                boolean set = wide
                        ? LONG.compareAndSet(store, pathOffset[i], entry, entry | bits)
                        : INT.compareAndSet(store, pathOffset[i], (int) entry, (int) (entry | bits));
                if (!set) {
                    return false;
                }
            }
        }
        dirty |= write;
        return true;
    }
}
