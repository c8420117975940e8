package cloison.linux.memory;

import cloison.linux.HostException;
import cloison.linux.sys.Errno;
import cloison.linux.sys.MemoryCalls;
import cloison.linux.sys.Platform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// Zeroed host memory for one partition's RAM: a shared mapping of a memory file where the host has such a thing,
/// plain off-heap memory elsewhere.
///
/// The host gives pages when they are first touched, so that a large guest costs what it uses. [#close] ends every
/// segment made from it: later accesses throw, they never reach freed memory.
///
/// **Owner:** any thread may access the memory; who allocated it closes it, after everybody who uses it has ended.
@SuppressWarnings("MustBeClosedChecker") // the arena belongs to the object, which is closed
public final class HostMemory implements AutoCloseable {
    private static final long PAGE = 4096;

    private final Arena arena;
    private final MemorySegment segment;
    private final String kind;
    private final int descriptor;

    private HostMemory(Arena arena, MemorySegment segment, String kind, int descriptor) {
        this.arena = arena;
        this.segment = segment;
        this.kind = kind;
        this.descriptor = descriptor;
    }

    /// {@return `bytes` (rounded up to pages) of zeroed memory}
    ///
    /// @throws HostException if the host has not that much
    public static HostMemory allocate(long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("not a positive size: " + bytes);
        }
        long size = Math.addExact(bytes, PAGE - 1) & -PAGE;
        if (!Platform.LINUX_X86_64) {
            return plain(size, "this host is " + Platform.name() + ", not Linux on x86-64");
        }
        int file = MemoryCalls.memfdCreate("cloison-ram", MemoryCalls.MFD_CLOEXEC);
        if (Errno.of(file) != 0) {
            return plain(size, "memfd_create: " + Errno.text(Errno.of(file)));
        }
        int sized = MemoryCalls.ftruncate(file, size);
        if (Errno.of(sized) != 0) {
            MemoryCalls.close(file);
            return plain(size, "ftruncate of the memory file: " + Errno.text(Errno.of(sized)));
        }
        long address = MemoryCalls.mmap(
                0,
                size,
                MemoryCalls.PROT_READ | MemoryCalls.PROT_WRITE,
                MemoryCalls.MAP_SHARED | MemoryCalls.MAP_NORESERVE,
                file,
                0);
        if (Errno.of(address) != 0) {
            MemoryCalls.close(file);
            throw refused(size, "mmap: " + Errno.text(Errno.of(address)));
        }
        // Advice that is refused costs nothing but speed or a larger core file.
        MemoryCalls.madvise(address, size, MemoryCalls.MADV_HUGEPAGE);
        MemoryCalls.madvise(address, size, MemoryCalls.MADV_DONTFORK);
        MemoryCalls.madvise(address, size, MemoryCalls.MADV_DONTDUMP);
        Arena arena = Arena.ofShared();
        return new HostMemory(
                arena, MemoryCalls.segment(address, size, arena), "shared mapping of a memory file", file);
    }

    static HostMemory plain(long size, String why) {
        Arena arena = Arena.ofShared();
        try {
            return new HostMemory(arena, arena.allocate(size, PAGE), "plain off-heap memory, because " + why, -1);
        } catch (OutOfMemoryError e) {
            arena.close();
            throw refused(size, Objects.requireNonNullElse(e.getMessage(), "out of memory"));
        }
    }

    private static HostException refused(long size, String why) {
        return new HostException(
                "the host has no %d MiB of memory for a guest (%s); give the guest less memory, or the host more"
                        .formatted(size + 0xF_FFFF >>> 20, why));
    }

    /// {@return the memory}
    public MemorySegment segment() {
        return segment;
    }

    /// {@return what kind of memory it is, and why not a better one, in one line}
    public String kind() {
        return kind;
    }

    /// {@return whether a memory file backs it, so that it can be mapped a second time}
    public boolean shared() {
        return descriptor >= 0;
    }

    /// Gives whole pages back to the host; they read as zeros from now on.
    public void discard(long offset, long length) {
        MemorySegment pages = segment.asSlice(offset, length);
        if (((offset | length) & (PAGE - 1)) != 0) {
            throw new IllegalArgumentException("not whole pages: %d bytes from %d".formatted(length, offset));
        }
        if (length == 0 || shared() && MemoryCalls.madvise(pages.address(), length, MemoryCalls.MADV_REMOVE) == 0) {
            return;
        }
        pages.fill((byte) 0);
    }

    /// Gives the memory back.
    @Override
    public void close() {
        arena.close();
        if (shared()) {
            MemoryCalls.close(descriptor);
        }
    }
}
