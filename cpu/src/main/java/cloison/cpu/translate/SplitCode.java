package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.R14;
import static cloison.cpu.translate.Assembler.R15;
import static cloison.cpu.translate.Assembler.RAX;
import static cloison.cpu.translate.Assembler.RCX;
import static cloison.cpu.translate.Assembler.RSP;
import static cloison.cpu.translate.Assembler.W;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.X87Op;
import cloison.cpu.mmu.Mirror;

/// The code for *split* accesses, which lie in two pages: the end of the first page and the start of the second are
/// copied into the state block, where they meet, and the instruction works there; what it stored is copied back. There
/// is one piece that copies for each kind of translation, for reading and for writing.
///
/// Nothing is copied back before both pages are known to allow it. If one is not known, [WalkCode] looks for it, and
/// the check is repeated. The copy is as far from an aligned address as the operand is.
final class SplitCode {
    /// The largest operand.
    private static final int MOST = 32;

    private static final int NOT_EQUAL = 5;
    private static final int ABOVE = 7;
    private static final int RSI = 6;
    private static final int RDI = 7;

    private final Assembler asm;
    private final Mirror mirror;
    private final long codeBase;
    private final int entries;

    SplitCode(Assembler asm, Mirror mirror, long codeBase, int entries) {
        this.asm = asm;
        this.mirror = mirror;
        this.codeBase = codeBase;
        this.entries = entries;
    }

    /// {@return whether an instruction with a native translation may work on a copy: one that accesses all of its
    /// operand, and whose store nobody takes for atomic}
    ///
    /// @param mode as [TranslatedPage] has it
    static boolean suits(Instruction instruction, int mode) {
        if (Mode.is32(mode)
                || instruction.lock
                || Nature.of(instruction, mode, true) != Nature.NATIVE
                || instruction.op() instanceof X87Op
                || instruction.op() == IntegerOp.XCHG
                || instruction.op() instanceof AvxOp op && masked(op)) {
            return false;
        }
        for (Operand operand : instruction.operands) {
            if (operand.kind() == Kind.MEMORY) {
                return operand.size() <= MOST;
            }
        }
        return false;
    }

    private static boolean masked(AvxOp op) {
        return switch (op) {
            case VMASKMOVPS, VMASKMOVPD, VPMASKMOVD, VPMASKMOVQ -> true;
            default -> false;
        };
    }

    /// It is entered as [WalkCode] is where an access missed, and goes on at [StateBlock#SPLIT_TARGET] with the copy's
    /// address in R15.
    ///
    /// @param walk the code for the same accesses that finds a translation
    void emit(int kind, boolean write, WalkCode walk) {
        int tags = StateBlock.TRANSLATIONS + mirror.tags(kind, write);
        int hosts = StateBlock.TRANSLATIONS + mirror.hosts(kind);
        WalkCode.save(asm);
        asm.register(W, 0, 0x81, 7, R15);
        asm.i32(4095);
        asm.u8(0x0F, 0x80 | ABOVE);
        asm.i32(walk.kept - (asm.position() + 4));
        // RAX = minus the second page
        asm.memory(W, 0, 0x8B, RAX, RSP, R14, 3, tags);
        asm.register(W, 0, 0x81, 5, RAX);
        asm.i32(4096);
        asm.lea(RCX, R14, NONE, 0, 1);
        asm.register(0, 0, 0x81, 4, RCX);
        asm.i32(entries - 1);
        asm.memory(W, 0, 0x3B, RAX, RSP, RCX, 3, tags);
        int missing = asm.jump(NOT_EQUAL);
        asm.memory(W, 0, 0x8B, R14, RSP, R14, 3, hosts);
        asm.memory(W, 0, 0x8B, RCX, RSP, RCX, 3, hosts);
        for (int i = 0; i < MOST; i += 8) {
            asm.load(RAX, R14, 4096 - MOST + i);
            asm.store(RSP, StateBlock.SPLIT + i, RAX);
            asm.load(RAX, RCX, i);
            asm.store(RSP, StateBlock.SPLIT + MOST + i, RAX);
        }
        if (write) {
            asm.lea(RAX, R14, R15, 0, 0);
            asm.store(RSP, StateBlock.SPLIT_FIRST, RAX);
            asm.store(RSP, StateBlock.SPLIT_SECOND, RCX);
            asm.lea(RAX, R15, NONE, 0, -4096);
            asm.store(RSP, StateBlock.SPLIT_LESS, RAX);
            // NEG
            asm.register(W, 0, 0xF7, 3, RAX);
            asm.store(RSP, StateBlock.SPLIT_COUNT, RAX);
        }
        asm.lea(R15, RSP, R15, 0, StateBlock.SPLIT + MOST - 4096);
        asm.memory(0, 0, 0x8B, R14, RSP, NONE, 0, StateBlock.SPLIT_TARGET);
        asm.constant(RAX, codeBase);
        asm.register(W, 0, 0x03, R14, RAX);
        WalkCode.restore(asm);
        // JMP R14
        asm.register(0, 0, 0xFF, 4, R14);
        asm.here(missing);
        asm.move(R15, RAX);
        asm.register(W, 0, 0xF7, 3, R15);
        asm.u8(0xE9);
        asm.i32(walk.saved - (asm.position() + 4));
    }

    /// Copies an operand of `size` bytes at R15 back, with the flags as they are.
    static void copyBack(Assembler asm, int size) {
        asm.store(RSP, StateBlock.KEEP_RCX, RCX);
        asm.store(RSP, StateBlock.KEEP_RDX, RSI);
        asm.store(RSP, StateBlock.KEEP_RBX, RDI);
        asm.move(RSI, R15);
        asm.load(RDI, RSP, StateBlock.SPLIT_FIRST);
        asm.load(RCX, RSP, StateBlock.SPLIT_COUNT);
        // REP MOVSB
        asm.plain(Assembler.PF3, 0, 0xA4);
        asm.load(RDI, RSP, StateBlock.SPLIT_SECOND);
        asm.load(RCX, RSP, StateBlock.SPLIT_LESS);
        asm.lea(RCX, RCX, NONE, 0, size);
        asm.plain(Assembler.PF3, 0, 0xA4);
        asm.load(RDI, RSP, StateBlock.KEEP_RBX);
        asm.load(RSI, RSP, StateBlock.KEEP_RDX);
        asm.load(RCX, RSP, StateBlock.KEEP_RCX);
    }
}
