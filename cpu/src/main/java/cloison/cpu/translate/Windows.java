package cloison.cpu.translate;

import static cloison.machine.processor.ProcessorState.RAX;
import static cloison.machine.processor.ProcessorState.RBP;
import static cloison.machine.processor.ProcessorState.RCX;
import static cloison.machine.processor.ProcessorState.RDI;
import static cloison.machine.processor.ProcessorState.RDX;
import static cloison.machine.processor.ProcessorState.RSI;
import static cloison.machine.processor.ProcessorState.RSP;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.SystemOp;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.decode.X87Op;
import cloison.cpu.state.CpuState;
import cloison.machine.processor.ProcessorState;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds the accesses of a block that one check can cover.
///
/// They form a *window* if they have the same base and index, which nothing changes in between, and lie within
/// [#SPAN] bytes. What pushes, pops and constants do to RSP is followed, so that a function's accesses to its frame are
/// one window. The first of them, the *leader*, finds out whether the whole window lies in one page that may be
/// accessed; the others then use what it found.
///
/// **Owner:** the thread that translates.
final class Windows {
    /// The most bytes of a window: larger ones would more often lie in two pages.
    private static final int SPAN = 256;

    private static final int LARGEST_OPEN = 8;
    /// Displacements from which the lowest byte of a window has one of 32 bits too.
    private static final long FARTHEST = 1 << 30;

    private static final Set<IntegerOp> WRITES_OPERANDS_ONLY = EnumSet.range(IntegerOp.SETO, IntegerOp.NEG);

    static {
        WRITES_OPERANDS_ONLY.addAll(EnumSet.range(IntegerOp.ROL, IntegerOp.MOVNTI));
        WRITES_OPERANDS_ONLY.addAll(EnumSet.range(IntegerOp.ANDN, IntegerOp.PEXT));
        WRITES_OPERANDS_ONLY.addAll(EnumSet.of(
                IntegerOp.XADD,
                IntegerOp.XCHG,
                IntegerOp.SAHF,
                IntegerOp.CMC,
                IntegerOp.CLC,
                IntegerOp.STC,
                IntegerOp.LFENCE,
                IntegerOp.MFENCE,
                IntegerOp.SFENCE));
    }

    private static final Set<VectorOp> WRITES_MORE =
            EnumSet.of(VectorOp.PCMPESTRI, VectorOp.PCMPISTRI, VectorOp.PCMPESTRM, VectorOp.PCMPISTRM);

    private static final Set<AvxOp> AVX_WRITES_MORE =
            EnumSet.of(AvxOp.VPCMPESTRI, AvxOp.VPCMPISTRI, AvxOp.VPCMPESTRM, AvxOp.VPCMPISTRM);

    /// Accesses that one check covers.
    static final class Window {
        final int base;
        final int index;
        final int scale;
        /// What had been added to RSP when the leader was met.
        private final long origin;
        /// Whether the leader stores.
        final boolean leaderWrites;

        // bytes, counted from base + index as they are at the leader
        private long from;
        private long to;
        /// Whether any of the accesses stores.
        boolean write;
        /// How many accesses there are.
        int members = 1;
        /// Where what the leader finds is kept, once it is translated: its [slot][Slots], or, if that is 0, ...
        long slot;
        /// ... a word of the [StateBlock] with the host address of the lowest byte; or 0 if it was not translated.
        int word;

        private Window(Instruction i, boolean stack, int base, long from, int size, boolean write, long origin) {
            this.base = base;
            this.index = stack ? CpuState.ZERO : i.index;
            this.scale = stack ? 0 : i.scale;
            this.origin = origin;
            this.leaderWrites = write;
            this.from = from;
            this.to = from + size;
            this.write = write;
        }

        /// {@return the displacement of the lowest byte at the leader}
        long low() {
            return from - origin;
        }

        /// {@return how far an access is from the lowest byte}
        int beyond(long at) {
            return (int) (at - from);
        }

        /// {@return bytes from the lowest to the highest}
        int span() {
            return (int) (to - from);
        }

        private boolean constant() {
            return base == CpuState.ZERO && index == CpuState.ZERO;
        }

        private boolean extend(long at, int size, boolean stores) {
            long lower = Math.min(from, at);
            long upper = Math.max(to, at + size);
            if (upper - lower > SPAN || constant() && (lower ^ upper - 1) >>> 12 != 0) {
                return false;
            }
            from = lower;
            to = upper;
            write |= stores;
            members++;
            return true;
        }

        private boolean uses(int register) {
            return base == register || index == register;
        }
    }

    private final @Nullable Window[] operands;
    private final @Nullable Window[] stack;
    // where the accesses are, counted as in their windows
    private final long[] operandAt;
    private final long[] stackAt;
    private final List<Window> open = new ArrayList<>();
    /// Bytes of an address, and of what pushes and calls store.
    private int word = 8;
    /// What was added to RSP since the block began.
    private long moved;
    /// Where the access that joined a window last is.
    private long joined;

    /// @param most the most instructions of a block
    Windows(int most) {
        operands = new Window[most];
        stack = new Window[most];
        operandAt = new long[most];
        stackAt = new long[most];
    }

    /// {@return the window of the memory operand of instruction `i`, if it shares one}
    @Nullable
    Window operand(int i) {
        return shared(operands[i]);
    }

    /// {@return the window of what instruction `i`, or the run that begins with it, does to the stack}
    @Nullable
    Window stack(int i) {
        return shared(stack[i]);
    }

    /// {@return how far the memory operand of instruction `i` is from the lowest byte of its window}
    int operandBeyond(int i) {
        Window window = operands[i];
        return window == null ? 0 : window.beyond(operandAt[i]);
    }

    /// {@return how far what instruction `i` does to the stack is from the lowest byte of its window}
    int stackBeyond(int i) {
        Window window = stack[i];
        return window == null ? 0 : window.beyond(stackAt[i]);
    }

    private static @Nullable Window shared(@Nullable Window window) {
        return window == null || window.members == 1 ? null : window;
    }

    /// Finds the windows of the block that was read.
    void find(BlockReader reader) {
        open.clear();
        moved = 0;
        word = reader.word;
        for (int i = 0; i < reader.count; i++) {
            operands[i] = null;
            stack[i] = null;
        }
        if (reader.alone) {
            return;
        }
        for (int i = 0; i < reader.count; ) {
            Instruction instruction = reader.instructions[i];
            switch (reader.natures[i]) {
                case Nature.NOTHING -> i++;
                case Nature.NATIVE -> {
                    if (!reader.splits(instruction.address)) {
                        operand(i, instruction, Nature.stores(instruction));
                    }
                    written(instruction);
                    i++;
                }
                case Nature.OWN -> i += own(reader, i, instruction);
                default -> {
                    open.clear();
                    i++;
                }
            }
        }
    }

    // ---- accesses

    private void operand(int i, Instruction instruction, boolean write) {
        if (instruction.op() == IntegerOp.LEA) {
            return;
        }
        for (Operand operand : instruction.operands) {
            if (operand.kind() == Kind.MEMORY) {
                if (plain(instruction)) {
                    operands[i] =
                            join(instruction, false, instruction.base, instruction.displacement, operand.size(), write);
                    operandAt[i] = joined;
                }
                return;
            }
        }
    }

    private static boolean plain(Instruction i) {
        boolean flat = i.segment != ProcessorState.FS && i.segment != ProcessorState.GS;
        boolean constant = i.base == CpuState.ZERO && i.index == CpuState.ZERO;
        return flat
                && i.addressSize == Nature.word(i)
                && !Nature.high(i)
                && (constant || Math.abs(i.displacement) < FARTHEST);
    }

    private void stack(BlockReader reader, int i, int base, int displacement, int size, boolean write) {
        stack[i] = join(reader.instructions[i], true, base, displacement, size, write);
        stackAt[i] = joined;
    }

    private Window join(Instruction i, boolean onStack, int base, long displacement, int size, boolean write) {
        long at = base == RSP ? displacement + moved : displacement;
        joined = at;
        int index = onStack ? CpuState.ZERO : i.index;
        int scale = onStack ? 0 : i.scale;
        for (int n = 0; n < open.size(); n++) {
            Window window = open.get(n);
            if (window.base == base && window.index == index && window.scale == scale) {
                if (window.extend(at, size, write)) {
                    return window;
                }
                if (!window.constant()) {
                    open.remove(n);
                    break;
                }
            }
        }
        if (open.size() == LARGEST_OPEN) {
            open.removeFirst();
        }
        Window window = new Window(i, onStack, base, at, size, write, base == RSP ? moved : 0);
        open.add(window);
        return window;
    }

    // ---- what ends windows

    private void changed(int register) {
        for (int n = open.size() - 1; n >= 0; n--) {
            if (open.get(n).uses(register)) {
                open.remove(n);
            }
        }
    }

    private void changed(Operand operand) {
        if (operand.kind() == Kind.GPR || operand.kind() == Kind.GPR_HIGH) {
            changed(operand.number());
        }
    }

    /// Ends the windows that a native instruction's results concern.
    private void written(Instruction instruction) {
        if (constantToRsp(instruction)) {
            return;
        }
        boolean understood = switch (instruction.op()) {
            case VectorOp op -> !WRITES_MORE.contains(op);
            case X87Op _ -> true;
            case AvxOp op -> !AVX_WRITES_MORE.contains(op);
            default -> onlyOperands(instruction);
        };
        if (!understood) {
            open.clear();
            return;
        }
        if (instruction.operands.length > 0 && Nature.writesFirst(instruction)) {
            changed(instruction.operand(0));
        }
        if (Nature.writesSecond(instruction)) {
            changed(instruction.operand(1));
        }
    }

    private boolean onlyOperands(Instruction instruction) {
        if (!(instruction.op() instanceof IntegerOp op)) {
            return false;
        }
        if (WRITES_OPERANDS_ONLY.contains(op) || op == IntegerOp.IMUL && instruction.operands.length > 1) {
            return true;
        }
        return switch (op) {
            case MUL, IMUL, DIV, IDIV, CBW, CWD, CMPXCHG, CMPXCHG8B, CMPXCHG16B, LAHF -> {
                changed(RAX);
                changed(RDX);
                yield true;
            }
            default -> false;
        };
    }

    /// {@return whether the instruction adds a constant to RSP, which is then taken into account}
    private boolean constantToRsp(Instruction instruction) {
        if (instruction.operands.length == 0 || instruction.operandSize != word) {
            return false;
        }
        Operand to = instruction.operand(0);
        if (to.kind() != Kind.GPR || to.number() != RSP) {
            return false;
        }
        boolean constant =
                instruction.operands.length == 2 && instruction.operand(1).kind() == Kind.IMMEDIATE;
        if (instruction.op() == IntegerOp.ADD && constant) {
            moved += instruction.immediate;
            return true;
        }
        if (instruction.op() == IntegerOp.SUB && constant) {
            moved -= instruction.immediate;
            return true;
        }
        if (instruction.op() == IntegerOp.LEA
                && instruction.base == RSP
                && instruction.index == CpuState.ZERO
                && instruction.addressSize == word) {
            moved += instruction.displacement;
            return true;
        }
        return false;
    }

    // ---- instructions with translations of their own

    /// {@return how many instructions belong together}
    private int own(BlockReader reader, int i, Instruction instruction) {
        if (instruction.op() instanceof SystemOp op) {
            if (op == SystemOp.MOV) {
                changed(instruction.operand(0));
            } else {
                open.clear();
            }
            return 1;
        }
        if (!(instruction.op() instanceof IntegerOp op)) {
            if (ControlWordCode.has(instruction)) {
                operand(i, instruction, false);
            }
            return 1;
        }
        if (op.jump()) {
            return 1;
        }
        switch (op) {
            case JRCXZ, CLD, STD, BT, BTS, BTR, BTC -> {}
            case JMP -> operand(i, instruction, false);
            case CALL -> {
                operand(i, instruction, false);
                stack(reader, i, RSP, -word, word, true);
            }
            case LOOP -> changed(RCX);
            case LEAVE -> {
                stack(reader, i, RBP, 0, word, false);
                changed(RBP);
                changed(RSP);
            }
            case PUSHF -> moved -= word;
            case PUSH -> {
                int count = StackCode.pushes(reader, i);
                operand(i, instruction, false);
                stack(reader, i, RSP, -word * count, word * count, true);
                moved -= (long) word * count;
                return count;
            }
            case POP, RET -> {
                int count = StackCode.pops(reader, i);
                stack(reader, i, RSP, 0, word * count, false);
                moved += (long) word * count;
                for (int n = 0; n < count; n++) {
                    Instruction each = reader.instructions[i + n];
                    if (each.op() == IntegerOp.POP) {
                        changed(each.operand(0));
                    }
                }
                return count;
            }
            case STOS, MOVS -> {
                changed(RCX);
                changed(RDI);
                changed(RSI);
            }
            default -> open.clear();
        }
        return 1;
    }
}
