package cloison.linux.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// Memory files and mappings: `memfd_create`, `ftruncate`, `mmap`, `munmap`, `mprotect`, `madvise`, `close`.
///
/// Every call answers its result, or `-errno`. Only for Linux on x86-64: see [Platform].
@SuppressWarnings("restricted") // the native family "memory": the linker, and mapped addresses that become segments
public final class MemoryCalls {
    /// `linux/memfd.h`
    public static final int MFD_CLOEXEC = 1;

    public static final int MFD_EXEC = 0x10;

    // asm-generic/mman-common.h, asm-generic/mman.h
    public static final int PROT_NONE = 0;
    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;
    public static final int PROT_EXEC = 4;
    public static final int MAP_SHARED = 0x01;
    public static final int MAP_PRIVATE = 0x02;
    public static final int MAP_ANONYMOUS = 0x20;
    public static final int MAP_NORESERVE = 0x4000;
    public static final int MAP_POPULATE = 0x8000;
    public static final int MAP_FIXED_NOREPLACE = 0x10_0000;
    public static final int MADV_REMOVE = 9;
    public static final int MADV_DONTFORK = 10;
    public static final int MADV_HUGEPAGE = 14;
    public static final int MADV_DONTDUMP = 16;

    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle MEMFD_CREATE = call("memfd_create", JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle FTRUNCATE = call("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MMAP =
            call("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MUNMAP = call("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MPROTECT = call("mprotect", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle MADVISE = call("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle CLOSE = call("close", JAVA_INT, JAVA_INT);

    private MemoryCalls() {}

    private static MethodHandle call(String name, ValueLayout result, ValueLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"));
    }

    private static long result(long result, MemorySegment captured) {
        return result == -1 ? -(int) ERRNO.get(captured, 0L) : result;
    }

    private static AssertionError impossible(Throwable thrown) {
        return new AssertionError("a C function threw", thrown);
    }

    /// {@return a descriptor of a new, empty memory file}
    public static int memfdCreate(String name, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            return (int) result((int) MEMFD_CREATE.invokeExact(captured, arena.allocateFrom(name), flags), captured);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /// Gives the file of `descriptor` a size; {@return 0}
    public static int ftruncate(int descriptor, long size) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            return (int) result((int) FTRUNCATE.invokeExact(captured, descriptor, size), captured);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /// {@return the address of a new mapping}
    public static long mmap(long address, long length, int protection, int flags, int descriptor, long offset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            return result(
                    (long) MMAP.invokeExact(captured, address, length, protection, flags, descriptor, offset),
                    captured);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /// Takes mappings away; {@return 0}
    public static int munmap(long address, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            return (int) result((int) MUNMAP.invokeExact(captured, address, length), captured);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /// Changes what may be done with pages; {@return 0}
    public static int mprotect(long address, long length, int protection) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            return (int) result((int) MPROTECT.invokeExact(captured, address, length, protection), captured);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /// Tells the kernel how pages will be used; {@return 0}
    public static int madvise(long address, long length, int advice) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            return (int) result((int) MADVISE.invokeExact(captured, address, length, advice), captured);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /// Closes a descriptor; {@return 0}
    public static int close(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            return (int) result((int) CLOSE.invokeExact(captured, descriptor), captured);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /// {@return a mapping as a segment that lives as long as `arena` and is unmapped with it}
    public static MemorySegment segment(long address, long length, Arena arena) {
        return MemorySegment.ofAddress(address).reinterpret(length, arena, mapped -> munmap(address, length));
    }
}
