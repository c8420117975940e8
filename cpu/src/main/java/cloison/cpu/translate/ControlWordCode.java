package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.RCX;
import static cloison.cpu.translate.Assembler.RSP;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.decode.X87Op;

/// Translates what loads MXCSR and FCW, which the guest shares with emitted code.
///
/// What is loaded is a copy: it is checked first, and another processor may change memory at any time. To the
/// interpreter are left bits of MXCSR that no processor of the guest's has, be they the host's, for the fault; and an
/// FCW that does not mask all exceptions, for which there is other code.
///
/// **Owner:** the thread that translates.
final class ControlWordCode {
    private final BlockTranslator block;
    private final AccessCode access;
    private final Assembler asm;

    ControlWordCode(BlockTranslator block, AccessCode access, Assembler asm) {
        this.block = block;
        this.access = access;
        this.asm = asm;
    }

    /// {@return whether it is an instruction that is translated here}
    static boolean has(Instruction instruction) {
        return instruction.op() == VectorOp.LDMXCSR
                || instruction.op() == AvxOp.VLDMXCSR
                || instruction.op() == X87Op.FLDCW;
    }

    void translate(int i, Instruction instruction) {
        boolean x87 = instruction.op() == X87Op.FLDCW;
        access.operand(i, instruction, block.windows().operand(i), x87 ? 2 : 4, false);
        asm.store(RSP, StateBlock.KEEP_RCX, RCX);
        if (x87) {
            // MOVZX; what is not masked: NOT, PEXT
            access.operation(0, 1, 0xB7, RCX);
            asm.store(RSP, StateBlock.VALUE, RCX);
            asm.register(0, 0, 0xF7, 2, RCX);
            asm.extract(RCX, RCX, RSP, StateBlock.X87_MASKS);
        } else {
            access.operation(0, 0, 0x8B, RCX);
            asm.store(RSP, StateBlock.VALUE, RCX);
            // MOVZX of the upper half
            asm.memory(0, 1, 0xB7, RCX, RSP, NONE, 0, StateBlock.VALUE + 2);
        }
        int good = asm.jumpIfRcxZero();
        asm.load(RCX, RSP, StateBlock.KEEP_RCX);
        block.stubs().leaveTo(block.taking(i, instruction));
        asm.hereShort(good);
        asm.load(RCX, RSP, StateBlock.KEEP_RCX);
        if (x87) {
            // FLDCW
            asm.memory(0, 0, 0xD9, 5, RSP, NONE, 0, StateBlock.VALUE);
        } else {
            // LDMXCSR
            asm.memory(0, 1, 0xAE, 2, RSP, NONE, 0, StateBlock.VALUE);
        }
    }
}
