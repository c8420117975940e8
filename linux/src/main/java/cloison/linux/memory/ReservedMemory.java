package cloison.linux.memory;

import cloison.linux.HostException;
import cloison.linux.sys.Errno;
import cloison.linux.sys.MemoryCalls;
import cloison.linux.sys.Platform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A range of addresses at a chosen place, whose pages can be accessed as far as [#protect] says; none at first.
///
/// **Owner:** any thread; who reserved it closes it.
@SuppressWarnings("MustBeClosedChecker") // the arena belongs to the object, which is closed
public final class ReservedMemory implements AutoCloseable {
    /// What may be done with a page.
    public enum Access {
        NONE(MemoryCalls.PROT_NONE),
        READ(MemoryCalls.PROT_READ),
        READ_WRITE(MemoryCalls.PROT_READ | MemoryCalls.PROT_WRITE);

        private final int protection;

        Access(int protection) {
            this.protection = protection;
        }
    }

    private final Arena arena;
    private final MemorySegment segment;

    private ReservedMemory(Arena arena, MemorySegment segment) {
        this.arena = arena;
        this.segment = segment;
    }

    /// {@return `bytes` of addresses from `address` on; zeroed memory, once access is allowed}
    ///
    /// @throws HostException if the host refuses, also where something else lies there
    public static ReservedMemory at(long address, long bytes) {
        if (!Platform.LINUX_X86_64) {
            throw new HostException("no memory at a chosen address: this host is " + Platform.name()
                    + ", not Linux on x86-64; run on such a host");
        }
        long mapped = MemoryCalls.mmap(
                address,
                bytes,
                MemoryCalls.PROT_NONE,
                MemoryCalls.MAP_PRIVATE
                        | MemoryCalls.MAP_ANONYMOUS
                        | MemoryCalls.MAP_NORESERVE
                        | MemoryCalls.MAP_FIXED_NOREPLACE,
                -1,
                0);
        if (Errno.of(mapped) != 0) {
            throw new HostException("the host does not give memory at 0x%x (%s); choose another address"
                    .formatted(address, Errno.text(Errno.of(mapped))));
        }
        Arena arena = Arena.ofShared();
        return new ReservedMemory(arena, MemoryCalls.segment(mapped, bytes, arena));
    }

    /// Says what may be done with whole pages.
    public void protect(long offset, long length, Access access) {
        MemorySegment pages = segment.asSlice(offset, length);
        int result = MemoryCalls.mprotect(pages.address(), length, access.protection);
        if (Errno.of(result) != 0) {
            throw new HostException(
                    "the host does not protect 0x%x bytes at 0x%x (%s); give it more mappings (vm.max_map_count)"
                            .formatted(length, pages.address(), Errno.text(Errno.of(result))));
        }
    }

    /// {@return the memory; an access that [#protect] does not allow ends the process}
    public MemorySegment segment() {
        return segment;
    }

    /// {@return the address of the first byte}
    public long base() {
        return segment.address();
    }

    /// Gives the addresses back.
    @Override
    public void close() {
        arena.close();
    }
}
