package cloison.cpu.translate;

import cloison.cpu.decode.Instruction;
import cloison.cpu.interpret.Step;
import org.jspecify.annotations.Nullable;

/// A place at which emitted code may return to Java, and what Java must know there.
///
/// **Owner:** the thread that runs the processor.
final class Site {
    /// Why the code returns.
    enum Kind {
        /// The instructions cannot run natively.
        INTERPRET,
        /// RDTSC or RDTSCP.
        TIME,
        /// The translation of an access is not in the mirror.
        ACCESS,
        /// The translation of a lane of a gather is not in the mirror.
        GATHER,
        /// The guest's x87 registers are not in the host's processor.
        X87,
        /// A jump to a target that is not linked.
        LINK,
        /// A jump whose target is in R15 and not in the jump cache.
        INDIRECT,
        /// Somebody wants attention.
        ATTENTION,
        /// The host's processor refused an instruction.
        FAULT
    }

    final Kind kind;
    final TranslatedBlock block;
    /// The mode in which its instruction runs.
    final int mode;
    /// Offset in CS of the instruction; of the target for LINK and ATTENTION.
    final long rip;

    /// The instruction and how many follow it that belong to the same check; null where the interpreter must fetch it.
    final @Nullable Instruction instruction;

    private @Nullable Step step;

    /// The next instruction of the same check.
    @Nullable
    Site following;

    // ACCESS
    int size;
    boolean write;
    /// Where it is executed, the address of what the access knows of its page, or 0.
    long slot;
    /// Whether other accesses than the instruction's rely on its check.
    boolean wide;
    /// Whether the instruction itself stores.
    boolean leaderWrites;
    /// How often the whole could not be checked at once.
    int narrowed;
    /// When its slot was filled very often the last time, in the host's nanoseconds.
    long exhausted;
    /// Host address of the check, to repeat it, or 0; X87: of what follows it.
    long retry;

    /// Position in its block of the instruction for an access in two pages, or 0.
    int split;

    /// Host address of what follows the instruction in its block, or 0.
    long resume;

    /// LINK: host address of the jump's distance, or 0 if it may not be linked.
    long patch;

    /// LINK: host address to which the jump leads while it is not linked.
    long stub;

    /// INDIRECT: what the jump added to RSP.
    int popped;

    /// Whether code leads here.
    boolean emitted;

    Site(Kind kind, TranslatedBlock block, int mode, long rip, @Nullable Instruction instruction) {
        this.kind = kind;
        this.block = block;
        this.mode = mode;
        this.rip = rip;
        this.instruction = instruction;
    }

    /// {@return the interpreter's step of the instruction}
    Step step(Instruction of) {
        Step made = step;
        if (made == null) {
            made = cloison.cpu.interpret.Steps.of(of);
            step = made;
        }
        return made;
    }
}
