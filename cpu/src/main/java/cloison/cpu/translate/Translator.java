package cloison.cpu.translate;

import static cloison.machine.processor.ProcessorState.RSP;

import cloison.cpu.TranslatorSettings;
import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.SystemOp;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.decode.X87Op;
import cloison.cpu.interpret.Cpu;
import cloison.cpu.interpret.Interpreter;
import cloison.cpu.interpret.QuickCalls;
import cloison.cpu.interpret.Segmentation;
import cloison.cpu.mmu.CodeStore;
import cloison.cpu.mmu.Mirror;
import cloison.cpu.state.Attention;
import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.Exit;
import cloison.machine.processor.HostCode;
import cloison.machine.processor.ProcessorState;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Runs 64-bit code and 32-bit user code of one processor as translated blocks, and serves what they leave for.
///
/// The interpreter around it ([Interpreter]) attends to interrupts, executes single steps, and runs the modes that are
/// not translated. While emitted code runs, general registers, flags and vector registers are in the [StateBlock];
/// everything else is always in the [Cpu].
///
/// **Owner:** the thread that runs the processor.
public final class Translator implements Interpreter.Runner, AutoCloseable {
    /// A slot that was filled 64 times in fewer nanoseconds is not worth having.
    private static final long WANDERING = 10_000;
    /// How often a window may turn out to be in two pages before its block does without windows.
    private static final int NARROWED = 16;

    private final Interpreter interpreter;
    private final Cpu cpu;
    private final HostCode code;
    private final int hotAfter;
    private final StateBlock state;
    private final CodeCache cache;
    private final PageTable pages;
    private final BlockTranslator translator;
    private final List<TranslatedBlock> placed = new ArrayList<>();

    /// Whether the general registers are in the state block.
    private boolean inBlock;

    // what SYSCALL, SYSRET and IRET were translated with
    private long lstar;
    private long star;
    private long fmask;
    private long efer;
    private long gdtBase;
    private int gdtLimit;
    private long smap;
    private boolean avx;

    /// Why code left, counted.
    private final long[] exits = new long[Site.Kind.values().length];

    /// Makes `interpreter` run translated code where it can.
    ///
    /// @param store host address of the guest's memory
    /// @param settings as `interpreter` was made with
    public Translator(Interpreter interpreter, HostCode code, long store, TranslatorSettings settings) {
        this.interpreter = interpreter;
        this.cpu = interpreter.cpu();
        this.code = code;
        hotAfter = settings.hotAfter();
        state = new StateBlock(settings.translations(), store);
        cache = new CodeCache(code, state, settings.translations(), cpu.model.has(CpuFeature.AVX));
        state.nowhere(cache.exit());
        pages = new PageTable(cpu, state, cache);
        translator = new BlockTranslator(cpu, state, cache, settings);
        cpu.mmu.mirror(state.mirror());
        cpu.mmu.refills(state.refills());
        state.mirror().onForget(cache.slots()::forget);
        code.guard(cache.faultExit(), state.address(), StateBlock.FAULT);
        cpu.attention.bell(state::ring, state::still);
        interpreter.runner(this, settings.switchEvery());
    }

    @Override
    public HostCode.Stay stay() {
        return code.stay();
    }

    @Override
    public boolean covers() {
        return (cpu.longMode || Segmentation.flatUser32(cpu)) && cpu.mmu.kind() < Mirror.KINDS;
    }

    @Override
    public Map<String, Long> exits() {
        Map<String, Long> byReason = new LinkedHashMap<>();
        for (Site.Kind kind : Site.Kind.values()) {
            byReason.put(kind.name().toLowerCase(Locale.ROOT), exits[kind.ordinal()]);
        }
        return byReason;
    }

    private int mode() {
        int code = cpu.longMode ? cpu.mmu.kind() : Mode.USER_32;
        if (!vectors()) {
            return code + Mode.VECTORLESS;
        }
        boolean masked = (cpu.x87Control & StateBlock.ALL_MASKED) == StateBlock.ALL_MASKED;
        return code + (masked ? 0 : Mode.X87LESS);
    }

    private boolean vectors() {
        return (cpu.cr0 & (Control.CR0_EM | Control.CR0_TS)) == 0 && (cpu.cr4 & Control.CR4_OSFXSR) != 0;
    }

    @Override
    public @Nullable Exit run() {
        state.loadVector(cpu);
        boolean waits = (cpu.flagRest & Flags.IF) == 0 && cpu.interrupts.pending() || interpreter.nmiBlocked();
        state.set(StateBlock.WAITING, waits ? 1 : 0);
        inBlock = false;
        try {
            return loop();
        } finally {
            inCpu();
            state.storeVector(cpu);
            state.storeX87(cpu);
        }
    }

    private @Nullable Exit loop() {
        while (true) {
            try {
                applyChanges();
                long target = at(cpu.rip);
                while (target != 0) {
                    if (!inBlock) {
                        state.loadGeneral(cpu);
                        inBlock = true;
                    }
                    int site = cache.run(state, target);
                    cpu.mmu.takeRefills();
                    target = served(site);
                }
                sample();
                return null;
            } catch (GuestFault fault) {
                inCpu();
                Exit exit = interpreter.raise(fault);
                if (exit != null || !quiet() || !covers()) {
                    return exit;
                }
            }
        }
    }

    /// Looks at what is executing when somebody wants attention, which is a sample: hot code is translated anew.
    private void sample() {
        if (!inBlock || !cpu.attention.any() || cpu.mmu.kind() != Mirror.USER) {
            return;
        }
        TranslatedPage page = pages.find(cpu.rip & -4096L, mode());
        if (page != null && page.sample(hotAfter)) {
            pages.renew(page);
        }
    }

    /// Brings the general registers into the [Cpu].
    private void inCpu() {
        if (inBlock) {
            syncContext();
            state.storeGeneral(cpu);
            state.storeSystem(cpu);
            inBlock = false;
        }
    }

    /// Brings into the [Cpu] what decides on translations: CPL and AC.
    private void syncContext() {
        if (!state.contextDiffers(cpu)) {
            return;
        }
        state.storeSystem(cpu);
        switch (state.getInt(StateBlock.CALLED)) {
            case StateBlock.BY_SYSCALL -> QuickCalls.callSegments(cpu);
            case StateBlock.BY_SYSRET -> QuickCalls.returnSegments(cpu, 8);
            default -> cpu.contextChanged();
        }
        state.set(StateBlock.CALLED, 0);
    }

    /// {@return whether nothing needs the interpreter's care before the next instruction}
    private boolean quiet() {
        return !cpu.attention.any() && !cpu.shadow && (cpu.flagRest & (Flags.TF | Flags.RF)) == 0;
    }

    /// Drops all code if what is part of it is not what it was: what system calls and returns do, and whether AVX is
    /// enabled.
    private void checkConstants() {
        if (avx != cpu.avxEnabled()
                || lstar != cpu.lstar
                || star != cpu.star
                || fmask != cpu.fmask
                || efer != cpu.efer
                || gdtBase != cpu.gdtBase
                || gdtLimit != cpu.gdtLimit
                || smap != (cpu.cr4 & Control.CR4_SMAP)) {
            avx = cpu.avxEnabled();
            lstar = cpu.lstar;
            star = cpu.star;
            fmask = cpu.fmask;
            efer = cpu.efer;
            gdtBase = cpu.gdtBase;
            gdtLimit = cpu.gdtLimit;
            smap = cpu.cr4 & Control.CR4_SMAP;
            clear();
        }
    }

    private void clear() {
        cache.clear();
        pages.clear();
        placed.clear();
    }

    private void applyChanges() {
        checkConstants();
        int changed = cpu.takeChanges();
        if (changed == 0) {
            return;
        }
        if ((changed & (Cpu.CODE | Cpu.ALL)) != 0) {
            pages.verifyVersions();
        }
        if ((changed & Cpu.ALL) != 0) {
            pages.allForgotten();
        } else {
            if ((changed & Cpu.ROOT) != 0) {
                pages.rootLoaded();
            }
            if ((changed & Cpu.PAGE) != 0) {
                pages.pageForgotten(cpu.changedPage());
            }
        }
    }

    // ---- serving

    /// Serves why code left; {@return the host address to go on at, or 0 to leave}
    private long served(int number) {
        if (number == 0) {
            exits[Site.Kind.FAULT.ordinal()]++;
            return faulted();
        }
        Site site = cache.site(number);
        exits[site.kind.ordinal()]++;
        if (site.kind == Site.Kind.TIME && time(site)) {
            return inside(site, site.resume);
        }
        syncContext();
        return switch (site.kind) {
            case ACCESS -> access(site);
            case GATHER -> gather(site);
            case X87 -> inside(site, site.retry);
            case INTERPRET, TIME -> interpret(site);
            case LINK -> link(site);
            case INDIRECT -> indirect(site);
            case ATTENTION -> attend(site.rip);
            case FAULT -> throw new IllegalStateException("not a site");
        };
    }

    /// {@return where to go on inside a site's block, which may rely on the x87 registers}
    private long inside(Site site, long target) {
        if (!site.block.x87) {
            return target;
        }
        state.loadX87(cpu);
        state.set(StateBlock.X87_TARGET, target);
        return cache.loadX87();
    }

    /// Answers RDTSC or RDTSCP with the registers where they are; {@return whether it may be executed}
    private boolean time(Site site) {
        if ((cpu.cr4 & Control.CR4_TSD) != 0) {
            return false;
        }
        long now = cpu.timeStamp();
        state.set(StateBlock.REGISTERS + 8 * ProcessorState.RAX, now & 0xFFFF_FFFFL);
        state.set(StateBlock.REGISTERS + 8 * ProcessorState.RDX, now >>> 32);
        if (site.instruction != null && site.instruction.op() == SystemOp.RDTSCP) {
            state.set(StateBlock.REGISTERS + 8 * ProcessorState.RCX, cpu.tscAux);
        }
        return true;
    }

    private long attend(long rip) {
        cpu.rip = rip;
        cpu.attention.settle();
        return cpu.attention.any() ? 0 : at(rip);
    }

    private long access(Site site) {
        cpu.rip = site.rip;
        return site.slot == 0 ? missed(site, state.get(StateBlock.LEFT_R15)) : slotMissed(site);
    }

    /// Fills the table for the next time: two lanes may need the same entry, so that trying again might never end.
    private long gather(Site site) {
        cpu.rip = site.rip;
        int index = (int) state.get(StateBlock.LEFT_R14);
        long linear = state.get(StateBlock.LEFT_R15) - state.mirror().tag(cpu.mmu.kind(), site.write, index);
        prepared(site, linear, false);
        return interpret(site);
    }

    private long missed(Site site, long linear) {
        if (Mode.is32(site.mode) && linear >>> 32 != 0) {
            // through FS or GS as emitted code does not know it
            return interpret(site);
        }
        long epoch = cache.slots().epoch();
        if (prepared(site, linear, site.wide ? site.leaderWrites : site.write)) {
            if (cpu.attention.any()) {
                // whoever waits must not wait for a translation that others take away again and again
                return 0;
            }
            return cache.slots().epoch() == epoch ? inside(site, site.retry) : at(site.rip);
        }
        if (site.wide) {
            return narrow(site);
        }
        boolean run = site.following != null;
        if (run && inTwoPages(site, linear) && ++site.narrowed > NARROWED) {
            return separate(site);
        }
        if (inTwoPages(site, linear) && split(site)) {
            return at(site.rip);
        }
        return interpret(site);
    }

    /// Lets the instruction of a site be translated anew for accesses in two pages, if that is worth while; {@return
    /// whether it will be}
    private boolean split(Site site) {
        Instruction instruction = site.instruction;
        if (site.split != 0
                || instruction == null
                || !SplitCode.suits(instruction, site.mode)
                || ++site.narrowed <= (hotAfter == 0 ? 0 : NARROWED)) {
            return false;
        }
        site.block.page.split(site.rip);
        pages.retire(site.block);
        return true;
    }

    private static boolean inTwoPages(Site site, long linear) {
        return (linear & 4095) + site.size > 4096;
    }

    /// Translates a block anew with a check for each access.
    private long separate(Site site) {
        site.block.page.narrow(site.block.rip);
        pages.retire(site.block);
        return at(site.rip);
    }

    /// The translation with which to fill a slot was not there, or not to be used for all that the slot is for.
    private long slotMissed(Site site) {
        Slots slots = cache.slots();
        if (state.logFull()) {
            slots.forget();
            return at(site.rip);
        }
        if (slots.exhausted(site) && wanders(site)) {
            site.block.page.wander(site.rip);
            pages.retire(site.block);
            return at(site.rip);
        }
        long linear = state.get(StateBlock.LEFT_R15);
        return missed(site, linear);
    }

    /// {@return whether a slot is filled all the time}
    private static boolean wanders(Site site) {
        long now = System.nanoTime();
        long since = now - site.exhausted;
        site.exhausted = now;
        return since < WANDERING;
    }

    /// Enters the translation of an access; {@return whether the mirror has it now}
    private boolean prepared(Site site, long linear, boolean write) {
        if (inTwoPages(site, linear)) {
            return false;
        }
        long cr2 = cpu.cr2;
        try {
            cpu.mmu.prepare(linear, site.size, write);
            return state.mirror().has(cpu.mmu.kind(), site.write, linear);
        } catch (GuestFault _) {
            // the interpreter finds it again, or another fault that comes before it
            cpu.cr2 = cr2;
            cpu.mmu.badAddress = 0;
            return false;
        }
    }

    /// Goes on in a block in which each access has a check of its own.
    private long narrow(Site site) {
        TranslatedPage page = site.block.page;
        if (page.mode != site.mode) {
            // A block that begins here is one of this mode; its own windows can be narrowed.
            return at(site.rip);
        }
        if (++site.narrowed > NARROWED) {
            return separate(site);
        }
        TranslatedBlock known = page.alone(site.rip);
        if (known != null) {
            return known.direct;
        }
        if (cache.full()) {
            clear();
            return at(site.rip);
        }
        TranslatedBlock block = translate(page, site.rip, true);
        return block == null ? 0 : block.direct;
    }

    private long link(Site site) {
        long before = pages.dropped();
        cpu.rip = site.rip;
        if (cpu.attention.any()) {
            return 0;
        }
        TranslatedBlock block = block(site.rip);
        if (block == null) {
            return 0;
        }
        if (pages.dropped() == before) {
            cache.patch(site.patch, block.direct);
            block.links.add(site);
        }
        return block.direct;
    }

    private long indirect(Site site) {
        long rip = state.get(StateBlock.LEFT_R15);
        if (rip << 16 >> 16 != rip) {
            inCpu();
            cpu.gpr[RSP] -= site.popped;
            return interpret(site);
        }
        cpu.rip = rip;
        cpu.attention.settle();
        if (cpu.attention.any()) {
            return 0;
        }
        TranslatedBlock block = block(rip);
        if (block == null) {
            return 0;
        }
        state.enterJump(block.page.mode, rip, block.indirect);
        return block.direct;
    }

    /// Interprets the instructions of a site; {@return where to go on}
    private long interpret(Site first) {
        inCpu();
        long before = pages.dropped();
        long epoch = cache.slots().epoch();
        long resume = first.resume;
        int mode = first.mode;
        for (Site site = first; site != null; site = site.following) {
            Instruction instruction = site.instruction;
            cpu.rip = site.rip;
            if (instruction == null || !execute(site, instruction)) {
                return 0;
            }
            if (cpu.rip != instruction.next()) {
                resume = 0;
                break;
            }
            if (!quiet()) {
                return 0;
            }
        }
        if (!quiet() || !covers()) {
            return 0;
        }
        applyChanges();
        boolean same = resume != 0
                && mode() == mode
                && pages.dropped() == before
                && cache.slots().epoch() == epoch;
        return same ? inside(first, resume) : at(cpu.rip);
    }

    /// {@return false if the interpreter must execute it instead, at RIP}
    private boolean execute(Site site, Instruction instruction) {
        boolean vector = instruction.op() instanceof VectorOp || instruction.op() instanceof AvxOp;
        if (vector) {
            state.storeVector(cpu);
        }
        if (vector || instruction.op() instanceof X87Op) {
            state.storeX87(cpu);
        }
        cpu.rip = instruction.next();
        try {
            site.step(instruction).run(cpu);
            interpreter.counted();
            return true;
        } catch (GuestFault fault) {
            cpu.rip = site.rip;
            throw fault;
        } catch (CodeStore _) {
            cpu.rip = site.rip;
            interpreter.wantAlone();
            return false;
        } catch (RuntimeException e) {
            cpu.rip = site.rip;
            throw e;
        } finally {
            if (vector) {
                state.loadVector(cpu);
            }
        }
    }

    /// The host's processor refused an instruction: the interpreter finds out what it means for the guest.
    private long faulted() {
        syncContext();
        long rip = state.get(StateBlock.FAULT + HostCode.FAULT_RIP);
        TranslatedBlock block = blockOf(rip);
        int offset = block == null ? -1 : (int) (rip - block.start);
        for (int i = 0; block != null && i < block.instructions.length; i++) {
            Instruction instruction = block.instructions[i];
            if (instruction != null && offset >= block.positions[i] && offset < block.positions[i + 1]) {
                return interpret(new Site(Site.Kind.FAULT, block, mode(), instruction.address, instruction));
            }
        }
        inCpu();
        throw new IllegalStateException("the host's processor refused emitted code at 0x%x, %s: %s"
                .formatted(
                        rip,
                        block == null ? "in no block" : "of the block of guest address 0x%x".formatted(block.rip),
                        HexFormat.ofDelimiter(" ").formatHex(cache.bytes(rip))));
    }

    private @Nullable TranslatedBlock blockOf(long host) {
        int low = 0;
        int high = placed.size();
        while (low < high) {
            int middle = low + high >>> 1;
            if (placed.get(middle).start <= host) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        TranslatedBlock block = low == 0 ? null : placed.get(low - 1);
        return block != null && host < block.end() ? block : null;
    }

    // ---- finding

    private long at(long rip) {
        TranslatedBlock block = block(rip);
        return block == null ? 0 : block.direct;
    }

    /// {@return the block at `rip`, translated now if it was not; null where there is no memory}
    private @Nullable TranslatedBlock block(long rip) {
        long place = cpu.mmu.fetch(rip);
        if (place < 0) {
            interpreter.wantSingle();
            return null;
        }
        TranslatedBlock block = block(rip, place & -4096L, TranslatedPage.NONE);
        if (block != null && block.crosses) {
            long second =
                    Mode.is32(block.page.mode) && (rip | 4095) == 0xFFFF_FFFFL ? -1 : cpu.mmu.fetch((rip | 4095) + 1);
            if (second < 0) {
                interpreter.wantSingle();
                return null;
            }
            return block(rip, place & -4096L, second);
        }
        return block;
    }

    private @Nullable TranslatedBlock block(long rip, long place, long second) {
        int mode = mode();
        TranslatedPage page = pages.find(rip & -4096L, place, mode, second);
        if (page != null) {
            TranslatedBlock block = page.find(rip);
            if (block != null) {
                return block;
            }
        }
        if (cache.full()) {
            clear();
            page = null;
        }
        if (page == null) {
            page = page(rip, place, mode, second);
            pages.add(page);
        }
        return translate(page, rip, false);
    }

    private @Nullable TranslatedBlock translate(TranslatedPage page, long rip, boolean alone) {
        TranslatedBlock block = translator.translate(page, rip, alone);
        if (block == null) {
            // the page changed since its first block
            cpu.attention.raise(Attention.CODE_CHANGED);
            return null;
        }
        if (block.crosses) {
            return block;
        }
        if (block.instructions.length == 0) {
            interpreter.wantSingle();
            return null;
        }
        placed.add(block);
        return block;
    }

    private TranslatedPage page(long rip, long place, int mode, long second) {
        long linear = rip & -4096L;
        int version = cpu.mmu.markCode(place | rip & 4095, 1);
        boolean global = cpu.mmu.globalCode(linear);
        TranslatedPage page;
        if (second == TranslatedPage.NONE) {
            page = new TranslatedPage(linear, place, mode, version);
        } else {
            page = new TranslatedPage(linear, place, mode, version, second, cpu.mmu.markCode(second, 1));
            global &= cpu.mmu.globalCode(linear + 4096);
        }
        page.global = global;
        page.hot = hotAfter == 0 && Mode.kind(mode) == Mirror.USER;
        return page;
    }

    @Override
    public void close() {
        code.close();
        state.close();
    }
}
