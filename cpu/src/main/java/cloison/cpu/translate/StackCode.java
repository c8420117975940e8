package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.R13;
import static cloison.cpu.translate.Assembler.R14;
import static cloison.cpu.translate.Assembler.R15;
import static cloison.cpu.translate.Assembler.RSP;
import static cloison.cpu.translate.BlockTranslator.host;
import static cloison.cpu.translate.BlockTranslator.resident;
import static cloison.cpu.translate.BlockTranslator.slot;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.translate.Windows.Window;
import cloison.machine.processor.ProcessorState;
import org.jspecify.annotations.Nullable;

/// Translates PUSH, POP, CALL, RET, LEAVE and PUSHF. Neighbouring pushes, and pops with the return that follows, are a
/// *run*: one access.
///
/// **Owner:** the thread that translates.
final class StackCode {
    /// The most instructions of a run.
    private static final int LONGEST = 16;

    private static final int[] FLAG_WORDS = {
        StateBlock.OTHER_FLAGS, StateBlock.INTERRUPT_FLAG, StateBlock.ACCESS_FLAG, StateBlock.DIRECTION_FLAG
    };

    private final BlockTranslator block;
    private final BlockReader reader;
    private final Windows windows;
    private final AccessCode access;
    private final Assembler asm;

    StackCode(BlockTranslator block, BlockReader reader, Windows windows, AccessCode access, Assembler asm) {
        this.block = block;
        this.reader = reader;
        this.windows = windows;
        this.access = access;
        this.asm = asm;
    }

    // ---- runs

    /// Alone, an access to an aligned stack is never in two pages.
    private static int longest(BlockReader reader) {
        return reader.alone ? 1 : LONGEST;
    }

    private static boolean owns(BlockReader reader, int i, IntegerOp op) {
        return reader.natures[i] == Nature.OWN && reader.instructions[i].op() == op;
    }

    private static boolean isRsp(Operand operand) {
        return operand.kind() == Kind.GPR && operand.number() == ProcessorState.RSP;
    }

    /// {@return whether instruction `i` pushes something that neither is in memory nor is RSP}
    private static boolean simplePush(BlockReader reader, int i) {
        if (!owns(reader, i, IntegerOp.PUSH)) {
            return false;
        }
        Operand operand = reader.instructions[i].operand(0);
        return operand.kind() != Kind.MEMORY && !isRsp(operand);
    }

    private static boolean simplePop(BlockReader reader, int i) {
        return owns(reader, i, IntegerOp.POP) && !isRsp(reader.instructions[i].operand(0));
    }

    /// {@return how many instructions the run of pushes that begins with PUSH `i` has}
    static int pushes(BlockReader reader, int i) {
        int count = 1;
        if (simplePush(reader, i)) {
            while (count < longest(reader) && i + count < reader.count && simplePush(reader, i + count)) {
                count++;
            }
        }
        return count;
    }

    /// {@return how many instructions the run that begins with POP or RET `i` has}
    static int pops(BlockReader reader, int i) {
        int count = 0;
        while (count < longest(reader) && i + count < reader.count && simplePop(reader, i + count)) {
            count++;
        }
        boolean returns = count < longest(reader) && i + count < reader.count && owns(reader, i + count, IntegerOp.RET);
        return returns || count == 0 ? count + 1 : count;
    }

    /// A site for the stack accesses of the run from `i` on.
    private Site site(int i, int count, boolean write) {
        Site site = block.accessSite(reader.instructions[i], reader.word * count, write);
        Site last = site;
        for (int n = 1; n < count; n++) {
            Site next = block.accessSite(reader.instructions[i + n], reader.word, write);
            last.following = next;
            last = next;
        }
        return site;
    }

    /// Checks a run; its lowest byte is at `from` from RSP. {@return where it leaves by itself, if it does}
    private @Nullable Site check(int i, int count, int from, boolean write) {
        Window window = windows.stack(i);
        if (window == null) {
            Site site = site(i, count, write);
            access.stack(i, site, ProcessorState.RSP, from);
            return site;
        }
        access.stack(i, window, ProcessorState.RSP, from);
        return null;
    }

    private void move(int bytes) {
        asm.memory(block.width(), 0, 0x8D, R13, R13, NONE, 0, bytes);
    }

    // ---- instructions

    /// {@return how many instructions were translated}
    int push(int i) {
        Instruction first = reader.instructions[i];
        int count = pushes(reader, i);
        int word = reader.word;
        int width = block.width();
        boolean fromMemory = first.operand(0).kind() == Kind.MEMORY;
        if (fromMemory) {
            access.operand(i, first, windows.operand(i), word, false);
            access.operation(width, 0, 0x8B, R14);
            access.forget();
            asm.store(RSP, StateBlock.VALUE, R14);
        }
        @Nullable Site site = check(i, count, -word * count, true);
        if (count > 1
                || fromMemory
                || first.operand(0).kind() == Kind.GPR
                        && resident(first.operand(0).number())) {
            access.toR15();
        }
        int displacement = access.displacement;
        for (int n = 0; n < count; n++) {
            Instruction each = reader.instructions[i + n];
            Operand operand = each.operand(0);
            access.displacement = displacement + word * (count - 1 - n);
            if (operand.kind() == Kind.IMMEDIATE) {
                access.operation(width, 0, 0xC7, 0);
                asm.i32((int) each.immediate);
            } else if (fromMemory || resident(operand.number())) {
                asm.load(R14, RSP, fromMemory ? StateBlock.VALUE : slot(operand.number()));
                access.operation(width, 0, 0x89, R14);
            } else {
                access.operation(width, 0, 0x89, host(operand.number()));
            }
        }
        move(-word * count);
        block.resumes(i + count - 1, site);
        return count;
    }

    /// One pop or return, or several pops and perhaps a return; {@return how many instructions were translated}
    int pop(int i) {
        int count = pops(reader, i);
        int word = reader.word;
        int width = block.width();
        Instruction last = reader.instructions[i + count - 1];
        boolean returning = last.op() == IntegerOp.RET;
        @Nullable Site site = check(i, count, 0, false);
        if (!returning && isRsp(last.operand(0))) {
            access.operation(width, 0, 0x8B, R13);
            block.resumes(i, site);
            return 1;
        }
        int pops = returning ? count - 1 : count;
        if (count > 1) {
            access.toR15();
        }
        int displacement = access.displacement;
        for (int n = 0; n < pops; n++) {
            int to = reader.instructions[i + n].operand(0).number();
            access.displacement = displacement + word * n;
            if (resident(to)) {
                access.operation(width, 0, 0x8B, R14);
                asm.store(RSP, slot(to), R14);
            } else {
                access.operation(width, 0, 0x8B, host(to));
            }
        }
        if (returning) {
            int more = last.operands.length == 0 ? 0 : (int) last.immediate & 0xFFFF;
            access.displacement = displacement + word * pops;
            access.operation(width, 0, 0x8B, R15);
            move(word * count + more);
            block.jumpIndirect(last, word + more);
        } else {
            move(word * count);
            block.resumes(i + count - 1, site);
        }
        return count;
    }

    void call(int i, Instruction instruction) {
        boolean known = instruction.operand(0).kind() == Kind.RELATIVE;
        if (!known) {
            block.operandToR15(i, instruction, instruction.operand(0));
            asm.store(RSP, StateBlock.VALUE, R15);
        }
        check(i, 1, -reader.word, true);
        long next = instruction.next();
        if (block.is32() || next == (int) next) {
            access.operation(block.width(), 0, 0xC7, 0);
            asm.i32((int) next);
        } else {
            access.toR15();
            asm.constant(R14, next);
            asm.store(R15, 0, R14);
        }
        move(-reader.word);
        if (known) {
            block.jumpTo(instruction);
        } else {
            asm.load(R15, RSP, StateBlock.VALUE);
            block.jumpIndirect(instruction, -reader.word);
        }
    }

    void leave(int i, Instruction instruction) {
        Window window = windows.stack(i);
        if (window == null) {
            Site site = block.accessSite(instruction, reader.word, false);
            access.stack(i, site, ProcessorState.RBP, 0);
            block.resumes(i, site);
        } else {
            access.stack(i, window, ProcessorState.RBP, 0);
        }
        access.operation(block.width(), 0, 0x8B, R14);
        asm.memory(block.width(), 0, 0x8D, R13, ProcessorState.RBP, NONE, 0, reader.word);
        asm.move(ProcessorState.RBP, R14);
    }

    /// PUSHF: the flags are put together without changing them.
    void pushFlags(int i, Instruction instruction) {
        Site site = block.accessSite(instruction, reader.word, true);
        site.retry = asm.position();
        asm.memory(block.width(), 0, 0x8D, R15, R13, NONE, 0, -reader.word);
        access.checkTranslations(site, true);
        access.toR15();
        asm.store(RSP, StateBlock.VALUE, R15);
        flagsToR14();
        asm.load(R15, RSP, StateBlock.VALUE);
        asm.memory(block.width(), 0, 0x89, R14, R15, NONE, 0, 0);
        move(-reader.word);
        block.resumes(i, site);
    }

    /// Puts RFLAGS together in R14, by way of R15.
    void flagsToR14() {
        // PUSHF, POP R14
        asm.u8(0x9C);
        asm.plus(0, 0, 0x58, R14);
        asm.extract(R14, R14, RSP, StateBlock.STATUS_MASK);
        asm.deposit(R14, R14, RSP, StateBlock.STATUS_MASK);
        for (int word : FLAG_WORDS) {
            asm.load(R15, RSP, word);
            asm.lea(R14, R14, R15, 0, 0);
        }
    }
}
