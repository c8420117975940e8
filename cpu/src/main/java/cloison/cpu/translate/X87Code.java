package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.RCX;
import static cloison.cpu.translate.Assembler.RSP;
import static cloison.cpu.translate.Assembler.W;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.decode.X87Op;
import org.jspecify.annotations.Nullable;

/// Translates x87 instructions, and brings the guest's x87 registers, which are the MMX registers too, to the host's
/// processor before the first instruction of a block that needs them.
///
/// Such code exists only for guests that mask all x87 exceptions ([Mode#X87LESS]): nothing is ever pending,
/// so that neither an instruction here nor one of the JVM's can be refused for it.
///
/// The host's instruction pointer is not the guest's. Every instruction that leaves its address in FIP stores it to
/// [StateBlock#X87_POINTER]; FOP and FDP change with unmasked exceptions only.
///
/// **Owner:** the thread that translates.
final class X87Code {
    private static final int NOT_EQUAL = 5;

    private final BlockTranslator block;
    private final BlockReader reader;
    private final AccessCode access;
    private final Assembler asm;

    /// Whether the registers are there, at this place of the block.
    private boolean present;

    X87Code(BlockTranslator block, BlockReader reader, AccessCode access, Assembler asm) {
        this.block = block;
        this.reader = reader;
        this.access = access;
        this.asm = asm;
    }

    // ---- what there is

    /// {@return what kind of translation an x87 instruction gets while all exceptions are masked}
    static int nature(X87Op op) {
        return switch (op) {
            // there is nothing to wait for
            case FWAIT, FNENI, FNDISI, FNSETPM -> Nature.NOTHING;
            case FLDCW -> Nature.OWN;
            // of the pointers, or of all of the state
            case FNINIT, FNSTENV, FLDENV, FNSAVE, FRSTOR -> Nature.INTERPRETED;
            // each maker of processors has another last place
            case F2XM1, FYL2X, FYL2XP1, FPTAN, FPATAN, FSIN, FCOS, FSINCOS -> Nature.INTERPRETED;
            default -> Nature.NATIVE;
        };
    }

    /// {@return whether a native or own translation of the instruction works on x87 or MMX registers}
    static boolean uses(Instruction instruction) {
        if (instruction.op() instanceof X87Op) {
            return true;
        }
        for (Operand operand : instruction.operands) {
            if (operand.kind() == Kind.MMX) {
                return true;
            }
        }
        // the conversions may enter MMX use with a source in memory too (SDM volume 2)
        return instruction.op() == VectorOp.EMMS
                || instruction.op() == VectorOp.CVTPI2PS
                || instruction.op() == VectorOp.CVTPI2PD;
    }

    /// {@return whether an x87 instruction stores to its first operand, memory or AX}
    static boolean stores(X87Op op) {
        return switch (op) {
            case FST, FSTP, FIST, FISTP, FISTTP, FBSTP, FNSTCW, FNSTSW -> true;
            default -> false;
        };
    }

    /// {@return whether an instruction leaves its address in FIP}
    private static boolean points(X87Op op) {
        return switch (op) {
            case FLDCW, FNSTCW, FNSTSW, FNCLEX -> false;
            default -> true;
        };
    }

    // ---- translating

    /// Starts with a new block.
    void clear() {
        present = false;
    }

    /// Lets code go on only if the registers are there; once in a block, as whoever goes on inside it brings them back.
    void require(int i, Instruction instruction) {
        if (present) {
            return;
        }
        present = true;
        access.forget();
        Site site = block.x87Site(instruction);
        if (block.flagsLiveBefore(i)) {
            asm.store(RSP, StateBlock.KEEP_RCX, RCX);
            asm.memory(0, 0, 0x8B, RCX, RSP, NONE, 0, StateBlock.X87);
            int there = asm.jumpIfRcxZero();
            asm.load(RCX, RSP, StateBlock.KEEP_RCX);
            block.stubs().leaveTo(site);
            asm.hereShort(there);
            asm.load(RCX, RSP, StateBlock.KEEP_RCX);
        } else {
            asm.memory(0, 0, 0x83, 7, RSP, NONE, 0, StateBlock.X87);
            asm.u8(0);
            block.stubs().leaveTo(site, NOT_EQUAL);
        }
        site.retry = asm.position();
    }

    void translate(int i, Instruction instruction, X87Op op) {
        int opcode = instruction.row.form().opcode();
        Operand memory = memory(instruction);
        if (memory == null) {
            asm.u8(opcode, instruction.modrm);
        } else {
            access.operand(i, instruction, block.windows().operand(i), memory.size(), stores(op));
            access.operation(0, 0, opcode, instruction.modrm >> 3 & 7);
        }
        if (points(op) && !overtaken(i + 1)) {
            point(instruction.address);
        }
    }

    private static @Nullable Operand memory(Instruction instruction) {
        boolean accesses =
                instruction.operands.length > 0 && instruction.operand(0).kind() == Kind.MEMORY;
        return accesses ? instruction.operand(0) : null;
    }

    /// {@return whether instruction `i` leaves its own address before anybody can look}
    private boolean overtaken(int i) {
        return i < reader.count
                && reader.natures[i] == Nature.NATIVE
                && reader.instructions[i].op() instanceof X87Op op
                && points(op)
                && memory(reader.instructions[i]) == null;
    }

    private void point(long rip) {
        if (rip == (int) rip) {
            asm.memory(W, 0, 0xC7, 0, RSP, NONE, 0, StateBlock.X87_POINTER);
            asm.i32((int) rip);
        } else {
            asm.storeInt(RSP, StateBlock.X87_POINTER, (int) rip);
            asm.storeInt(RSP, StateBlock.X87_POINTER + 4, (int) (rip >>> 32));
        }
    }
}
