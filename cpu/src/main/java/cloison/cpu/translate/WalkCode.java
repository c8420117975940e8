package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.R14;
import static cloison.cpu.translate.Assembler.R15;
import static cloison.cpu.translate.Assembler.RAX;
import static cloison.cpu.translate.Assembler.RCX;
import static cloison.cpu.translate.Assembler.RSP;
import static cloison.cpu.translate.Assembler.W;

import cloison.cpu.mmu.Mirror;
import cloison.cpu.mmu.Refills;

/// The code that finds a translation which an access missed: it walks the guest's page tables and enters what it finds
/// into the [Mirror]. There is one piece for each kind of translation, for reading and for writing.
///
/// It goes back to the check of the access, or leaves through the access's site with the linear address in R15; guest
/// registers and flags are then as they were. It leaves wherever the guest would see more than a translation, and where
/// [Refills] says so. A walk may race with stores to the tables and with flushes: what it finds is taken over, and then
/// forgotten, before a flush that was asked for meanwhile is answered.
///
/// SDM volume 3, 4.5.
final class WalkCode {
    private static final int BELOW = 2;
    private static final int ABOVE_OR_EQUAL = 3;
    private static final int EQUAL = 4;
    private static final int NOT_EQUAL = 5;
    private static final int BELOW_OR_EQUAL = 6;

    private static final int RDX = 2;
    private static final int RBX = 3;

    // bits of page-table entries
    private static final int P = 1;
    private static final int RW = 2;
    private static final int US = 4;
    private static final int A = 0x20;
    private static final int D = 0x40;
    private static final int PS = 0x80;

    private static final int TWO_MIB = 1 << 21;
    private static final int ONE_GIB = 1 << 30;

    private final Assembler asm;
    private final StateBlock state;
    private final long codeBase;
    private final int entries;
    private final int exitAt;
    private final int[] out = new int[32];
    private int outs;

    /// Where an access is led that has the number of its translation in R14, and in R15 its address plus the tag there;
    /// its site and [StateBlock#RETRY] are stored. A position.
    int missed;

    /// Where one is led that is like that, while RAX, RCX and the flags are kept. A position.
    int kept;

    /// Where one is led that has its linear address in R15, while RAX, RCX and the flags are kept. A position.
    int saved;

    /// @param exitAt the position of the code that leaves
    WalkCode(Assembler asm, StateBlock state, long codeBase, int entries, int exitAt) {
        this.asm = asm;
        this.state = state;
        this.codeBase = codeBase;
        this.entries = entries;
        this.exitAt = exitAt;
    }

    void emit(int kind, boolean write) {
        Mirror mirror = state.mirror();
        int tags = StateBlock.TRANSLATIONS + mirror.tags(kind, write);
        outs = 0;
        missed = asm.position();
        save(asm);
        kept = asm.position();
        asm.memory(W, 0, 0x2B, R15, RSP, R14, 3, tags);
        saved = asm.position();
        asm.store(RSP, StateBlock.KEEP_RDX, RDX);
        asm.store(RSP, StateBlock.KEEP_RBX, RBX);
        // what is there already is missed because the access ends in the next page
        index();
        asm.memory(W, 0, 0x8B, RAX, RSP, RCX, 3, tags);
        asm.register(W, 0, 0x03, RAX, R15);
        compare(RAX, 4095);
        leave(BELOW_OR_EQUAL);
        canonical();
        tables();
        allowed(kind, write);
        note(kind, write);
        enter(mirror, kind);
        asm.memory(0, 0, 0x8B, R14, RSP, NONE, 0, StateBlock.RETRY);
        asm.constant(RAX, codeBase);
        asm.register(W, 0, 0x03, R14, RAX);
        restoreAll();
        // JMP R14
        asm.register(0, 0, 0xFF, 4, R14);
        for (int i = 0; i < outs; i++) {
            asm.here(out[i]);
        }
        restoreAll();
        asm.u8(0xE9);
        asm.i32(exitAt - (asm.position() + 4));
    }

    private void leave(int condition) {
        out[outs++] = asm.jump(condition);
    }

    private int word(int of) {
        return state.refillsAt() + of;
    }

    /// Keeps RAX, RCX and the status flags.
    static void save(Assembler asm) {
        asm.store(RSP, StateBlock.KEEP_RAX, RAX);
        asm.store(RSP, StateBlock.KEEP_RCX, RCX);
        // LAHF; SETO AL
        asm.u8(0x9F);
        asm.register(0, 1, 0x90, 0, RAX);
        asm.memory(0, 0, 0x89, RAX, RSP, NONE, 0, StateBlock.KEEP_FLAGS);
    }

    /// Restores what [#save] keeps.
    static void restore(Assembler asm) {
        asm.memory(0, 0, 0x8B, RAX, RSP, NONE, 0, StateBlock.KEEP_FLAGS);
        // ADD AL, 127 gives OF; SAHF the others
        asm.u8(0x04, 0x7F);
        asm.u8(0x9E);
        asm.load(RAX, RSP, StateBlock.KEEP_RAX);
        asm.load(RCX, RSP, StateBlock.KEEP_RCX);
    }

    private void restoreAll() {
        asm.load(RDX, RSP, StateBlock.KEEP_RDX);
        asm.load(RBX, RSP, StateBlock.KEEP_RBX);
        restore(asm);
    }

    private void and(int wide, int register, int mask) {
        asm.register(wide, 0, 0x81, 4, register);
        asm.i32(mask);
    }

    private void or(int register, int bits) {
        asm.register(0, 0, 0x81, 1, register);
        asm.i32(bits);
    }

    private void test(int register, int mask) {
        asm.register(0, 0, 0xF7, 0, register);
        asm.i32(mask);
    }

    private void compare(int register, int value) {
        asm.register(W, 0, 0x81, 7, register);
        asm.i32(value);
    }

    /// RCX = the number of the translation of R15.
    private void index() {
        asm.rotate(RCX, R15, 12);
        and(0, RCX, entries - 1);
    }

    private void canonical() {
        asm.move(RAX, R15);
        // SHL, SAR
        asm.register(W, 0, 0xC1, 4, RAX);
        asm.u8(16);
        asm.register(W, 0, 0xC1, 7, RAX);
        asm.u8(16);
        asm.register(W, 0, 0x3B, RAX, R15);
        leave(NOT_EQUAL);
    }

    // ---- the walk

    /// RAX = the last entry, RDX = host address of the page, RBX = rights and size as a note has them, and A, where all
    /// entries agree.
    ///
    /// Entries after one that is not present are read before that is found: what is read is RAM.
    private void tables() {
        asm.load(RDX, RSP, word(Refills.ROOT));
        asm.register(W, 0, 0x85, RDX, RDX);
        leave(EQUAL);
        entry(39);
        asm.move(RBX, RAX);
        asm.move(R14, RAX);
        test(RAX, PS);
        leave(NOT_EQUAL);
        table();
        int gigantic = level(30);
        table();
        int large = level(21);
        table();
        entry(12);
        both();
        and(0, RBX, P | RW | US | A);
        address();
        int found = asm.jump();
        asm.here(large);
        inside(TWO_MIB, Refills.TWO_MIB);
        int alsoFound = asm.jump();
        asm.here(gigantic);
        inside(ONE_GIB, Refills.ONE_GIB);
        asm.here(found);
        asm.here(alsoFound);
        place();
        asm.constant(RCX, Refills.RESERVED);
        asm.register(W, 0, 0x85, RCX, R14);
        leave(NOT_EQUAL);
    }

    /// RAX = the entry in the table at RDX.
    private void entry(int shift) {
        asm.rotate(RAX, R15, shift);
        and(0, RAX, 511);
        asm.memory(W, 0, 0x8B, RAX, RDX, RAX, 3, 0);
    }

    /// RBX = what all entries have, R14 = what any of them has.
    private void both() {
        asm.register(W, 0, 0x23, RBX, RAX);
        asm.register(W, 0, 0x0B, R14, RAX);
    }

    /// {@return the label of the jump where the entry is that of a page}
    private int level(int shift) {
        entry(shift);
        both();
        test(RAX, PS);
        return asm.jump(NOT_EQUAL);
    }

    /// RDX = host address of the table at which the entry in RAX points.
    private void table() {
        address();
        place();
    }

    private void address() {
        asm.constant(RDX, Refills.ADDRESS);
        asm.register(W, 0, 0x23, RDX, RAX);
    }

    /// RDX = guest-physical address of the 4 KiB in a page of `size` bytes.
    private void inside(int size, int bit) {
        // bit 12 is PAT, those above are reserved
        test(RAX, size - 1 & -8192);
        leave(NOT_EQUAL);
        and(0, RBX, P | RW | US | A);
        or(RBX, bit);
        address();
        and(W, RDX, -size);
        asm.move(RCX, R15);
        and(0, RCX, size - 1 & -4096);
        asm.register(W, 0, 0x0B, RDX, RCX);
    }

    /// RDX = host address of the page with the guest-physical address in RDX.
    private void place() {
        asm.rotate(RCX, RDX, 12);
        and(0, RCX, Refills.COVERS - 1);
        asm.memory(0, 0, 0x80, 7, RSP, RCX, 0, word(Refills.COVERED));
        asm.u8(0);
        leave(NOT_EQUAL);
        asm.memory(W, 0, 0x3B, RDX, RSP, NONE, 0, word(Refills.LOW));
        int low = asm.jumpShort(BELOW);
        asm.constant(RCX, 1L << 32);
        asm.register(W, 0, 0x2B, RDX, RCX);
        asm.memory(W, 0, 0x3B, RDX, RSP, NONE, 0, word(Refills.HIGH));
        leave(ABOVE_OR_EQUAL);
        asm.memory(W, 0, 0x03, RDX, RSP, NONE, 0, word(Refills.LOW));
        asm.hereShort(low);
        asm.memory(W, 0, 0x03, RDX, RSP, NONE, 0, word(Refills.STORE));
    }

    // ---- what is found

    private void allowed(int kind, boolean write) {
        int must = P | A | (kind == Mirror.USER ? US : 0) | (write ? RW : 0);
        int mustNot = kind == Mirror.SYSTEM ? US : 0;
        asm.move(RCX, RBX);
        and(0, RCX, must | mustNot);
        compare(RCX, must);
        leave(NOT_EQUAL);
        if (write) {
            test(RAX, D);
            leave(EQUAL);
        }
    }

    /// R14 = the note, which is made.
    private void note(int kind, boolean write) {
        and(0, RAX, Refills.DIRTY | Refills.GLOBAL);
        and(0, RBX, Refills.WRITABLE | Refills.TWO_MIB | Refills.ONE_GIB);
        asm.register(0, 0, 0x0B, RBX, RAX);
        asm.move(R14, R15);
        and(W, R14, -4096);
        asm.register(W, 0, 0x0B, R14, RBX);
        or14(kind << Refills.KIND_SHIFT);
        and(0, RBX, Refills.WRITABLE | Refills.DIRTY);
        int readOnly = NONE;
        if (!write) {
            asm.register(0, 0, 0x83, 6, RBX);
            asm.u8(Refills.WRITABLE | Refills.DIRTY);
            readOnly = asm.jump(NOT_EQUAL);
        }
        // as in CodePages: first among the writers, then the look for marks
        asm.move(RAX, RDX);
        asm.memory(W, 0, 0x2B, RAX, RSP, NONE, 0, word(Refills.STORE));
        // SHR
        asm.register(W, 0, 0xC1, 5, RAX);
        asm.u8(12);
        asm.load(RCX, RSP, word(Refills.WRITERS));
        asm.memory(0, 0, 0x8B, RBX, RSP, NONE, 0, word(Refills.WRITER));
        asm.memory(0, 0, 0x85, RBX, RCX, RAX, 2, 0);
        int named = asm.jumpShort(NOT_EQUAL);
        asm.memory(Assembler.LOCK, 0, 0x09, RBX, RCX, RAX, 2, 0);
        asm.hereShort(named);
        asm.load(RCX, RSP, word(Refills.MARKS));
        asm.memory(W, 0, 0x83, 7, RCX, RAX, 3, 0);
        asm.u8(0);
        int code = NONE;
        if (write) {
            leave(NOT_EQUAL);
        } else {
            code = asm.jump(NOT_EQUAL);
        }
        or14(Refills.DIRECT);
        if (!write) {
            asm.here(readOnly);
            asm.here(code);
        }
        asm.load(RCX, RSP, word(Refills.CURSOR));
        asm.memory(W, 0, 0x3B, RCX, RSP, NONE, 0, word(Refills.END));
        leave(ABOVE_OR_EQUAL);
        asm.store(RCX, 0, R14);
        asm.store(RCX, 8, RDX);
        asm.memory(W, 0, 0x83, 0, RSP, NONE, 0, word(Refills.CURSOR));
        asm.u8(16);
    }

    private void or14(int bits) {
        if (bits != 0) {
            asm.register(W, 0, 0x81, 1, R14);
            asm.i32(bits);
        }
    }

    /// Enters the page at RDX with the note in R14 into the mirror.
    private void enter(Mirror mirror, int kind) {
        index();
        asm.memory(W, 0, 0x89, RDX, RSP, RCX, 3, StateBlock.TRANSLATIONS + mirror.hosts(kind));
        asm.move(RAX, R15);
        and(W, RAX, -4096);
        // NEG
        asm.register(W, 0, 0xF7, 3, RAX);
        asm.memory(W, 0, 0x89, RAX, RSP, RCX, 3, StateBlock.TRANSLATIONS + mirror.tags(kind, false));
        test(R14, Refills.DIRECT);
        int direct = asm.jumpShort(NOT_EQUAL);
        // the empty tag of this index
        asm.move(RAX, RCX);
        asm.register(W, 0, 0x83, 6, RAX);
        asm.u8(2);
        asm.register(W, 0, 0xC1, 4, RAX);
        asm.u8(12);
        asm.register(W, 0, 0xF7, 3, RAX);
        asm.hereShort(direct);
        asm.memory(W, 0, 0x89, RAX, RSP, RCX, 3, StateBlock.TRANSLATIONS + mirror.tags(kind, true));
    }
}
