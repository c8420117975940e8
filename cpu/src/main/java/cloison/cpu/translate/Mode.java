package cloison.cpu.translate;

import cloison.cpu.mmu.Mirror;

/// What code is translated for, as a number: the kind of its accesses to memory, its size, and which of its
/// instructions the host's processor may run. Each has pages, and a set of the jump cache, of its own.
///
/// ```text
///  USER, SYSTEM, SYSTEM_AC (0..2)  64-bit code, with accesses as Mirror numbers them
///  USER_32 (3)                     32-bit code at CPL 3
///  +4                              vector and x87 instructions fault
///  +8                              x87 exceptions are not all masked
/// ```
final class Mode {
    /// 32-bit code at CPL 3, whose accesses are those of user code.
    static final int USER_32 = Mirror.KINDS;
    /// Added where vector and x87 instructions fault.
    static final int VECTORLESS = 4;
    /// Added where x87 exceptions are not all masked.
    static final int X87LESS = 8;

    static final int COUNT = 12;

    private static final int CODE = 3;

    private Mode() {}

    /// {@return the mode of 64-bit code that accesses memory in another way}
    static int wide(int mode, int kind) {
        return mode & ~CODE | kind;
    }

    /// {@return how it accesses memory: a kind of translation}
    static int kind(int mode) {
        return is32(mode) ? Mirror.USER : mode & CODE;
    }

    /// {@return whether it is 32-bit code}
    static boolean is32(int mode) {
        return (mode & CODE) == USER_32;
    }

    /// {@return whether vector instructions run natively}
    static boolean vectors(int mode) {
        return (mode & VECTORLESS) == 0;
    }

    /// {@return whether x87 and MMX instructions do so too}
    static boolean x87(int mode) {
        return mode < VECTORLESS;
    }
}
