package cloison.cpu.interpret;

import cloison.cpu.fp.Extended;
import cloison.cpu.fp.Scalar;
import cloison.cpu.mmu.CodePages;
import cloison.cpu.mmu.Mmu;
import cloison.cpu.mmu.PendingInvalidation;
import cloison.cpu.state.Attention;
import cloison.cpu.state.Control;
import cloison.cpu.state.CpuState;
import cloison.cpu.state.Flags;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.CpuModel;
import cloison.machine.processor.Intercepts;
import cloison.machine.processor.InterruptSource;
import cloison.machine.processor.Invalidation;
import cloison.machine.processor.ProcessorState;

/// One virtual processor as the interpreter's steps see it: registers, memory, and the way out.
///
/// **Owner:** the thread that runs the processor; [#attention] and what [CodePages.Watcher] has, any thread.
public final class Cpu extends CpuState implements CodePages.Watcher {
    /// Translations of each kind that a processor keeps.
    public static final int TRANSLATIONS = 1024;

    /// Bits of the mode key: 16-, 32- or 64-bit code (0, 1, 2), CPL 3, blocks of one instruction.
    static final int KEY_32 = 1;

    static final int KEY_64 = 2;
    static final int KEY_USER = 4;
    static final int KEY_SINGLE = 8;
    private static final int KEY_BITS = 4;

    private static final int CODE_D = 1 << 14;
    private static final int CODE_L = 1 << 13;

    /// What the processor has.
    public final CpuModel model;

    /// The bits of CR4 and XCR0 that exist.
    final long cr4Bits;
    final long xcr0Bits;

    public final Mmu mmu;
    public final Intercepts intercepts;
    public final InterruptSource interrupts;
    public final Attention attention = new Attention();
    public final CodePages codePages;

    /// Set by a step after which the next instruction must not be interrupted (STI, MOV SS).
    public boolean shadow;

    /// Set by a step after which no debug trap is due until the next instruction has executed (MOV SS).
    boolean debugShadow;

    /// In HLT until something is delivered.
    boolean halted;

    /// NMIs wait for IRET.
    boolean nmiBlocked;

    /// Added to the intercepts' time stamp by writes of the TSC.
    long timeOffset;

    /// Whether blocks may be executed: what is pending is looked at after this is set, and before the first of them.
    volatile boolean executing;

    private final PendingInvalidation pending = new PendingInvalidation();
    private final Invalidation forgetting = new Invalidation();

    final Msrs msrs = new Msrs(this);

    /// Where instructions that save or load x87 and SSE state put it together: see [X87State].
    final byte[] image = new byte[X87State.EXTENDED];

    /// x87 arithmetic.
    final Extended extended = new Extended();

    /// SSE arithmetic that cannot be done at once.
    final Scalar scalar = new Scalar();

    /// Whether [#scalar] gathers the exceptions of several steps, which [SseFloat] neither starts anew nor commits.
    boolean gathersExceptions;

    /// Where VEX instructions put together what they write to a YMM register.
    final long[] quads = new long[4];

    /// What a block must carry to be executed without looking at its translation: see [Block].
    long stamp;

    private long generation = 1;

    // what may be wrong with code translated for linear addresses
    /// Any translation.
    public static final int ALL = 1;
    /// Translations that are not global.
    public static final int ROOT = 2;
    /// The translation of [#changedPage].
    public static final int PAGE = 4;
    /// Bytes.
    public static final int CODE = 8;

    /// After how many PAUSEs of a processor another thread gets its turn.
    private static final int PATIENCE = 32;

    private int spins;

    private int changes;
    private long changedPage;

    /// A processor in the state after INIT.
    ///
    /// @param translations translations to keep of each kind, a power of two
    public Cpu(
            GuestMemory memory,
            CodePages codePages,
            CpuModel model,
            Intercepts intercepts,
            InterruptSource interrupts,
            int translations) {
        this.model = model;
        this.intercepts = intercepts;
        this.interrupts = interrupts;
        this.codePages = codePages;
        cr4Bits = ControlRegisters.bits(model);
        xcr0Bits = X87State.components(model);
        int number = codePages.add(this);
        mmu = new Mmu(memory, this, intercepts, attention, codePages, number, translations);
        Registers.load(this, new ProcessorState());
    }

    /// Makes memory accesses and blocks follow CPL, AC, CS, CR0, CR4 and EFER as they are now. To be called by whoever
    /// changes one of them.
    public void contextChanged() {
        longMode = (efer & Control.EFER_LMA) != 0 && (segmentAttributes[ProcessorState.CS] & CODE_L) != 0;
        mmu.context();
        stamp = generation << KEY_BITS | key();
    }

    /// {@return the mode key of the code being executed}
    int key() {
        int size = longMode ? KEY_64 : (segmentAttributes[ProcessorState.CS] & CODE_D) != 0 ? KEY_32 : 0;
        return size | (cpl == 3 ? KEY_USER : 0);
    }

    /// {@return the code size: 16, 32 or 64}
    int codeSize() {
        return 16 << (key() & 3);
    }

    /// {@return what RDTSC answers}
    public long timeStamp() {
        return intercepts.timeStamp() + timeOffset;
    }

    /// Forgets all translations.
    void forgetAll() {
        mmu.forgetAll();
        changes |= ALL;
        verifyBlocks();
    }

    /// Forgets translations that are not global: CR3 was loaded.
    void forgetLocal() {
        mmu.forgetLocal();
        changes |= ROOT;
        verifyBlocks();
    }

    /// Forgets the translation of a page.
    void forget(long linear) {
        mmu.forget(linear);
        changes |= (changes & PAGE) == 0 ? PAGE : ALL;
        changedPage = linear;
        verifyBlocks();
    }

    /// Waits a little in a loop that waits for something. That may be a processor whose thread does not run for lack of
    /// ours, so now and then another thread gets its turn.
    void spinning() {
        Thread.onSpinWait();
        spins++;
        if (spins % PATIENCE == 0 && codePages.processors() > 1) {
            Thread.yield();
        }
    }

    /// Forgets what other processors want forgotten.
    void forgetForOthers() {
        Invalidation what = forgetting;
        long number = pending.take(what);
        if (what.isAll()) {
            if (what.isGlobal()) {
                forgetAll();
            } else {
                forgetLocal();
            }
        }
        for (int i = 0; i < what.count(); i++) {
            forget(what.page(i));
        }
        pending.serve(number);
    }

    /// Code that is cached was stored to.
    void codeStored() {
        changes |= CODE;
        verifyBlocks();
    }

    /// {@return what changed since it was asked last}
    public int takeChanges() {
        int all = changes;
        changes = 0;
        return all;
    }

    /// {@return the linear address that [#PAGE] is about}
    public long changedPage() {
        return changedPage;
    }

    /// Makes every block look at its translation, limit and version again.
    void verifyBlocks() {
        generation++;
        stamp = generation << KEY_BITS | key();
    }

    /// Loads the bits `mask` of RFLAGS from `value`, and acts on what that changes: IF, TF, AC.
    public void loadFlags(int value, int mask) {
        int old = flagRest;
        int rest = mask & ~Flags.STATUS;
        flagRest = old & ~rest | value & rest | 2;
        if ((mask & Flags.STATUS) != 0) {
            int status = mask & Flags.STATUS;
            statusFlags(status == Flags.STATUS ? value : statusFlags() & ~status | value & status);
        }
        int changed = old ^ flagRest;
        if ((changed & Flags.AC) != 0) {
            mmu.context();
        }
        if ((flagRest & ~old & Flags.IF) != 0 || (flagRest & (Flags.TF | Flags.RF)) != 0) {
            attention.raise(Attention.LOOK);
        }
    }

    /// {@return whether protected mode is on, virtual-8086 mode or not}
    public boolean protectedMode() {
        return (cr0 & Control.CR0_PE) != 0;
    }

    /// {@return whether it executes in virtual-8086 mode}
    public boolean virtual8086() {
        return (flagRest & Flags.VM) != 0;
    }

    /// {@return whether segments are those of the 8086: real mode or virtual-8086 mode}
    public boolean realSegments() {
        return (cr0 & Control.CR0_PE) == 0 || (flagRest & Flags.VM) != 0;
    }

    /// {@return whether long mode is active: 64-bit or compatibility mode}
    public boolean longActive() {
        return (efer & Control.EFER_LMA) != 0;
    }

    /// {@return whether the system has enabled AVX: CR4.OSXSAVE, and XCR0 with SSE and AVX}
    public boolean avxEnabled() {
        return (cr4 & Control.CR4_OSXSAVE) != 0
                && (xcr0 & (X87State.SSE | X87State.AVX)) == (X87State.SSE | X87State.AVX);
    }

    /// {@return IOPL}
    public int iopl() {
        return flagRest >> 12 & 3;
    }

    @Override
    public void codeChanged() {
        attention.raise(Attention.CODE_CHANGED);
    }

    @Override
    public void codeAppeared() {
        attention.raise(Attention.CODE_APPEARED);
    }

    @Override
    public void pauseWanted() {
        attention.raise(Attention.EXCLUSIVE);
    }

    @Override
    public void mappingChanged() {
        attention.raise(Attention.MAPPING);
    }

    @Override
    public long forgetSoon(Invalidation what) {
        long number = pending.ask(what);
        attention.raise(Attention.FORGET);
        return number;
    }

    @Override
    public boolean hasForgotten(long number) {
        return pending.served(number) || !executing;
    }

    @Override
    public void serveOthers() {
        if (attention.has(Attention.EXCLUSIVE)) {
            codePages.exclusion().pause();
        }
        if (attention.has(Attention.FORGET)) {
            forgetForOthers();
        }
    }
}
