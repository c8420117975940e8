package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.R14;
import static cloison.cpu.translate.Assembler.R15;
import static cloison.cpu.translate.Assembler.RAX;
import static cloison.cpu.translate.Assembler.RSP;
import static cloison.cpu.translate.Assembler.W;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.VectorOp;

/// Translates what reaches lanes of memory that are not an ordinary operand: gathers, MASKMOVQ and MASKMOVDQU.
///
/// A gather is a check and a load for each lane that its mask has; registers change when all are loaded. If one lane
/// has no translation, the interpreter executes the whole, and raises the fault if there is one.
///
/// **Owner:** the thread that translates.
final class LaneCode {
    private static final int RDI = 7;
    private static final int ABOVE = 7;
    private static final int GREATER_OR_EQUAL = 13;
    private static final int MOST_LANES = 8;
    private static final int WHOLE = Assembler.VEX | Assembler.L;

    private final BlockTranslator block;
    private final StateBlock state;
    private final AccessCode access;
    private final Assembler asm;
    private final int entries;
    private final int[] missed = new int[MOST_LANES];

    /// @param entries translations of each kind
    LaneCode(BlockTranslator block, StateBlock state, AccessCode access, Assembler asm, int entries) {
        this.block = block;
        this.state = state;
        this.access = access;
        this.asm = asm;
        this.entries = entries;
    }

    /// {@return whether it is an instruction that is translated here}
    static boolean has(Instruction instruction) {
        return instruction.op() instanceof AvxOp op
                ? gathers(op) || op == AvxOp.VMASKMOVDQU
                : instruction.op() == VectorOp.MASKMOVDQU || instruction.op() == VectorOp.MASKMOVQ;
    }

    private static boolean gathers(AvxOp op) {
        return switch (op) {
            case VPGATHERDD, VPGATHERDQ, VPGATHERQD, VPGATHERQQ, VGATHERDPS, VGATHERDPD, VGATHERQPS, VGATHERQPD -> true;
            default -> false;
        };
    }

    /// {@return whether one of them can be translated: neither with addresses of 32 bits, nor an undefined gather}
    static boolean suits(Instruction instruction) {
        if (instruction.addressSize != 8) {
            return false;
        }
        if (!(instruction.op() instanceof AvxOp op) || !gathers(op)) {
            return true;
        }
        int to = instruction.operand(0).number();
        int indices = instruction.operand(1).number();
        int mask = instruction.operand(2).number();
        return to != indices && to != mask && indices != mask;
    }

    void translate(int i, Instruction instruction, Encoding encoding) {
        if (instruction.op() instanceof AvxOp op && gathers(op)) {
            gather(i, instruction, op);
        } else {
            maskedStore(i, instruction, encoding);
        }
    }

    // ---- gathers

    private void gather(int i, Instruction instruction, AvxOp op) {
        boolean wideLanes = switch (op) {
            case VPGATHERDQ, VPGATHERQQ, VGATHERDPD, VGATHERQPD -> true;
            default -> false;
        };
        boolean wideIndices = switch (op) {
            case VPGATHERQD, VPGATHERQQ, VGATHERQPS, VGATHERQPD -> true;
            default -> false;
        };
        Operand to = instruction.operand(0);
        Operand indices = instruction.operand(1);
        Operand mask = instruction.operand(2);
        int size = wideLanes ? 8 : 4;
        int indexSize = wideIndices ? 8 : 4;
        int lanes = Math.min(to.size() / size, indices.size() / indexSize);
        Site site = block.taking(Site.Kind.GATHER, i, instruction);
        site.size = size;

        move(0x11, to.number(), StateBlock.LANES, WHOLE);
        move(0x11, indices.number(), StateBlock.LANE_INDICES, WHOLE);
        move(0x11, mask.number(), StateBlock.LANE_MASK, WHOLE);
        access.linear(instruction, true);
        asm.store(RSP, StateBlock.VALUE, R15);
        asm.store(RSP, StateBlock.KEEP_RAX, RAX);
        // LAHF; SETO AL
        asm.u8(0x9F);
        asm.register(0, 1, 0x90, 0, RAX);
        asm.memory(0, 0, 0x89, RAX, RSP, NONE, 0, StateBlock.KEEP_FLAGS);
        for (int n = 0; n < lanes; n++) {
            // CMP double word, 0: the sign of the mask's lane
            asm.memory(0, 0, 0x83, 7, RSP, NONE, 0, StateBlock.LANE_MASK + n * size + size - 4);
            asm.u8(0);
            int out = asm.jumpShort(GREATER_OR_EQUAL);
            lane(n, size, indexSize, instruction.scale);
            asm.hereShort(out);
        }
        restore();
        int written = lanes * size;
        if (written == 8) {
            // VMOVQ
            asm.memory(Assembler.VEX | Assembler.PF3, 1, 0x7E, to.number(), RSP, NONE, 0, StateBlock.LANES);
        } else {
            move(0x10, to.number(), StateBlock.LANES, written == 32 ? WHOLE : Assembler.VEX);
        }
        // VXORPS of the mask with itself
        int vvvv = mask.number() << Assembler.VVVV;
        asm.register(Assembler.VEX | vvvv, 1, 0x57, mask.number(), mask.number());
        int done = asm.jump();
        for (int n = 0; n < lanes; n++) {
            asm.here(missed[n]);
        }
        restore();
        block.stubs().leaveTo(site);
        asm.here(done);
    }

    /// VMOVUPS between a register and the state block.
    private void move(int opcode, int register, int displacement, int prefixes) {
        asm.memory(prefixes, 1, opcode, register, RSP, NONE, 0, displacement);
    }

    private void lane(int n, int size, int indexSize, int scale) {
        int tags = StateBlock.TRANSLATIONS + state.mirror().tags(block.kind(), false);
        int hosts = StateBlock.TRANSLATIONS + state.mirror().hosts(block.kind());
        // MOVSXD or MOV
        int wideLoad = indexSize == 8 ? 0x8B : 0x63;
        asm.memory(W, 0, wideLoad, R15, RSP, NONE, 0, StateBlock.LANE_INDICES + n * indexSize);
        asm.load(R14, RSP, StateBlock.VALUE);
        asm.lea(R15, R14, R15, scale, 0);
        asm.rotate(R14, R15, 12);
        asm.register(0, 0, 0x81, 4, R14);
        asm.i32(entries - 1);
        asm.memory(W, 0, 0x03, R15, RSP, R14, 3, tags);
        asm.register(W, 0, 0x81, 7, R15);
        asm.i32(4096 - size);
        missed[n] = asm.jump(ABOVE);
        asm.memory(W, 0, 0x8B, R14, RSP, R14, 3, hosts);
        int wide = size == 8 ? W : 0;
        asm.memory(wide, 0, 0x8B, RAX, R14, R15, 0, 0);
        asm.memory(wide, 0, 0x89, RAX, RSP, NONE, 0, StateBlock.LANES + n * size);
    }

    private void restore() {
        asm.memory(0, 0, 0x8B, RAX, RSP, NONE, 0, StateBlock.KEEP_FLAGS);
        // ADD AL, 127 gives OF; SAHF the others
        asm.u8(0x04, 0x7F);
        asm.u8(0x9E);
        asm.load(RAX, RSP, StateBlock.KEEP_RAX);
    }

    // ---- masked stores

    /// Lets RDI be the host's address while the instruction executes.
    private void maskedStore(int i, Instruction instruction, Encoding encoding) {
        boolean live = block.flagsLiveBefore(i);
        Site site = block.accessSite(instruction, instruction.op() == VectorOp.MASKMOVQ ? 8 : 16, true);
        site.retry = asm.position();
        Instruction destination = new Instruction(instruction.row);
        destination.addressSize = instruction.addressSize;
        destination.segment = instruction.segment;
        destination.base = RDI;
        access.linear(destination, live);
        access.checkTranslations(site, live);
        access.toR15();
        asm.move(R14, RDI);
        asm.move(RDI, R15);
        asm.register(encoding.prefixes, encoding.map, encoding.opcode, encoding.reg, encoding.rm);
        asm.move(RDI, R14);
        block.resumes(i, site);
    }
}
