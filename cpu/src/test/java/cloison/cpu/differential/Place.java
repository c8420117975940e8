package cloison.cpu.differential;

import java.util.Arrays;
import java.util.SplittableRandom;

/// The addresses at which tested instructions live and work, the same ones in every engine.
///
/// ```text
///  base                +16 MiB                +32 MiB                                         +128 MiB
///  +------ nothing ----+ code | code | -------+ - | RW | RW | - | RO | RW | - | --- nothing ---+
///                        read and execute           D0   D1       R0   D2
/// ```
///
/// All of it lies below 4 GiB, so that 32-bit code can use it. What is nothing faults; the range around is as large as
/// it is so that a displacement or a bit offset that leaves the data never reaches memory of the JVM.
///
/// @param base a multiple of [#SIZE]
/// @param sixteen whether the 16-bit segments exist
record Place(long base, boolean sixteen) {
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

    /// Selectors of the 16-bit code and data segment in the local descriptor table.
    static final int CODE_16 = 0x07;

    static final int DATA_16 = 0x0F;

    static final long CODE = 16 << 20;
    static final long DATA = 32 << 20;

    /// {@return the address of the code}
    long code() {
        return base + CODE;
    }

    /// {@return the address of D0}
    long data() {
        return base + DATA;
    }

    /// {@return the base of the 16-bit code segment}
    long code16() {
        return code();
    }

    /// {@return the base of the 16-bit data segment: the data lies in the middle of what 16 bits reach}
    long data16() {
        return data() - 0x2000;
    }

    /// {@return the base of CS in a mode}
    long codeBase(int mode) {
        return mode == 16 ? code16() : 0;
    }

    /// {@return the base of DS, ES and SS in a mode}
    long dataBase(int mode) {
        return mode == 16 ? data16() : 0;
    }

    /// {@return whether an access there meets the same in every engine}
    boolean known(long address) {
        return address >= base && address < base + SIZE || address >= 0 && address < 0x1_0000;
    }

    /// {@return what the read-only page and the page after it hold at first}
    static byte[] readOnly() {
        byte[] content = new byte[2 * PAGE];
        new SplittableRandom(1).nextBytes(content);
        return content;
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
}
