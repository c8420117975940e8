package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.RAX;
import static cloison.cpu.translate.Assembler.RSP;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import cloison.cpu.mmu.Mirror;
import cloison.machine.processor.HostCode;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The emitted code of one processor: the way in, the ways out, then block after block until it is full.
///
/// **Owner:** the thread that runs the processor.
final class CodeCache {
    private static final int RDI = 7;
    private static final int RBX = 3;
    private static final int RBP = 5;
    private static final int R12 = 12;
    private static final int NOT_EQUAL = 5;
    private static final int[] SAVED = {RBX, RBP, R12, Assembler.R13, Assembler.R14, Assembler.R15};
    /// A VEX prefix for 256 bits.
    private static final int WHOLE = Assembler.VEX | Assembler.L;
    /// What a block may take at most.
    private static final int RESERVE = 64 << 10;
    /// SDM volume 2, 2.3.11.
    private static final int LONGEST_INSTRUCTION = 15;

    private final HostCode code;
    private final MemorySegment writable;
    private final long exit;
    private final long faultExit;
    private final long loadX87;
    private final long first;
    private long cursor;
    private final Slots slots;
    private final long refillForReading;
    private final long refillForWriting;
    /// For each kind of translation, for reading and for writing.
    private final long[] walks = new long[2 * Mirror.KINDS];
    private final long[] splits = new long[walks.length];

    private Site[] sites = new Site[1 << 12];
    private int siteCount;

    /// @param entries translations of each kind
    /// @param avx whether YMM registers are the guest's too
    CodeCache(HostCode code, StateBlock state, int entries, boolean avx) {
        this.code = code;
        slots = new Slots(state, code);
        writable = code.writable();
        Assembler asm = new Assembler();
        entry(asm, avx);
        asm.align(64);
        int faultAt = asm.position();
        asm.storeInt(RSP, StateBlock.SITE, 0);
        int exitAt = asm.position();
        exit(asm, avx);
        int loadAt = asm.position();
        loadX87(asm);
        WalkCode walk = new WalkCode(asm, state, code.base(), entries, exitAt);
        SplitCode split = new SplitCode(asm, state.mirror(), code.base(), entries);
        int[] saved = new int[walks.length];
        for (int i = 0; i < walks.length; i++) {
            asm.align(64);
            walk.emit(i / 2, i % 2 != 0);
            walks[i] = code.base() + walk.missed;
            saved[i] = walk.saved;
            asm.align(64);
            splits[i] = code.base() + asm.position();
            split.emit(i / 2, i % 2 != 0, walk);
        }
        RefillCode refill = new RefillCode(asm, code.base(), exitAt);
        asm.align(64);
        refillForReading = code.base() + asm.position();
        refill.emit(state.mirror(), entries, false, saved[number(Mirror.USER, false)]);
        asm.align(64);
        refillForWriting = code.base() + asm.position();
        refill.emit(state.mirror(), entries, true, saved[number(Mirror.USER, true)]);
        asm.align(64);
        MemorySegment.copy(asm.code(), 0, writable, JAVA_BYTE, 0, asm.position());
        exit = code.base() + exitAt;
        faultExit = code.base() + faultAt;
        loadX87 = code.base() + loadAt;
        first = asm.position();
        cursor = first;
    }

    /// Code like a function whose argument (RDI) is the address of a [StateBlock].
    private static void entry(Assembler asm, boolean avx) {
        for (int register : SAVED) {
            asm.plus(0, 0, 0x50, register);
        }
        asm.store(RDI, StateBlock.HOST_RSP, RSP);
        // STMXCSR, LDMXCSR
        asm.memory(0, 1, 0xAE, 3, RDI, NONE, 0, StateBlock.HOST_MXCSR);
        asm.move(RSP, RDI);
        asm.memory(0, 1, 0xAE, 2, RSP, NONE, 0, StateBlock.MXCSR);
        for (int i = 0; i < 16; i++) {
            // MOVAPS or VMOVAPS
            asm.memory(avx ? WHOLE : 0, 1, 0x28, i, RSP, NONE, 0, StateBlock.VECTORS + 32 * i);
        }
        asm.memory(0, 0, 0x8B, RAX, RSP, NONE, 0, StateBlock.FLAGS);
        // ADD AL, 127 gives OF; SAHF the others
        asm.u8(0x04, 0x7F);
        asm.u8(0x9E);
        for (int i = 0; i < 13; i++) {
            if (i != RSP) {
                asm.load(i, RSP, StateBlock.REGISTERS + 8 * i);
            }
        }
        asm.load(Assembler.R13, RSP, StateBlock.REGISTERS + 8 * RSP);
        asm.jumpThrough(RSP, NONE, 0, StateBlock.TARGET);
    }

    private static void exit(Assembler asm, boolean avx) {
        asm.store(RSP, StateBlock.REGISTERS, RAX);
        // LAHF; SETO AL
        asm.u8(0x9F);
        asm.register(0, 1, 0x90, 0, RAX);
        asm.memory(0, 0, 0x89, RAX, RSP, NONE, 0, StateBlock.FLAGS);
        asm.memory(0, 0, 0x83, 7, RSP, NONE, 0, StateBlock.X87);
        asm.u8(StateBlock.X87_LOADED);
        int elsewhere = asm.jumpShort(NOT_EQUAL);
        // FNSAVE, which also initializes, as the JVM expects it
        asm.memory(0, 0, 0xDD, 6, RSP, NONE, 0, StateBlock.X87_IMAGE);
        asm.storeInt(RSP, StateBlock.X87, StateBlock.X87_IN_BLOCK);
        asm.hereShort(elsewhere);
        for (int i = 1; i < 13; i++) {
            if (i != RSP) {
                asm.store(RSP, StateBlock.REGISTERS + 8 * i, i);
            }
        }
        asm.store(RSP, StateBlock.REGISTERS + 8 * RSP, Assembler.R13);
        asm.store(RSP, StateBlock.LEFT_R14, Assembler.R14);
        asm.store(RSP, StateBlock.LEFT_R15, Assembler.R15);
        for (int i = 0; i < 16; i++) {
            asm.memory(avx ? WHOLE : 0, 1, 0x29, i, RSP, NONE, 0, StateBlock.VECTORS + 32 * i);
        }
        if (avx) {
            // VZEROUPPER, without which what uses SSE in the JVM would be slow
            asm.plain(Assembler.VEX, 1, 0x77);
        }
        asm.memory(0, 1, 0xAE, 3, RSP, NONE, 0, StateBlock.MXCSR);
        asm.memory(0, 1, 0xAE, 2, RSP, NONE, 0, StateBlock.HOST_MXCSR);
        asm.memory(0, 0, 0x8B, RAX, RSP, NONE, 0, StateBlock.SITE);
        asm.load(RSP, RSP, StateBlock.HOST_RSP);
        for (int i = SAVED.length - 1; i >= 0; i--) {
            asm.plus(0, 0, 0x58, SAVED[i]);
        }
        asm.u8(0xC3);
    }

    private static void loadX87(Assembler asm) {
        // FRSTOR
        asm.memory(0, 0, 0xDD, 4, RSP, NONE, 0, StateBlock.X87_IMAGE);
        asm.storeInt(RSP, StateBlock.X87, StateBlock.X87_LOADED);
        asm.jumpThrough(RSP, NONE, 0, StateBlock.X87_TARGET);
    }

    /// Runs code from `target` on until it leaves; {@return the number of the site}
    int run(StateBlock state, long target) {
        state.set(StateBlock.TARGET, target);
        return (int) code.enter(code.base(), state.address());
    }

    /// {@return the address to jump to after storing [StateBlock#SITE]}
    long exit() {
        return exit;
    }

    /// {@return the address of code that loads the x87 registers and goes on at [StateBlock#X87_TARGET]}
    long loadX87() {
        return loadX87;
    }

    /// {@return the bytes at a host address in this code, as many as an instruction may have}
    byte[] bytes(long host) {
        long from = Math.clamp(host - code.base(), 0, writable.byteSize());
        long size = Math.min(LONGEST_INSTRUCTION, writable.byteSize() - from);
        return writable.asSlice(from, size).toArray(JAVA_BYTE);
    }

    /// {@return the address to which faults are to be led}
    long faultExit() {
        return faultExit;
    }

    /// {@return the address that the next block will have}
    long next() {
        return code.base() + cursor;
    }

    /// {@return what accesses know of their pages}
    Slots slots() {
        return slots;
    }

    /// {@return the address of the code that fills a site's slot}
    long refill(Site site) {
        return site.write ? refillForWriting : refillForReading;
    }

    private static int number(int kind, boolean write) {
        return 2 * kind + (write ? 1 : 0);
    }

    /// {@return the address of the code that finds the translation which a site's access missed}
    long walk(Site site) {
        return walks[number(Mode.kind(site.mode), site.write)];
    }

    /// {@return the address of the code that copies what a site's access in two pages is to work on}
    long split(Site site) {
        return splits[number(Mode.kind(site.mode), site.write)];
    }

    /// {@return how far from the start of the code memory a position in the next block is}
    int distance(long position) {
        return Math.toIntExact(cursor + position);
    }

    /// {@return whether a block might not fit any more}
    boolean full() {
        return cursor + RESERVE > slots.bottom();
    }

    /// {@return bytes in use}
    long used() {
        return cursor;
    }

    /// Forgets all blocks and sites.
    void clear() {
        cursor = first;
        slots.clear();
        Arrays.fill(sites, 0, siteCount, null);
        siteCount = 0;
    }

    /// Copies a block's code to its place; {@return its address}
    long place(byte[] from, int length) {
        long address = next();
        MemorySegment.copy(from, 0, writable, JAVA_BYTE, cursor, length);
        cursor = cursor + length + 15 & -16;
        return address;
    }

    /// Lets the jump whose distance is at `patch` lead to `target`.
    void patch(long patch, long target) {
        writable.set(JAVA_INT_UNALIGNED, patch - code.base(), Math.toIntExact(target - patch - 4));
    }

    /// {@return the number of a site, new here; 0 stands for faults}
    int add(Site site) {
        siteCount++;
        if (siteCount == sites.length) {
            sites = Arrays.copyOf(sites, 2 * sites.length);
        }
        sites[siteCount] = site;
        return siteCount;
    }

    /// {@return how many sites there are}
    int count() {
        return siteCount;
    }

    Site site(int number) {
        return sites[number];
    }
}
