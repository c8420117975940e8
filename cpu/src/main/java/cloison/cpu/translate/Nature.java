package cloison.cpu.translate;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.SystemOp;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.decode.X87Op;
import cloison.cpu.state.Flags;
import cloison.machine.processor.ProcessorState;
import java.util.EnumSet;
import java.util.Set;

/// What kind of translation an instruction gets, and what it does to the status flags.
final class Nature {
    /// Emitted again with its registers renamed.
    static final int NATIVE = 0;
    /// Interpreted.
    static final int INTERPRETED = 1;
    /// A jump, call or return, or something that moves RSP: has a translation of its own.
    static final int OWN = 2;
    /// Does nothing.
    static final int NOTHING = 3;

    private static final Set<IntegerOp> INTERPRETED_INTEGER = EnumSet.of(
            IntegerOp.DAA,
            IntegerOp.DAS,
            IntegerOp.AAA,
            IntegerOp.AAS,
            IntegerOp.AAM,
            IntegerOp.AAD,
            IntegerOp.XLAT,
            IntegerOp.SALC,
            IntegerOp.PUSHA,
            IntegerOp.POPA,
            IntegerOp.POPF,
            IntegerOp.ENTER,
            IntegerOp.CMPS,
            IntegerOp.LODS,
            IntegerOp.SCAS,
            IntegerOp.LOOPNE,
            IntegerOp.LOOPE,
            IntegerOp.CLFLUSH,
            IntegerOp.PAUSE,
            IntegerOp.RDRAND,
            IntegerOp.RDSEED,
            IntegerOp.BOUND,
            IntegerOp.UD2,
            IntegerOp.UD1,
            IntegerOp.UD0);

    private Nature() {}

    /// @param mode as [Mode] numbers them
    /// @param avx whether AVX instructions may run, where vector instructions may
    static int of(Instruction i, int mode, boolean avx) {
        if (i.mode == 16 || i.mode == 32 && unusual(i)) {
            return INTERPRETED;
        }
        return switch (i.op()) {
            case IntegerOp op -> integer(op, i);
            case SystemOp op -> system(op, i);
            case VectorOp _ -> Mode.vectors(mode) && (Mode.x87(mode) || !X87Code.uses(i)) ? vector(i) : INTERPRETED;
            case AvxOp _ -> Mode.vectors(mode) && avx ? vector(i) : INTERPRETED;
            case X87Op op -> Mode.x87(mode) ? X87Code.nature(op) : INTERPRETED;
            default -> INTERPRETED;
        };
    }

    private static int vector(Instruction i) {
        if (LaneCode.has(i)) {
            return LaneCode.suits(i) ? OWN : INTERPRETED;
        }
        return ControlWordCode.has(i) ? OWN : savesState(i) ? INTERPRETED : NATIVE;
    }

    /// {@return whether 32-bit code needs the interpreter: 16-bit addresses, what clears all vector registers,
    /// and accesses through CS, which may be such as must not be written or read}
    private static boolean unusual(Instruction i) {
        if (i.addressSize == 2 || i.op() == AvxOp.VZEROUPPER || i.op() == AvxOp.VZEROALL) {
            return true;
        }
        if (i.segment == ProcessorState.CS && i.op() != IntegerOp.NOP) {
            for (Operand operand : i.operands) {
                if (operand.kind() == Kind.MEMORY && operand.size() != 0 || operand.kind() == Kind.STRING_SOURCE) {
                    return true;
                }
            }
        }
        return false;
    }

    /// {@return bytes of an address, and of what pushes and calls store}
    static int word(Instruction i) {
        return i.mode == 64 ? 8 : 4;
    }

    private static int integer(IntegerOp op, Instruction i) {
        int word = word(i);
        if (op.jump()) {
            return i.operandSize == word ? OWN : INTERPRETED;
        }
        return switch (op) {
            case NOP -> NOTHING;
            case JMP, CALL, RET, LEAVE, PUSH, PUSHF -> i.operandSize == word ? OWN : INTERPRETED;
            case LOOP, JRCXZ -> i.addressSize == word && i.operandSize == word ? OWN : INTERPRETED;
            case POP -> i.operandSize == word && i.operand(0).kind() == Kind.GPR ? OWN : INTERPRETED;
            case CLD, STD -> OWN;
            // with a register, the bit may be far from the operand
            case BT, BTS, BTR, BTC ->
                i.operand(0).kind() != Kind.MEMORY || i.operand(1).kind() != Kind.GPR
                        ? NATIVE
                        : i.operandSize == 2 || i.addressSize != word || word == 4 && based(i) ? INTERPRETED : OWN;
            case STOS, MOVS -> i.repeat == 0xF3 && i.addressSize == word && !based(i) ? OWN : INTERPRETED;
            default -> INTERPRETED_INTEGER.contains(op) ? INTERPRETED : NATIVE;
        };
    }

    private static boolean based(Instruction i) {
        return i.segment == ProcessorState.FS || i.segment == ProcessorState.GS;
    }

    private static int system(SystemOp op, Instruction i) {
        return switch (op) {
            case CLI, STI, SWAPGS, CLAC, STAC, RDTSC, RDTSCP -> OWN;
            case SYSCALL -> i.mode == 64 ? OWN : INTERPRETED;
            case SYSRET, IRET -> i.operandSize == 8 ? OWN : INTERPRETED;
            // a segment register to a register
            case MOV ->
                i.row.form().opcode() == 0x8C && i.operand(0).kind() == Kind.GPR && i.operandSize != 2
                        ? OWN
                        : INTERPRETED;
            default -> INTERPRETED;
        };
    }

    /// {@return whether a block ends with it}
    static boolean ends(Instruction i, int nature) {
        if (nature != OWN) {
            return i.row.ends();
        }
        if (i.op() instanceof IntegerOp op) {
            return op == IntegerOp.JMP || op == IntegerOp.CALL || op == IntegerOp.RET;
        }
        return i.op() == SystemOp.SYSCALL || i.op() == SystemOp.SYSRET || i.op() == SystemOp.IRET;
    }

    /// {@return whether it may jump to its operand}
    static boolean branches(Instruction i, int nature) {
        return nature == OWN
                && i.op() instanceof IntegerOp
                && i.row.ends()
                && i.operands.length > 0
                && i.operand(0).kind() == Kind.RELATIVE;
    }

    /// {@return whether it has memory of a size that only the operation knows: it saves or loads state}
    private static boolean savesState(Instruction i) {
        for (Operand operand : i.operands) {
            if (operand.kind() == Kind.MEMORY && operand.size() == 0) {
                return true;
            }
        }
        return false;
    }

    /// {@return whether one of AH, CH, DH and BH is an operand}
    static boolean high(Instruction i) {
        for (Operand operand : i.operands) {
            if (operand.kind() == Kind.GPR_HIGH) {
                return true;
            }
        }
        return false;
    }

    /// {@return whether the host's processor may refuse an instruction that was emitted for it}
    static boolean mayFault(Instruction i) {
        if (!(i.op() instanceof IntegerOp op)) {
            return true;
        }
        return switch (op) {
            case DIV, IDIV, MOVS, STOS, PUSH, POP, CALL, RET, LEAVE -> true;
            default -> {
                for (Operand operand : i.operands) {
                    if (operand.kind() == Kind.MEMORY) {
                        yield true;
                    }
                }
                yield false;
            }
        };
    }

    /// {@return whether a native instruction stores to its memory operand}
    static boolean stores(Instruction i) {
        return i.operands.length > 0 && i.operand(0).kind() == Kind.MEMORY && writesFirst(i);
    }

    /// {@return whether a native instruction writes its first operand}
    static boolean writesFirst(Instruction i) {
        return switch (i.op()) {
            case X87Op op -> X87Code.stores(op);
            case IntegerOp op ->
                switch (op) {
                    case CMP, TEST, BT, MUL, DIV, IDIV -> false;
                    case IMUL -> i.operands.length > 1;
                    default -> true;
                };
            default -> true;
        };
    }

    /// {@return whether a native instruction writes its second operand too}
    static boolean writesSecond(Instruction i) {
        return i.op() == IntegerOp.XCHG || i.op() == IntegerOp.XADD;
    }

    /// {@return whether a native instruction writes a general register in VEX.vvvv}
    static boolean writesVex(Instruction i) {
        return i.op() instanceof IntegerOp op
                && switch (op) {
                    case BLSR, BLSMSK, BLSI, MULX -> true;
                    default -> false;
                };
    }

    /// {@return status flags whose value before the instruction matters to it}
    static int reads(Instruction i, int nature) {
        if (nature == INTERPRETED
                || i.op() == IntegerOp.PUSHF
                || i.op() == SystemOp.SYSCALL
                || i.op() == SystemOp.SYSRET
                || i.op() == SystemOp.IRET) {
            return Flags.STATUS;
        }
        return i.row.flagsRead() | conditional(i);
    }

    /// {@return status flags whose value before the instruction is lost after it}
    static int kills(Instruction i, int nature) {
        if (nature == INTERPRETED) {
            return 0;
        }
        return i.row.flagsWritten() & ~conditional(i);
    }

    /// {@return flags that it writes or leaves, depending on a count}
    private static int conditional(Instruction i) {
        if (!(i.op() instanceof IntegerOp op)) {
            return 0;
        }
        return switch (op) {
            case ROL, ROR, RCL, RCR, SHL, SHR, SAR -> counted(i, 1);
            case SHLD, SHRD -> counted(i, 2);
            default -> 0;
        };
    }

    private static int counted(Instruction i, int operand) {
        Operand count = i.operand(operand);
        boolean never = count.kind() == Kind.CONSTANT
                || count.kind() == Kind.IMMEDIATE
                        && (i.immediate & (i.operand(0).size() == 8 ? 63 : 31)) != 0;
        return never ? 0 : i.row.flagsWritten();
    }
}
