package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.R14;
import static cloison.cpu.translate.Assembler.R15;
import static cloison.cpu.translate.Assembler.RCX;
import static cloison.cpu.translate.Assembler.RSP;
import static cloison.cpu.translate.Assembler.W;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;

/// Translates REP STOS and REP MOVS whose operands lie in one page each and go upwards; the interpreter does the
/// others.
///
/// Inside one page the host's instruction does what the guest's would, overlaps included. Registers of 32-bit code
/// whose upper halves are not 0, which is rare, do not lead into a page that is known.
///
/// **Owner:** the thread that translates.
final class StringCode {
    private static final int RSI = 6;
    private static final int RDI = 7;
    private static final int ABOVE = 7;
    private static final int NOT_EQUAL = 5;

    private final BlockTranslator block;
    private final Assembler asm;

    StringCode(BlockTranslator block, Assembler asm) {
        this.block = block;
        this.asm = asm;
    }

    void translate(int i, Instruction instruction) {
        boolean moves = instruction.op() == IntegerOp.MOVS;
        int size = instruction.operand(0).size();
        int shift = Integer.numberOfTrailingZeros(size);
        boolean live = block.flagsLiveBefore(i);
        Site taking = block.taking(i, instruction);
        if (live) {
            // PUSHF, POP to where it stays
            asm.u8(0x9C);
            asm.plus(0, 0, 0x58, R14);
            asm.store(RSP, StateBlock.SECOND, R14);
        }
        asm.memory(W, 0, 0x83, 7, RSP, NONE, 0, StateBlock.DIRECTION_FLAG);
        asm.u8(0);
        leave(taking, live, NOT_EQUAL);
        if (moves) {
            place(RSI, shift, missing(i, instruction, false), taking, live);
            asm.store(RSP, StateBlock.VALUE, R14);
        }
        place(RDI, shift, missing(i, instruction, true), taking, live);
        if (moves) {
            asm.memory(block.width(), 0, 0x8D, R15, RSI, RCX, shift, 0);
            asm.store(RSP, StateBlock.KEEP_RCX, R15);
        }
        asm.memory(block.width(), 0, 0x8D, R15, RDI, RCX, shift, 0);
        asm.move(RDI, R14);
        if (moves) {
            asm.load(RSI, RSP, StateBlock.VALUE);
        }
        int wide = size == 8 ? W : size == 2 ? Assembler.P66 : 0;
        asm.plain(Assembler.PF3 | wide, 0, (moves ? 0xA4 : 0xAA) | (size == 1 ? 0 : 1));
        asm.move(RDI, R15);
        if (moves) {
            asm.load(RSI, RSP, StateBlock.KEEP_RCX);
        }
        if (live) {
            restore();
        }
    }

    /// {@return a site at which emitted code looks for a translation, before the interpreter takes over}
    ///
    /// What is tried again then is one place alone: both may need the same entry.
    private Site missing(int i, Instruction instruction, boolean write) {
        Site site = block.taking(i, instruction);
        site.write = write;
        site.retry = asm.position();
        return site;
    }

    private void restore() {
        asm.memory(0, 0, 0xFF, 6, RSP, NONE, 0, StateBlock.SECOND);
        asm.u8(0x9D);
    }

    /// Leaves to the interpreter on a condition, with the flags as they were.
    private void leave(Site site, boolean live, int condition) {
        if (!live) {
            block.stubs().leaveTo(site, condition);
            return;
        }
        int not = asm.jumpShort(condition ^ 1);
        restore();
        block.stubs().leaveTo(site);
        asm.hereShort(not);
    }

    /// Leaves the host address of the byte at a register in R14, if RCX elements from there are in its page.
    private void place(int register, int shift, Site missing, Site taking, boolean live) {
        StateBlock state = block.state();
        int tags = StateBlock.TRANSLATIONS + state.mirror().tags(block.kind(), missing.write);
        int hosts = StateBlock.TRANSLATIONS + state.mirror().hosts(block.kind());
        asm.move(R15, register);
        asm.rotate(R14, R15, 12);
        asm.register(0, 0, 0x81, 4, R14);
        asm.i32(block.settings().translations() - 1);
        asm.memory(W, 0, 0x03, R15, RSP, R14, 3, tags);
        asm.register(W, 0, 0x81, 7, R15);
        asm.i32(4095);
        leave(missing, live, ABOVE);
        asm.memory(W, 0, 0x8B, R14, RSP, R14, 3, hosts);
        asm.register(W, 0, 0x03, R14, R15);
        // elements left in the page: 4096 - offset >> shift
        asm.register(W, 0, 0xF7, 3, R15);
        asm.register(W, 0, 0x81, 0, R15);
        asm.i32(4096);
        asm.register(W, 0, 0xC1, 5, R15);
        asm.u8(shift);
        asm.register(W, 0, 0x3B, RCX, R15);
        leave(taking, live, ABOVE);
    }
}
