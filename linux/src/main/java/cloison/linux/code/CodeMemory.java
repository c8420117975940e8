package cloison.linux.code;

import static cloison.linux.sys.MemoryCalls.MAP_FIXED_NOREPLACE;
import static cloison.linux.sys.MemoryCalls.MAP_SHARED;
import static cloison.linux.sys.MemoryCalls.PROT_EXEC;
import static cloison.linux.sys.MemoryCalls.PROT_READ;
import static cloison.linux.sys.MemoryCalls.PROT_WRITE;

import cloison.linux.HostException;
import cloison.linux.sys.CodeCalls;
import cloison.linux.sys.Errno;
import cloison.linux.sys.MemoryCalls;
import cloison.linux.sys.Platform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// Memory that is written through one mapping and executed through another, so that no address is ever both.
///
/// Both mappings show the same memory file; x86-64 keeps them coherent by itself. After [#close] the code is gone: who
/// closes makes sure that nobody executes it.
///
/// **Owner:** any thread may write and execute; who allocated it closes it.
@SuppressWarnings("MustBeClosedChecker") // the arena belongs to the object, which is closed
public final class CodeMemory implements AutoCloseable {
    /// `long (long code, long argument)`, for `invokeExact`: calls the function at address `code` with `argument` in
    /// RDI (System V convention); {@return what it leaves in RAX}
    public static final MethodHandle ENTER = Platform.LINUX_X86_64 ? CodeCalls.ENTER : Unavailable.ENTER;

    private static final long PAGE = 4096;
    /// lea rax, [rdi + 1]; ret
    private static final byte[] PROBE = {0x48, (byte) 0x8D, 0x47, 0x01, (byte) 0xC3};

    private final Arena arena;
    private final MemorySegment writable;
    private final long base;

    private CodeMemory(Arena arena, MemorySegment writable, long base) {
        this.arena = arena;
        this.writable = writable;
        this.base = base;
    }

    /// Found out once per process.
    private static final class Probed {
        static final @Nullable String REFUSAL = probe();
    }

    /// {@return whether this host lets us execute what we write; [#refusal] says why not}
    public static boolean available() {
        return Probed.REFUSAL == null;
    }

    /// {@return why this host does not let us execute what we write and what would help, or null if it does}
    public static @Nullable String refusal() {
        return Probed.REFUSAL;
    }

    private static @Nullable String probe() {
        try (CodeMemory memory = allocate(PAGE)) {
            memory.writable().asSlice(0, PROBE.length).copyFrom(MemorySegment.ofArray(PROBE));
            long answer = enter(memory.base(), 41);
            return answer == 42 ? null : "executing a probe gave " + answer + " instead of 42";
        } catch (HostException e) {
            return e.getMessage();
        }
    }

    /// Calls the function at address `code` with `argument` in RDI; {@return what it leaves in RAX}
    public static long enter(long code, long argument) {
        try {
            return (long) ENTER.invokeExact(code, argument);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("emitted code threw", e);
        }
    }

    /// {@return `bytes` (rounded up to pages) of zeroed code memory where the host likes it}
    ///
    /// @throws HostException if the host refuses
    public static CodeMemory allocate(long bytes) {
        return allocate(0, bytes);
    }

    /// {@return code memory whose executable mapping starts at `address`, or anywhere if that is 0}
    ///
    /// @throws HostException if the host refuses, also where something else lies at that address
    public static CodeMemory allocate(long address, long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("not a positive size: " + bytes);
        }
        if (!Platform.LINUX_X86_64) {
            throw refused("this host is " + Platform.name() + ", not Linux on x86-64");
        }
        long size = Math.addExact(bytes, PAGE - 1) & -PAGE;
        int file = MemoryCalls.memfdCreate("cloison-code", MemoryCalls.MFD_CLOEXEC | MemoryCalls.MFD_EXEC);
        if (Errno.of(file) == Errno.EINVAL) { // a kernel before 6.3: executable by default
            file = MemoryCalls.memfdCreate("cloison-code", MemoryCalls.MFD_CLOEXEC);
        }
        if (Errno.of(file) != 0) {
            throw refused("memfd_create: " + Errno.text(Errno.of(file)));
        }
        try {
            int sized = MemoryCalls.ftruncate(file, size);
            if (Errno.of(sized) != 0) {
                throw refused("ftruncate: " + Errno.text(Errno.of(sized)));
            }
            long write = MemoryCalls.mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (Errno.of(write) != 0) {
                throw refused("mmap for writing: " + Errno.text(Errno.of(write)));
            }
            int flags = address == 0 ? MAP_SHARED : MAP_SHARED | MAP_FIXED_NOREPLACE;
            long execute = MemoryCalls.mmap(address, size, PROT_READ | PROT_EXEC, flags, file, 0);
            if (Errno.of(execute) != 0) {
                MemoryCalls.munmap(write, size);
                throw refused("mmap for executing: " + Errno.text(Errno.of(execute)));
            }
            Arena arena = Arena.ofShared();
            MemoryCalls.segment(execute, size, arena);
            return new CodeMemory(arena, MemoryCalls.segment(write, size, arena), execute);
        } finally {
            MemoryCalls.close(file);
        }
    }

    private static HostException refused(String why) {
        return new HostException("the host does not give executable memory (" + why
                + "); use --engine interpreter, or allow memfd mappings with PROT_EXEC"
                + " (SELinux: execmem, systemd: MemoryDenyWriteExecute=no)");
    }

    /// {@return the memory as it is written}
    public MemorySegment writable() {
        return writable;
    }

    /// {@return the address at which the first byte is executed}
    public long base() {
        return base;
    }

    /// {@return bytes}
    public long size() {
        return writable.byteSize();
    }

    /// Takes both mappings away.
    @Override
    public void close() {
        arena.close();
    }
}
