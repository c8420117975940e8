package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.R13;
import static cloison.cpu.translate.Assembler.R14;
import static cloison.cpu.translate.Assembler.R15;
import static cloison.cpu.translate.Assembler.RCX;
import static cloison.cpu.translate.Assembler.RSP;
import static cloison.cpu.translate.Assembler.W;

import cloison.cpu.TranslatorSettings;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.SystemOp;
import cloison.cpu.decode.X87Op;
import cloison.cpu.interpret.Cpu;
import cloison.cpu.mmu.Mirror;
import cloison.cpu.state.Flags;
import org.jspecify.annotations.Nullable;

/// Translates one block: instructions that follow each other in a page, up to a jump that is always taken.
///
/// Conditional jumps inside leave sideways. What happens seldom lies behind the block's end.
///
/// **Owner:** the thread that runs the processor.
final class BlockTranslator {
    private static final int NOT_EQUAL = 5;
    private static final int GUEST_RSP = 4;
    private static final int RSI = 6;

    private final TranslatorSettings settings;
    private final StateBlock state;
    private final CodeCache cache;
    private final Assembler asm = new Assembler();
    private final Encoding encoding = new Encoding();
    private final BlockReader reader;
    private final Stubs stubs;

    // of the block being translated
    private TranslatedBlock block;
    /// The mode at the instruction being translated.
    private int mode;

    private final Windows windows = new Windows(BlockReader.MOST);
    private final AccessCode access;
    private final StackCode stack;
    private final SystemCode system;
    private final StringCode strings;
    private final LaneCode lanes;
    private final ControlWordCode controlWords;
    private final X87Code x87;

    BlockTranslator(Cpu cpu, StateBlock state, CodeCache cache, TranslatorSettings settings) {
        system = new SystemCode(cpu, this, asm);
        strings = new StringCode(this, asm);
        this.state = state;
        this.cache = cache;
        this.settings = settings;
        reader = new BlockReader(cpu, settings.exactFlags());
        stubs = new Stubs(asm, cache);
        access = new AccessCode(this, state, asm, cache, settings.translations());
        stack = new StackCode(this, reader, windows, access, asm);
        lanes = new LaneCode(this, state, access, asm, settings.translations());
        controlWords = new ControlWordCode(this, access, asm);
        x87 = new X87Code(this, reader, access, asm);
        block = new TranslatedBlock(new TranslatedPage(0, 0, 0, 0), 0);
    }

    /// {@return a new block of `page` at `rip`, which is empty if its first instruction must be fetched singly; null if
    /// the page has changed since it was first read}
    ///
    /// @param alone whether every access is to have a check of its own; such a block is not entered into the page
    @Nullable
    TranslatedBlock translate(TranslatedPage page, long rip, boolean alone) {
        reader.read(page, rip);
        if (reader.version != page.version) {
            return null;
        }
        asm.clear();
        stubs.clear();
        block = new TranslatedBlock(page, rip);
        mode = page.mode;
        int count = reader.count;
        if (count == 0) {
            block.crosses = reader.crosses(rip);
            if (block.crosses) {
                page.add(block);
            }
            return block;
        }
        reader.alone = alone || page.narrows(rip);
        windows.find(reader);
        access.clear();
        x87.clear();
        int[] positions = new int[count + 1];
        @Nullable Instruction[] instructions = new Instruction[count];
        int entry = indirectEntry(rip);
        int padding = 0;
        if (page.hot) {
            // What hosts decode at once begins where loops come back to.
            padding = (int) -(cache.next() + entry) & 63;
            asm.clear();
            asm.pad(padding);
            entry = indirectEntry(rip);
        }
        for (int i = 0; i < count; ) {
            int size = emit(i);
            int after = asm.position();
            for (int n = 0; n < size; n++, i++) {
                Instruction instruction = reader.instructions[i];
                instructions[i] = Nature.mayFault(instruction) ? instruction : null;
                positions[i + 1] = after;
            }
            if (i < count || !reader.ended) {
                stubs.resumeHere();
            }
        }
        positions[0] = entry;
        if (!reader.ended) {
            jumpTo(reader.next, Flags.STATUS, false);
        }
        positions[count] = asm.position();
        stubs.emit();
        long base = cache.place(asm.code(), asm.position());
        block.start = base;
        block.indirect = base + padding;
        block.direct = base + entry;
        block.positions = positions;
        block.instructions = instructions;
        if (alone) {
            page.addAlone(block);
        } else {
            page.add(block);
        }
        return block;
    }

    // ---- entries

    /// The target is in R15; goes to the jump's site if it is not `rip`, with the flags as they are: the target that
    /// was meant may need them, even where this block does not. {@return where the block itself begins}
    private int indirectEntry(long rip) {
        asm.move(R14, RCX);
        if (-rip == (int) -rip) {
            asm.lea(RCX, R15, NONE, 0, (int) -rip);
        } else {
            asm.constant(RCX, -rip);
            asm.lea(RCX, RCX, R15, 0, 0);
        }
        int match = asm.jumpIfRcxZero();
        asm.move(RCX, R14);
        stubs.leave();
        asm.hereShort(match);
        asm.move(RCX, R14);
        return asm.position();
    }

    // ---- one instruction

    /// {@return how many instructions were translated}
    private int emit(int i) {
        Instruction instruction = reader.instructions[i];
        switch (reader.natures[i]) {
            case Nature.NOTHING -> {}
            case Nature.NATIVE -> {
                if (X87Code.uses(instruction)) {
                    x87.require(i, instruction);
                }
                encoding.read(reader.bytes, reader.offsets[i], instruction);
                nativeInstruction(i, instruction);
            }
            case Nature.OWN -> {
                if (X87Code.uses(instruction)) {
                    x87.require(i, instruction);
                }
                return own(i, instruction);
            }
            default -> {
                access.forget();
                return interpretRun(i);
            }
        }
        return 1;
    }

    /// Leaves once for interpreted instructions that follow each other; {@return how many there are}
    private int interpretRun(int i) {
        Site first = new Site(Site.Kind.INTERPRET, block, mode, instruction(i).address, instruction(i));
        Site last = first;
        int count = 1;
        while (i + count < reader.count && staysInRun(i + count - 1) && staysInRun(i + count)) {
            Instruction next = instruction(i + count);
            last.following = new Site(Site.Kind.INTERPRET, block, mode, next.address, next);
            last = last.following;
            count++;
        }
        stubs.leaveTo(first);
        resumes(i + count - 1, first);
        return count;
    }

    /// {@return whether an instruction is interpreted and changes nothing that the next one was decoded for}
    private boolean staysInRun(int i) {
        return reader.natures[i] == Nature.INTERPRETED && !(instruction(i).op() instanceof SystemOp);
    }

    void interpret(int i, Instruction instruction) {
        Site site = new Site(Site.Kind.INTERPRET, block, mode, instruction.address, instruction);
        stubs.leaveTo(site);
        resumes(i, site);
    }

    static int host(int guest) {
        return guest == GUEST_RSP ? R13 : guest;
    }

    static boolean resident(int guest) {
        return guest >= R13;
    }

    static int slot(int guest) {
        return StateBlock.REGISTERS + 8 * guest;
    }

    private void nativeInstruction(int i, Instruction instruction) {
        if (instruction.op() == IntegerOp.LEA) {
            loadAddress(instruction);
            return;
        }
        if (instruction.op() instanceof X87Op op) {
            x87.translate(i, instruction, op);
            return;
        }
        if (!encoding.memory) {
            registers(instruction);
            return;
        }
        Operand memory = memoryOperand(instruction);
        boolean writes = Nature.stores(instruction);
        if (reader.splits(instruction.address)) {
            split(i, instruction, memory.size(), writes);
        } else {
            access.operand(i, instruction, windows.operand(i), memory.size(), writes);
            operate(instruction);
        }
    }

    /// The instruction twice: for an access in one page, and, before it, for one in two.
    private void split(int i, Instruction instruction, int size, boolean writes) {
        Site site = accessSite(instruction, size, writes);
        int check = asm.jump();
        site.split = asm.position();
        access.copy();
        operate(instruction);
        if (writes) {
            SplitCode.copyBack(asm, size);
        }
        int done = asm.jump();
        asm.here(check);
        access.splitOperand(i, instruction, site);
        operate(instruction);
        access.forget();
        asm.here(done);
    }

    /// Emits a native instruction with the operand of the last access.
    private void operate(Instruction instruction) {
        if (encoding.high) {
            highByte();
            return;
        }
        boolean scratch = encoding.regGeneral && resident(encoding.reg);
        boolean vexScratch = encoding.vexGeneral && resident(encoding.vexRegister());
        int reg = scratch ? R14 : encoding.regGeneral ? host(encoding.reg) : encoding.reg;
        int prefixes = prefixes(R14);
        if (scratch || vexScratch) {
            access.toR15();
            asm.load(R14, RSP, slot(scratch ? encoding.reg : encoding.vexRegister()));
            access.operation(prefixes, encoding.map, encoding.opcode, reg);
            immediates();
            boolean first = instruction.operand(0).kind() != Kind.MEMORY && Nature.writesFirst(instruction);
            if (scratch && (first || Nature.writesSecond(instruction))) {
                asm.store(RSP, slot(encoding.reg), R14);
            } else if (vexScratch && Nature.writesVex(instruction)) {
                asm.store(RSP, slot(encoding.vexRegister()), R14);
            }
        } else {
            access.operation(prefixes, encoding.map, encoding.opcode, reg);
            immediates();
        }
    }

    /// Between memory and one of AH..BH, with which no REX prefix combines: RSI has the address meanwhile. The host
    /// cannot refuse it, as the page of the access is known.
    private void highByte() {
        access.toR15();
        asm.store(RSP, StateBlock.VALUE, RSI);
        asm.move(RSI, R15);
        asm.memory(encoding.prefixes, encoding.map, encoding.opcode, encoding.reg, RSI, NONE, 0, 0);
        immediates();
        asm.load(RSI, RSP, StateBlock.VALUE);
    }

    /// {@return the prefixes with the host's register in VEX.vvvv, `scratch` if the guest's lives in memory}
    private int prefixes(int scratch) {
        if (!encoding.vexGeneral) {
            return encoding.prefixes;
        }
        int register = encoding.vexRegister();
        return encoding.prefixes(resident(register) ? scratch : host(register));
    }

    private static Operand memoryOperand(Instruction instruction) {
        for (Operand operand : instruction.operands) {
            if (operand.kind() == Kind.MEMORY) {
                return operand;
            }
        }
        throw new IllegalStateException("no memory operand: " + instruction.row);
    }

    private void immediates() {
        asm.bytes(reader.bytes, encoding.immediateStart, encoding.immediateLength);
    }

    private void registers(Instruction instruction) {
        int reg = encoding.reg;
        int rm = encoding.rm;
        boolean regScratch = encoding.regGeneral && resident(reg);
        boolean rmScratch = encoding.rmGeneral && resident(rm);
        if (instruction.op() == IntegerOp.MOV
                && encoding.regGeneral
                && instruction.operand(0).size() == 8
                && rmScratch != regScratch) {
            moveSlot(instruction, reg, rm);
            return;
        }
        boolean vexScratch = encoding.vexGeneral && resident(encoding.vexRegister());
        if (rmScratch || regScratch || vexScratch) {
            access.forget();
        }
        int vex = regScratch ? R15 : R14;
        if (rmScratch) {
            asm.load(R15, RSP, slot(rm));
        }
        if (regScratch) {
            asm.load(R14, RSP, slot(reg));
        }
        if (vexScratch) {
            asm.load(vex, RSP, slot(encoding.vexRegister()));
        }
        int prefixes = prefixes(vex);
        int hostReg = regScratch ? R14 : encoding.regGeneral && !encoding.high ? host(reg) : reg;
        int hostRm = rmScratch ? R15 : encoding.rmGeneral && !encoding.high ? host(rm) : rm;
        if (encoding.modrm) {
            asm.register(prefixes, encoding.map, encoding.opcode, hostReg, hostRm);
        } else if (encoding.plus) {
            asm.plus(encoding.prefixes, encoding.map, encoding.opcode, hostRm);
        } else {
            asm.plain(encoding.prefixes, encoding.map, encoding.opcode);
        }
        immediates();
        boolean first = Nature.writesFirst(instruction);
        boolean second = Nature.writesSecond(instruction);
        if (vexScratch && Nature.writesVex(instruction)) {
            asm.store(RSP, slot(encoding.vexRegister()), vex);
        }
        // in this order, because XADD of a register and itself leaves the sum
        if (regScratch && (second || first && !inRm(instruction, 0))) {
            asm.store(RSP, slot(reg), R14);
        }
        if (rmScratch && (second || first && inRm(instruction, 0))) {
            asm.store(RSP, slot(rm), R15);
        }
    }

    /// MOV between a register and one that lives in memory.
    private void moveSlot(Instruction instruction, int reg, int rm) {
        boolean toRm = inRm(instruction, 0);
        int to = toRm ? rm : reg;
        int from = toRm ? reg : rm;
        if (resident(to)) {
            asm.store(RSP, slot(to), host(from));
        } else {
            asm.load(host(to), RSP, slot(from));
        }
    }

    /// {@return whether an operand is in ModRM.rm or the opcode, not in ModRM.reg}
    private static boolean inRm(Instruction instruction, int operand) {
        return switch (instruction.row.registerCodes().get(operand).source()) {
            case REG_GENERAL, REG_XMM, REG_MMX, VEX_GENERAL, VEX_XMM -> false;
            default -> true;
        };
    }

    // ---- addresses

    private void loadAddress(Instruction instruction) {
        int to = instruction.operand(0).number();
        int size = instruction.operandSize;
        if (!resident(to) && access.directAddress(instruction, size, host(to))) {
            return;
        }
        access.forget();
        access.offset(instruction);
        if (resident(to)) {
            if (size == 2) {
                asm.memory(Assembler.P66, 0, 0x89, R15, RSP, NONE, 0, slot(to));
            } else {
                if (size == 4) {
                    asm.register(0, 0, 0x8B, R15, R15);
                }
                asm.store(RSP, slot(to), R15);
            }
            return;
        }
        asm.register(size == 8 ? W : size == 2 ? Assembler.P66 : 0, 0, 0x8B, host(to), R15);
    }

    // ---- accesses

    Site accessSite(Instruction instruction, int size, boolean write) {
        Site site = new Site(Site.Kind.ACCESS, block, mode, instruction.address, instruction);
        site.size = size;
        site.write = write;
        return site;
    }

    // ---- jumps, calls, returns, stack

    private int own(int i, Instruction instruction) {
        if (instruction.op() instanceof IntegerOp op && op.jump()) {
            conditional(i, instruction, op.condition());
            return 1;
        }
        access.forget();
        int count = 1;
        if (instruction.op() instanceof IntegerOp op) {
            count = own(i, instruction, op);
        } else if (!(instruction.op() instanceof SystemOp)) {
            vector(i, instruction);
        } else if (!system.translate(i, instruction)) {
            interpret(i, instruction);
        }
        access.forget();
        return count;
    }

    private int own(int i, Instruction instruction, IntegerOp op) {
        switch (op) {
            case JMP -> jump(i, instruction);
            case CALL -> stack.call(i, instruction);
            case JRCXZ -> {
                if (is32()) {
                    // of ECX
                    asm.u8(0x67);
                }
                int taken = asm.jumpIfRcxZero();
                int not = asm.jump();
                asm.hereShort(taken);
                jumpTo(instruction.immediate, reader.liveAt(instruction.immediate), backward(instruction));
                asm.here(not);
            }
            case LOOP -> {
                asm.memory(width(), 0, 0x8D, RCX, RCX, NONE, 0, -1);
                int done = asm.jumpIfRcxZero();
                jumpTo(instruction.immediate, reader.liveAt(instruction.immediate), backward(instruction));
                asm.hereShort(done);
            }
            case LEAVE -> stack.leave(i, instruction);
            case PUSHF -> stack.pushFlags(i, instruction);
            case CLD -> set(StateBlock.DIRECTION_FLAG, 0);
            case STD -> set(StateBlock.DIRECTION_FLAG, Flags.DF);
            case BT, BTS, BTR, BTC -> bit(i, instruction);
            case STOS, MOVS -> strings.translate(i, instruction);
            case PUSH -> {
                return stack.push(i);
            }
            default -> {
                return stack.pop(i);
            }
        }
        return 1;
    }

    private void vector(int i, Instruction instruction) {
        if (ControlWordCode.has(instruction)) {
            controlWords.translate(i, instruction);
        } else {
            encoding.read(reader.bytes, reader.offsets[i], instruction);
            lanes.translate(i, instruction, encoding);
        }
    }

    private static boolean backward(Instruction instruction) {
        return Long.compareUnsigned(instruction.immediate, instruction.address) <= 0;
    }

    private void conditional(int i, Instruction instruction, int condition) {
        long target = instruction.immediate;
        int live = reader.liveAt(target);
        if (!backward(instruction) && linkable(target)) {
            Site site = new Site(Site.Kind.LINK, block, mode, target, null);
            stubs.link(site, asm.jump(condition));
            return;
        }
        int not = asm.jump(condition ^ 1);
        jumpTo(target, live, backward(instruction));
        asm.here(not);
    }

    /// {@return whether a jump to `target` may be linked for good: what the target's page means is known to be so}
    private boolean linkable(long target) {
        return kind() != Mirror.USER || (target ^ block.page.linear) >>> 12 == 0 && !reader.crosses(target);
    }

    /// Jumps to a target that is known.
    private void jumpTo(long target, int live, boolean backward) {
        if (backward) {
            Site attention = new Site(Site.Kind.ATTENTION, block, mode, target, null);
            if (live == 0) {
                asm.memory(0, 0, 0x83, 7, RSP, NONE, 0, StateBlock.ATTENTION);
                asm.u8(0);
                stubs.leaveTo(attention, NOT_EQUAL);
            } else {
                asm.store(RSP, StateBlock.KEEP_RCX, RCX);
                asm.memory(0, 0, 0x8B, RCX, RSP, NONE, 0, StateBlock.ATTENTION);
                int none = asm.jumpIfRcxZero();
                asm.load(RCX, RSP, StateBlock.KEEP_RCX);
                stubs.leaveTo(attention);
                asm.hereShort(none);
                asm.load(RCX, RSP, StateBlock.KEEP_RCX);
            }
        }
        if (linkable(target)) {
            stubs.link(new Site(Site.Kind.LINK, block, mode, target, null), asm.jump());
        } else {
            Site site = new Site(Site.Kind.INDIRECT, block, mode, reader.lastAddress(), null);
            asm.constant(R15, target);
            asm.storeInt(RSP, StateBlock.SITE, cache.add(site));
            asm.jumpThrough(RSP, NONE, 0, state.jumpEntry(mode, target));
        }
    }

    /// Jumps to the target in R15.
    void jumpIndirect(Instruction instruction, int popped) {
        Site site = new Site(Site.Kind.INDIRECT, block, mode, instruction.address, instruction);
        site.popped = popped;
        asm.storeInt(RSP, StateBlock.SITE, cache.add(site));
        asm.extract(R14, R15, RSP, StateBlock.JUMP_MASK);
        asm.jumpThrough(RSP, R14, 3, state.jumpSet(mode));
    }

    /// Loads a register or memory operand into R15.
    void operandToR15(int i, Instruction instruction, Operand operand) {
        if (operand.kind() == Kind.MEMORY) {
            access.operand(i, instruction, windows.operand(i), reader.word, false);
            access.operation(width(), 0, 0x8B, R15);
            access.forget();
        } else if (resident(operand.number())) {
            asm.load(R15, RSP, slot(operand.number()));
        } else {
            asm.register(width(), 0, 0x8B, R15, host(operand.number()));
        }
    }

    private void jump(int i, Instruction instruction) {
        Operand operand = instruction.operand(0);
        if (operand.kind() == Kind.RELATIVE) {
            jumpTo(instruction);
        } else {
            operandToR15(i, instruction, operand);
            jumpIndirect(instruction, 0);
        }
    }

    /// Jumps to an instruction's operand.
    void jumpTo(Instruction instruction) {
        jumpTo(instruction.immediate, reader.liveAt(instruction.immediate), backward(instruction));
    }

    /// Stores a constant into a word of the state block.
    void set(int word, int value) {
        asm.memory(W, 0, 0xC7, 0, RSP, NONE, 0, word);
        asm.i32(value);
    }

    /// BT, BTS, BTR and BTC of a bit that a register counts from the start of the memory operand.
    private void bit(int i, Instruction instruction) {
        int size = instruction.operandSize;
        int number = instruction.operand(1).number();
        Site site = accessSite(instruction, size, instruction.op() != IntegerOp.BT);
        site.retry = asm.position();
        registerToR14(number);
        if (size == 4) {
            // MOVSXD
            asm.register(W, 0, 0x63, R14, R14);
        }
        asm.constant(R15, size == 4 ? 5 : 6);
        asm.shiftRight(R14, R14, R15);
        asm.store(RSP, StateBlock.VALUE, R14);
        boolean live = reader.liveBefore[i] != 0;
        access.linear(instruction, live);
        asm.load(R14, RSP, StateBlock.VALUE);
        asm.memory(width(), 0, 0x8D, R15, R15, R14, size == 4 ? 2 : 3, 0);
        access.checkTranslations(site, live);
        asm.lea(R15, R14, R15, 0, 0);
        registerToR14(number);
        asm.store(RSP, StateBlock.VALUE, R14);
        asm.constant(R14, 8L * size - 1);
        asm.store(RSP, StateBlock.SECOND, R14);
        asm.load(R14, RSP, StateBlock.VALUE);
        asm.extract(R14, R14, RSP, StateBlock.SECOND);
        encoding.read(reader.bytes, reader.offsets[i], instruction);
        asm.memory(encoding.prefixes, encoding.map, encoding.opcode, R14, R15, NONE, 0, 0);
        stubs.resumes(site);
    }

    private void registerToR14(int guest) {
        if (resident(guest)) {
            asm.load(R14, RSP, slot(guest));
        } else {
            asm.move(R14, host(guest));
        }
    }

    // ---- for the other translators

    /// {@return a new site that asks for the x87 registers}
    Site x87Site(Instruction instruction) {
        block.x87 = true;
        return new Site(Site.Kind.X87, block, mode, instruction.address, instruction);
    }

    int kind() {
        return Mode.kind(mode);
    }

    int mode() {
        return mode;
    }

    /// {@return whether it is 32-bit code}
    boolean is32() {
        return reader.word == 4;
    }

    /// {@return the prefix of what is as wide as an address}
    int width() {
        return is32() ? 0 : W;
    }

    /// From here on the block's code runs with another kind of translation.
    void kind(int kind) {
        mode = Mode.wide(mode, kind);
    }

    Instruction instruction(int i) {
        return reader.instructions[i];
    }

    /// {@return whether the block is user code that is executed much}
    boolean hot() {
        return block.page.hot;
    }

    boolean wandering(long rip) {
        return reader.wandering(rip);
    }

    /// Lets a site, once its instruction was interpreted, go on after instruction `i`, if the block does.
    void resumes(int i, @Nullable Site site) {
        if (site != null && !(i == reader.count - 1 && reader.ended)) {
            stubs.resumes(site);
        }
    }

    boolean flagsLiveBefore(int i) {
        return reader.liveBefore[i] != 0;
    }

    Windows windows() {
        return windows;
    }

    AccessCode access() {
        return access;
    }

    SystemCode system() {
        return system;
    }

    StackCode stack() {
        return stack;
    }

    TranslatorSettings settings() {
        return settings;
    }

    Stubs stubs() {
        return stubs;
    }

    StateBlock state() {
        return state;
    }

    /// {@return a new site at which the interpreter takes over an instruction, and after which the block goes on}
    Site taking(int i, Instruction instruction) {
        return taking(Site.Kind.INTERPRET, i, instruction);
    }

    /// {@return a new site of a kind, after which the block goes on}
    Site taking(Site.Kind kind, int i, Instruction instruction) {
        Site site = new Site(kind, block, mode, instruction.address, instruction);
        resumes(i, site);
        return site;
    }

    /// Jumps to the target in R15, in code of another mode.
    void jumpIndirect(Instruction instruction, int popped, int otherMode) {
        int before = mode;
        mode = otherMode;
        jumpIndirect(instruction, popped);
        mode = before;
    }
}
