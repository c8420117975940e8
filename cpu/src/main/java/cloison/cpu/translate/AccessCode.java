package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.R14;
import static cloison.cpu.translate.Assembler.R15;
import static cloison.cpu.translate.Assembler.RCX;
import static cloison.cpu.translate.Assembler.RSP;
import static cloison.cpu.translate.Assembler.W;
import static cloison.cpu.translate.BlockTranslator.host;
import static cloison.cpu.translate.BlockTranslator.resident;
import static cloison.cpu.translate.BlockTranslator.slot;

import cloison.cpu.decode.Instruction;
import cloison.cpu.state.CpuState;
import cloison.cpu.translate.Windows.Window;
import cloison.machine.processor.ProcessorState;
import org.jspecify.annotations.Nullable;

/// Translates accesses to memory: computes addresses, checks them, and says where in the host's memory the operand is.
///
/// User code of a [hot page][TranslatedPage] is checked against a [slot][Slots] of each access, unless the access was
/// seen to wander over many pages; other code against the translations themselves. Both is done for one access alone or
/// for the leader of a [window][Windows].
///
/// What an access of a window left in R14 and R15 serves the next one of that window, if nothing in between uses them:
/// the host address of the lowest byte in R15, or the slot's addend in R14 and perhaps a linear address in R15.
///
/// **Owner:** the thread that translates.
final class AccessCode {
    private static final int ABOVE = 7;
    private static final int EQUAL = 4;

    private final BlockTranslator block;
    private final StateBlock state;
    private final Assembler asm;
    private final CodeCache cache;
    private final int entries;

    // where the operand of the last access is: base + index + displacement, of host registers
    int base;
    int index;
    int displacement;

    /// Words of the state block that the block uses for windows.
    private int words;

    // what R14 and R15 have from the access before
    private @Nullable Window held;
    /// Whether R15 has the linear address of the held window's lowest byte less `heldBelow`.
    private boolean heldLinear;
    private int heldBelow;

    /// @param entries translations of each kind
    AccessCode(BlockTranslator block, StateBlock state, Assembler asm, CodeCache cache, int entries) {
        this.block = block;
        this.state = state;
        this.asm = asm;
        this.cache = cache;
        this.entries = entries;
    }

    /// Starts with a new block.
    void clear() {
        words = 0;
        forget();
    }

    /// R14 and R15 are used for something else.
    void forget() {
        held = null;
    }

    /// Emits an operation whose ModRM.rm is the operand of the last access.
    void operation(int prefixes, int map, int opcode, int reg) {
        asm.memory(prefixes, map, opcode, reg, base, index, 0, displacement);
    }

    /// Puts the host address of the last access into R15.
    void toR15() {
        forget();
        if (base != R15 || index != NONE || displacement != 0) {
            asm.lea(R15, base, index, 0, displacement);
        }
        at(R15, NONE, 0);
    }

    private void at(int newBase, int newIndex, int newDisplacement) {
        base = newBase;
        index = newIndex;
        displacement = newDisplacement;
    }

    // ---- addresses

    /// Computes the memory operand's offset into R15 and leaves the flags as they are.
    void offset(Instruction instruction) {
        int width = instruction.addressSize == 8 ? W : 0;
        long constant = instruction.displacement;
        if (instruction.base == CpuState.ZERO && instruction.index == CpuState.ZERO) {
            asm.constant(R15, instruction.addressSize == 8 ? constant : constant & 0xFFFF_FFFFL);
            return;
        }
        if (constant != (int) constant) {
            throw new IllegalStateException("displacement of " + instruction.row);
        }
        offset(width, instruction.base, instruction.index, instruction.scale, (int) constant);
    }

    private void offset(int width, int guestBase, int guestIndex, int scale, int constant) {
        int hostIndex = NONE;
        if (guestIndex != CpuState.ZERO) {
            hostIndex = resident(guestIndex) ? R14 : host(guestIndex);
            if (hostIndex == R14) {
                asm.load(R14, RSP, slot(guestIndex));
            }
        }
        if (guestBase == CpuState.ZERO) {
            asm.baseless(width, 0, 0x8D, R15, hostIndex, scale, constant);
            return;
        }
        int hostBase = host(guestBase);
        if (resident(guestBase)) {
            asm.load(R15, RSP, slot(guestBase));
            hostBase = R15;
        }
        if (hostBase != R15 || hostIndex != NONE || constant != 0 || width == 0) {
            asm.memory(width, 0, 0x8D, R15, hostBase, hostIndex, scale, constant);
        }
    }

    /// Computes the memory operand's offset, of `size` bytes, into a host's register, if all it needs is in others.
    boolean directAddress(Instruction instruction, int size, int to) {
        int guestBase = instruction.base;
        int guestIndex = instruction.index;
        if (guestBase == CpuState.ZERO
                || resident(guestBase)
                || guestIndex != CpuState.ZERO && resident(guestIndex)
                || instruction.displacement != (int) instruction.displacement) {
            return false;
        }
        int wide = size == 2 ? Assembler.P66 : size == 8 && instruction.addressSize == 8 ? W : 0;
        int hostIndex = guestIndex == CpuState.ZERO ? NONE : host(guestIndex);
        asm.memory(wide, 0, 0x8D, to, host(guestBase), hostIndex, instruction.scale, (int) instruction.displacement);
        return true;
    }

    /// Computes the memory operand's linear address into R15.
    void linear(Instruction instruction, boolean flagsLive) {
        offset(instruction);
        int segment = instruction.segment;
        if (segment == ProcessorState.FS || segment == ProcessorState.GS) {
            int from = segment == ProcessorState.FS ? StateBlock.FS_BASE : StateBlock.GS_BASE;
            if (block.is32()) {
                based32(from, segment == ProcessorState.FS ? StateBlock.FS_BAR : StateBlock.GS_BAR, flagsLive);
            } else if (flagsLive) {
                asm.load(R14, RSP, from);
                asm.lea(R15, R15, R14, 0, 0);
            } else {
                asm.memory(W, 0, 0x03, R15, RSP, NONE, 0, from);
            }
        }
    }

    /// Adds the base of FS or GS, within 32 bits, and then what keeps code from a segment with limits of its own.
    private void based32(int from, int bar, boolean flagsLive) {
        if (flagsLive) {
            asm.load(R14, RSP, from);
            asm.memory(0, 0, 0x8D, R15, R15, R14, 0, 0);
            asm.load(R14, RSP, bar);
            asm.lea(R15, R15, R14, 0, 0);
        } else {
            asm.memory(0, 0, 0x03, R15, RSP, NONE, 0, from);
            asm.memory(W, 0, 0x03, R15, RSP, NONE, 0, bar);
        }
    }

    // ---- accesses

    /// Checks the memory operand of an instruction.
    void operand(int i, Instruction instruction, @Nullable Window window, int size, boolean write) {
        boolean live = block.flagsLiveBefore(i);
        if (window != null) {
            shared(
                    i,
                    window,
                    instruction.base,
                    instruction.displacement,
                    block.windows().operandBeyond(i));
            return;
        }
        forget();
        Site site = block.accessSite(instruction, size, write);
        site.retry = asm.position();
        boolean plain = instruction.segment != ProcessorState.FS && instruction.segment != ProcessorState.GS;
        boolean easy = plain
                && instruction.addressSize == Nature.word(instruction)
                && !live
                && steady(instruction)
                && instruction.index == CpuState.ZERO
                && checkEasy(site, instruction.base, instruction.displacement);
        if (!easy) {
            linear(instruction, live);
            checkAlone(site, live, instruction);
        }
        if (!leads(i)) {
            block.resumes(i, site);
        }
    }

    /// Checks the memory operand of an instruction that has a translation for accesses in two pages too.
    void splitOperand(int i, Instruction instruction, Site site) {
        forget();
        boolean live = block.flagsLiveBefore(i);
        site.retry = asm.position();
        linear(instruction, live);
        checkTranslations(site, live);
        block.resumes(i, site);
    }

    /// The operand is a copy at R15.
    void copy() {
        forget();
        at(R15, NONE, 0);
    }

    /// {@return whether instruction `i`, after its operand, has a window of the stack to lead, without which the block
    /// cannot go on once it was interpreted}
    private boolean leads(int i) {
        Window window = block.windows().stack(i);
        return window != null && window.slot == 0 && window.word == 0;
    }

    /// Checks what a run of instructions from `i` on does to the stack: `site.size` bytes at `from` from the base.
    void stack(int i, Site site, int guestBase, int from) {
        forget();
        site.retry = asm.position();
        boolean live = block.flagsLiveBefore(i);
        if (live || !steady(block.instruction(i)) || !checkEasy(site, guestBase, from)) {
            offset(block.width(), guestBase, CpuState.ZERO, 0, from);
            checkAlone(site, live, block.instruction(i));
        }
    }

    /// The same in a window.
    void stack(int i, Window window, int guestBase, int from) {
        shared(i, window, guestBase, from, block.windows().stackBeyond(i));
    }

    /// Finds an operand by its window, which is checked if that was not done before.
    ///
    /// @param constant the operand's displacement
    /// @param beyond how far the operand is from the window's lowest byte
    private void shared(int i, Window window, int guestBase, long constant, int beyond) {
        if (window.slot == 0 && window.word == 0) {
            lead(i, window, block.flagsLiveBefore(i));
        } else if (window.slot == 0) {
            if (held != window) {
                asm.load(R15, RSP, window.word);
            }
        } else if (held != window) {
            heldLinear = false;
        }
        if (window.slot == 0) {
            at(R15, NONE, beyond);
        } else if (window.index == CpuState.ZERO
                && inRegister(guestBase)
                && !block.is32()
                && constant == (int) constant) {
            addend(window);
            at(host(guestBase), R14, (int) constant);
        } else if (heldLinear) {
            at(R14, R15, heldBelow + beyond);
        } else if (window.index == CpuState.ZERO && guestBase == CpuState.ZERO && near(constant)) {
            addend(window);
            at(R14, NONE, (int) constant);
        } else {
            below(window, guestBase, constant - beyond);
            addend(window);
            at(R14, R15, heldBelow + beyond);
        }
        held = window;
    }

    /// Loads the addend of the window's slot into R14, if it is not there.
    private void addend(Window window) {
        if (held != window) {
            asm.loadAt(R14, window.slot + Slots.ADDEND, cache.next());
            held = window;
        }
    }

    /// Computes the linear address of the window's lowest byte, or one nearby, into R15.
    private void below(Window window, int guestBase, long constant) {
        heldLinear = true;
        heldBelow = 0;
        if (window.index == CpuState.ZERO && guestBase == CpuState.ZERO) {
            asm.constant(R15, block.is32() ? constant & 0xFFFF_FFFFL : constant);
        } else if (window.index == CpuState.ZERO && !block.is32()) {
            asm.load(R15, RSP, slot(guestBase));
            heldBelow = Math.toIntExact(constant);
        } else {
            offset(block.width(), guestBase, window.index, window.scale, Math.toIntExact(constant));
            if (resident(window.index)) {
                // by way of R14
                forget();
            }
        }
    }

    /// {@return whether a displacement of 32 bits, sign-extended, makes an address of a constant}
    private boolean near(long constant) {
        return constant == (int) constant && (constant >= 0 || !block.is32());
    }

    private static boolean inRegister(int guestBase) {
        return guestBase != CpuState.ZERO && !resident(guestBase);
    }

    /// Checks a whole window, and lets R14 and R15 have what it finds.
    private void lead(int i, Window window, boolean live) {
        forget();
        Instruction instruction = block.instruction(i);
        Site site = block.accessSite(instruction, window.span(), window.write);
        site.wide = true;
        site.leaderWrites = window.leaderWrites;
        site.retry = asm.position();
        boolean steady = steady(instruction);
        if (steady && !live && window.index == CpuState.ZERO && checkEasy(site, window.base, window.low())) {
            window.slot = site.slot;
            heldLinear = false;
            held = window;
            return;
        }
        if (window.base == CpuState.ZERO && window.index == CpuState.ZERO) {
            asm.constant(R15, block.is32() ? window.low() & 0xFFFF_FFFFL : window.low());
        } else {
            offset(block.width(), window.base, window.index, window.scale, Math.toIntExact(window.low()));
        }
        if (steady) {
            check(site, live);
            window.slot = site.slot;
            heldLinear = true;
            heldBelow = 0;
            addend(window);
            return;
        }
        checkTranslations(site, live);
        toR15();
        window.word = StateBlock.WINDOWS + 8 * words;
        asm.store(RSP, window.word, R15);
        words++;
    }

    /// {@return whether an access is likely to meet the page that it met the last time}
    private boolean steady(Instruction instruction) {
        return block.hot() && !block.wandering(instruction.address) && !Nature.high(instruction);
    }

    // ---- checks

    /// Lets code go on only if the access at `constant` from a register of the guest lies in the page of its slot; no
    /// flags are live. It leaves R15 as it is, unless it misses.
    ///
    /// @return false, and nothing is emitted, if the address is none of a register of the host and
    ///     a constant, nor a constant nearby with all of the access in one page
    private boolean checkEasy(Site site, int guestBase, long constant) {
        if (!near(constant) || block.is32() && guestBase != CpuState.ZERO) {
            return false;
        }
        if (inRegister(guestBase)) {
            int register = host(guestBase);
            site.slot = cache.slots().allocate();
            asm.lea(R14, register, NONE, 0, (int) constant);
            asm.addAt(R14, site.slot + Slots.TAG, cache.next());
            asm.register(W, 0, 0x81, 7, R14);
            asm.i32(4096 - site.size);
            block.stubs().leaveTo(site, ABOVE, register, constant);
            asm.loadAt(R14, site.slot + Slots.ADDEND, cache.next());
            at(register, R14, (int) constant);
            return true;
        }
        if (guestBase == CpuState.ZERO && (constant & 4095) + site.size <= 4096) {
            // A slot that is filled is filled with the only page there is.
            site.slot = cache.slots().allocate();
            asm.loadAt(R14, site.slot + Slots.ADDEND, cache.next());
            asm.register(W, 0, 0x85, R14, R14);
            block.stubs().leaveTo(site, EQUAL, NONE, constant);
            at(R14, NONE, (int) constant);
            return true;
        }
        return false;
    }

    private void checkAlone(Site site, boolean live, Instruction instruction) {
        if (steady(instruction)) {
            check(site, live);
            asm.loadAt(R14, site.slot + Slots.ADDEND, cache.next());
            at(R14, R15, 0);
        } else {
            checkTranslations(site, live);
        }
    }

    /// Lets code go on only if the access at the linear address in R15 lies in the page of its slot.
    private void check(Site site, boolean live) {
        site.slot = cache.slots().allocate();
        if (!live) {
            asm.loadAt(R14, site.slot + Slots.TAG, cache.next());
            asm.register(W, 0, 0x03, R14, R15);
            asm.register(W, 0, 0x81, 7, R14);
            asm.i32(4096 - site.size);
            block.stubs().leaveTo(site, ABOVE);
            return;
        }
        asm.store(RSP, StateBlock.KEEP_RCX, RCX);
        asm.loadAt(RCX, site.slot + Slots.TAG, cache.next());
        asm.lea(RCX, RCX, R15, 0, 0);
        asm.lea(R14, RCX, NONE, 0, site.size - 1);
        // neither the first nor the last byte may be outside; the sum of two numbers of 52 bits is 0 if both are
        asm.extract(RCX, RCX, RSP, StateBlock.PAGE_MASK);
        asm.extract(R14, R14, RSP, StateBlock.PAGE_MASK);
        asm.lea(RCX, RCX, R14, 0, 0);
        int hit = asm.jumpIfRcxZero();
        asm.load(RCX, RSP, StateBlock.KEEP_RCX);
        block.stubs().leaveTo(site);
        asm.hereShort(hit);
        asm.load(RCX, RSP, StateBlock.KEEP_RCX);
    }

    /// Takes the linear address in R15 and leaves the host address of its page in R14, its offset there in R15.
    void checkTranslations(Site site, boolean live) {
        int tags = StateBlock.TRANSLATIONS + state.mirror().tags(block.kind(), site.write);
        int hosts = StateBlock.TRANSLATIONS + state.mirror().hosts(block.kind());
        if (live) {
            asm.extract(R14, R15, RSP, StateBlock.INDEX_MASK);
            asm.store(RSP, StateBlock.KEEP_RCX, RCX);
            asm.memory(W, 0, 0x8B, RCX, RSP, R14, 3, tags);
            asm.lea(R15, R15, RCX, 0, 0);
            // the page's number selects the tag: an offset below 0 cannot be
            asm.lea(RCX, R15, NONE, 0, site.size - 1);
            asm.extract(RCX, RCX, RSP, StateBlock.PAGE_MASK);
            int hit = asm.jumpIfRcxZero();
            asm.load(RCX, RSP, StateBlock.KEEP_RCX);
            block.stubs().leaveTo(site);
            asm.hereShort(hit);
            asm.load(RCX, RSP, StateBlock.KEEP_RCX);
        } else {
            asm.rotate(R14, R15, 12);
            asm.register(0, 0, 0x81, 4, R14);
            asm.i32(entries - 1);
            asm.memory(W, 0, 0x03, R15, RSP, R14, 3, tags);
            asm.register(W, 0, 0x81, 7, R15);
            asm.i32(4096 - site.size);
            block.stubs().leaveTo(site, ABOVE);
        }
        asm.memory(W, 0, 0x8B, R14, RSP, R14, 3, hosts);
        at(R14, R15, 0);
    }
}
