package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.R14;
import static cloison.cpu.translate.Assembler.R15;
import static cloison.cpu.translate.Assembler.RAX;
import static cloison.cpu.translate.Assembler.RCX;
import static cloison.cpu.translate.Assembler.RSP;
import static cloison.cpu.translate.Assembler.W;

import cloison.cpu.mmu.Mirror;

/// The code that fills a [slot][Slots] from the translations of user code, one piece for reading and one for writing.
///
/// R14 has the slot's address, R15 the linear address of the access. It goes back to the check, or leaves through the
/// slot's site with the linear address in R15; guest registers and flags are then as they were.
final class RefillCode {
    private static final int ABOVE = 7;
    private static final int ABOVE_OR_EQUAL = 3;
    private static final int NOT_EQUAL = 5;
    private static final int EQUAL = 4;

    private final Assembler asm;
    private final int[] out = new int[5];
    private int outs;

    RefillCode(Assembler asm) {
        this.asm = asm;
    }

    /// @param exitAt the position of the code that leaves
    void emit(Mirror mirror, int entries, boolean write, int exitAt) {
        int tags = StateBlock.TRANSLATIONS + mirror.tags(Mirror.USER, write);
        int hosts = StateBlock.TRANSLATIONS + mirror.hosts(Mirror.USER);
        outs = 0;
        asm.store(RSP, StateBlock.KEEP_RAX, RAX);
        asm.store(RSP, StateBlock.KEEP_RCX, RCX);
        asm.store(RSP, StateBlock.LINEAR, R15);
        // LAHF; SETO AL
        asm.u8(0x9F);
        asm.register(0, 1, 0x90, 0, RAX);
        asm.memory(0, 0, 0x89, RAX, RSP, NONE, 0, StateBlock.KEEP_FLAGS);
        asm.memory(W, 0, 0x03, R14, RSP, NONE, 0, StateBlock.WRITABLE_DISTANCE);
        // DEC word
        asm.memory(Assembler.P66, 0, 0xFF, 1, R14, NONE, 0, Slots.PATIENCE);
        leave(EQUAL);
        asm.rotate(RCX, R15, 12);
        asm.register(0, 0, 0x81, 4, RCX);
        asm.i32(entries - 1);
        asm.memory(W, 0, 0x8B, RAX, RSP, RCX, 3, tags);
        asm.register(W, 0, 0x03, R15, RAX);
        asm.register(W, 0, 0x81, 7, R15);
        asm.i32(4095);
        leave(ABOVE);
        asm.memory(Assembler.P66, 0, 0x3B, R15, R14, NONE, 0, Slots.LIMIT);
        leave(ABOVE);
        // RCX = addend
        asm.memory(W, 0, 0x8B, RCX, RSP, RCX, 3, hosts);
        asm.register(W, 0, 0x03, RCX, RAX);
        asm.memory(W, 0, 0x83, 7, R14, NONE, 0, Slots.ADDEND);
        asm.u8(0);
        int listed = asm.jump(NOT_EQUAL);
        asm.load(R15, RSP, StateBlock.LOG_CURSOR);
        asm.memory(W, 0, 0x3B, R15, RSP, NONE, 0, StateBlock.LOG_END);
        leave(ABOVE_OR_EQUAL);
        asm.store(R15, 0, R14);
        asm.memory(W, 0, 0x83, 0, RSP, NONE, 0, StateBlock.LOG_CURSOR);
        asm.u8(8);
        asm.here(listed);
        asm.store(R14, Slots.TAG, RAX);
        asm.store(R14, Slots.ADDEND, RCX);
        restore();
        asm.jumpThrough(R14, NONE, 0, Slots.RETRY);
        for (int i = 0; i < outs; i++) {
            asm.here(out[i]);
        }
        asm.load(R15, RSP, StateBlock.LINEAR);
        asm.memory(0, 0, 0x8B, RCX, R14, NONE, 0, Slots.SITE);
        asm.memory(0, 0, 0x89, RCX, RSP, NONE, 0, StateBlock.SITE);
        restore();
        asm.u8(0xE9);
        asm.i32(exitAt - (asm.position() + 4));
    }

    private void leave(int condition) {
        out[outs++] = asm.jump(condition);
    }

    private void restore() {
        asm.memory(0, 0, 0x8B, RAX, RSP, NONE, 0, StateBlock.KEEP_FLAGS);
        // ADD AL, 127 gives OF; SAHF the others
        asm.u8(0x04, 0x7F);
        asm.u8(0x9E);
        asm.load(RAX, RSP, StateBlock.KEEP_RAX);
        asm.load(RCX, RSP, StateBlock.KEEP_RCX);
    }
}
