package cloison.cpu.differential;

import cloison.linux.HostException;
import cloison.linux.code.CodeMemory;
import cloison.linux.memory.ReservedMemory;
import cloison.linux.memory.ReservedMemory.Access;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/// The addresses at which tested instructions live and work, the same ones natively and in the interpreter's guest.
///
/// ```text
///  base                +16 MiB                +32 MiB                                         +128 MiB
///  +------ nothing ----+ code | code | -------+ - | RW | RW | - | RO | RW | - | --- nothing ---+
///                        read and execute           D0   D1       R0   D2
/// ```
///
/// All of it lies below 4 GiB, so that 32-bit code can use it. What is nothing faults; the range around is as large as
/// it is so that a displacement or a bit offset that leaves the data never reaches memory of the JVM.
final class Sandbox implements AutoCloseable {
    static final long SIZE = 128 << 20;
    static final int PAGE = 4096;
    static final int CODE_SIZE = 2 * PAGE;
    /// The data pages and the two pages of nothing among them.
    static final int DATA_SIZE = 5 * PAGE;

    // offsets in the data
    static final int D0 = 0;
    static final int R0 = 3 * PAGE;
    static final int D2 = 4 * PAGE;

    /// INT3: what code memory holds where nothing else is, and so the end of every test.
    static final byte FILLER = (byte) 0xCC;

    private static final long CODE = 16 << 20;
    private static final long DATA = 32 << 20;

    private final ReservedMemory below;
    private final CodeMemory code;
    private final ReservedMemory above;

    private Sandbox(ReservedMemory below, CodeMemory code, ReservedMemory above) {
        this.below = below;
        this.code = code;
        this.above = above;
        long start = data() - above.base();
        above.protect(start, 2 * PAGE, Access.READ_WRITE);
        above.protect(start + R0, 2 * PAGE, Access.READ_WRITE);
        above.segment().asSlice(start, 2 * PAGE).fill((byte) 1);
        above.segment().asSlice(start + R0, 2 * PAGE).copyFrom(MemorySegment.ofArray(readOnly()));
        above.protect(start + R0, PAGE, Access.READ);
        code.writable().fill(FILLER);
    }

    /// {@return the sandbox at the first place that is free}
    ///
    /// @throws HostException if the host refuses
    static Sandbox open() {
        HostException refused = new HostException("no place");
        for (long base = SIZE; base < 1L << 32; base += SIZE) {
            try {
                return at(base);
            } catch (HostException e) {
                refused = e;
            }
        }
        throw refused;
    }

    private static Sandbox at(long base) {
        ReservedMemory below = ReservedMemory.at(base, CODE);
        try {
            CodeMemory code = CodeMemory.allocate(base + CODE, CODE_SIZE);
            try {
                return new Sandbox(below, code, ReservedMemory.at(base + CODE + CODE_SIZE, SIZE - CODE - CODE_SIZE));
            } catch (HostException e) {
                code.close();
                throw e;
            }
        } catch (HostException e) {
            below.close();
            throw e;
        }
    }

    /// {@return what the read-only page and the page after it hold at first}
    static byte[] readOnly() {
        byte[] content = new byte[2 * PAGE];
        new SplittableRandom(1).nextBytes(content);
        return content;
    }

    long base() {
        return below.base();
    }

    /// {@return the address of the code}
    long code() {
        return base() + CODE;
    }

    /// {@return the address of D0}
    long data() {
        return base() + DATA;
    }

    /// {@return whether an access there meets the same on both sides}
    boolean known(long address) {
        return address >= base() && address < base() + SIZE || address >= 0 && address < 0x1_0000;
    }

    /// Replaces code bytes.
    void code(int offset, byte[] bytes, int length) {
        MemorySegment.copy(bytes, 0, code.writable(), ValueLayout.JAVA_BYTE, offset, length);
    }

    /// Puts the filler back.
    void clear(int offset, int length) {
        code.writable().asSlice(offset, length).fill(FILLER);
    }

    /// Replaces the content of the writable pages: `image` is [#DATA_SIZE] bytes.
    void load(byte[] image) {
        MemorySegment to = dataSegment();
        MemorySegment.copy(image, D0, to, ValueLayout.JAVA_BYTE, D0, 2 * PAGE);
        MemorySegment.copy(image, D2, to, ValueLayout.JAVA_BYTE, D2, PAGE);
    }

    /// Copies the content of the writable pages out.
    void store(byte[] image) {
        MemorySegment from = dataSegment();
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, D0, image, D0, 2 * PAGE);
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, D2, image, D2, PAGE);
    }

    private MemorySegment dataSegment() {
        return above.segment().asSlice(data() - above.base(), DATA_SIZE);
    }

    /// {@return where two images differ in the writable pages, or -1}
    static int mismatch(byte[] a, byte[] b) {
        int low = Arrays.mismatch(a, D0, 2 * PAGE, b, D0, 2 * PAGE);
        if (low >= 0) {
            return low;
        }
        int high = Arrays.mismatch(a, D2, D2 + PAGE, b, D2, D2 + PAGE);
        return high < 0 ? -1 : D2 + high;
    }

    @Override
    public void close() {
        below.close();
        code.close();
        above.close();
    }
}
