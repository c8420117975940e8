package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.RCX;
import static cloison.cpu.translate.Assembler.RSP;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.VectorOp;

/// Translates what loads MXCSR, which the guest shares with emitted code.
///
/// What is loaded is a copy: it is checked first, and another processor may change memory at any time. The
/// interpreter raises the guest's fault if a bit is set that no processor of the guest's has, be it one of the host's.
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
        return instruction.op() == VectorOp.LDMXCSR || instruction.op() == AvxOp.VLDMXCSR;
    }

    void translate(int i, Instruction instruction) {
        access.operand(i, instruction, block.windows().operand(i), 4, false);
        asm.store(RSP, StateBlock.KEEP_RCX, RCX);
        access.operation(0, 0, 0x8B, RCX);
        asm.store(RSP, StateBlock.VALUE, RCX);
        // MOVZX of the upper half
        asm.memory(0, 1, 0xB7, RCX, RSP, NONE, 0, StateBlock.VALUE + 2);
        int good = asm.jumpIfRcxZero();
        asm.load(RCX, RSP, StateBlock.KEEP_RCX);
        block.stubs().leaveTo(block.taking(i, instruction));
        asm.hereShort(good);
        asm.load(RCX, RSP, StateBlock.KEEP_RCX);
        // LDMXCSR
        asm.memory(0, 1, 0xAE, 2, RSP, NONE, 0, StateBlock.VALUE);
    }
}
