package cloison.cpu.differential;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.SystemOp;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.decode.X87Op;
import cloison.cpu.state.CpuState;
import cloison.machine.processor.ProcessorState;

/// Which general registers an instruction may change, and through which it addresses memory; rather too many than too
/// few. Masks with a bit for each register.
final class Uses {
    private static final int ALL = 0xFFFF;
    private static final int RAX = 1 << ProcessorState.RAX;
    private static final int RCX = 1 << ProcessorState.RCX;
    private static final int RDX = 1 << ProcessorState.RDX;
    private static final int RBX = 1 << ProcessorState.RBX;
    private static final int RSP = 1 << ProcessorState.RSP;
    private static final int RBP = 1 << ProcessorState.RBP;
    private static final int RSI = 1 << ProcessorState.RSI;
    private static final int RDI = 1 << ProcessorState.RDI;

    private Uses() {}

    /// {@return registers that it may change}
    static int changed(Instruction instruction) {
        int mask = 0;
        for (Operand operand : instruction.operands) {
            switch (operand.kind()) {
                case GPR, GPR_HIGH -> mask |= 1 << operand.number();
                case STRING_SOURCE -> mask |= RSI;
                case STRING_DESTINATION -> mask |= RDI;
                default -> {}
            }
        }
        if (instruction.row.is("rep")) {
            mask |= RCX;
        }
        return mask
                | switch (instruction.op()) {
                    case IntegerOp op -> implicit(op);
                    case SystemOp _ -> instruction.row.ends() ? ALL : RSP;
                    case VectorOp _, AvxOp _ -> RCX | RAX | RDX;
                    case X87Op _ -> RAX;
                };
    }

    private static int implicit(IntegerOp op) {
        return switch (op) {
            case MUL,
                    IMUL,
                    DIV,
                    IDIV,
                    CBW,
                    CWD,
                    DAA,
                    DAS,
                    AAA,
                    AAS,
                    AAM,
                    AAD,
                    CMPXCHG,
                    CMPXCHG8B,
                    CMPXCHG16B,
                    XLAT,
                    SALC,
                    LAHF -> RAX | RDX;
            case LODS -> RAX;
            case PUSH, POP, PUSHA, PUSHF, POPF, CALL, RET -> RSP;
            case POPA -> 0xFF;
            case ENTER, LEAVE -> RSP | RBP;
            case LOOP, LOOPE, LOOPNE -> RCX;
            default -> 0;
        };
    }

    /// {@return registers that take part in its memory addresses}
    static int addressed(Instruction instruction) {
        int mask = bit(instruction.base) | bit(instruction.index);
        for (Operand operand : instruction.operands) {
            switch (operand.kind()) {
                case STRING_SOURCE -> mask |= RSI;
                case STRING_DESTINATION -> mask |= RDI;
                default -> {}
            }
        }
        if (instruction.row.is("rep")) {
            mask |= RCX;
        }
        if (instruction.op() instanceof IntegerOp op) {
            mask |= switch (op) {
                case XLAT -> RBX;
                case ENTER, LEAVE -> RBP;
                case PUSH, POP, PUSHA, POPA, PUSHF, POPF, CALL, RET -> 0; // the stack mostly stays where it is
                default -> 0;
            };
        }
        return mask;
    }

    private static int bit(int register) {
        return register == CpuState.ZERO ? 0 : 1 << register;
    }
}
