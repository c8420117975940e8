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
/// slot's site with the linear address in R15; guest registers and flags are then as they were. If the translations
/// have none, [WalkCode] looks for it first.
final class RefillCode {
    private static final int ABOVE = 7;
    private static final int ABOVE_OR_EQUAL = 3;
    private static final int NOT_EQUAL = 5;
    private static final int EQUAL = 4;

    private final Assembler asm;
    private final long codeBase;
    private final int exitAt;
    private final int[] out = new int[4];
    private int outs;

    /// @param exitAt the position of the code that leaves
    RefillCode(Assembler asm, long codeBase, int exitAt) {
        this.asm = asm;
        this.codeBase = codeBase;
        this.exitAt = exitAt;
    }

    /// @param walkAt the position at which [WalkCode] is entered
    void emit(Mirror mirror, int entries, boolean write, int walkAt) {
        int tags = StateBlock.TRANSLATIONS + mirror.tags(Mirror.USER, write);
        int hosts = StateBlock.TRANSLATIONS + mirror.hosts(Mirror.USER);
        outs = 0;
        WalkCode.save(asm);
        asm.store(RSP, StateBlock.LINEAR, R15);
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
        int missing = asm.jump(ABOVE);
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
        WalkCode.restore(asm);
        asm.jumpThrough(R14, NONE, 0, Slots.RETRY);
        for (int i = 0; i < outs; i++) {
            asm.here(out[i]);
        }
        site();
        WalkCode.restore(asm);
        asm.u8(0xE9);
        asm.i32(exitAt - (asm.position() + 4));
        asm.here(missing);
        site();
        asm.load(RCX, R14, Slots.RETRY);
        asm.constant(RAX, codeBase);
        asm.register(W, 0, 0x2B, RCX, RAX);
        asm.memory(0, 0, 0x89, RCX, RSP, NONE, 0, StateBlock.RETRY);
        asm.u8(0xE9);
        asm.i32(walkAt - (asm.position() + 4));
    }

    private void leave(int condition) {
        out[outs++] = asm.jump(condition);
    }

    private void site() {
        asm.load(R15, RSP, StateBlock.LINEAR);
        asm.memory(0, 0, 0x8B, RCX, R14, NONE, 0, Slots.SITE);
        asm.memory(0, 0, 0x89, RCX, RSP, NONE, 0, StateBlock.SITE);
    }
}
