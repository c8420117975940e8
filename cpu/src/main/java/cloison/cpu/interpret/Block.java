package cloison.cpu.interpret;

/// A run of decoded instructions that is executed from its first to its last, unless one faults.
///
/// Only the last can change flow, privilege, mode, mapping or interrupt state. While a block runs, the processor's RIP
/// is [#end].
///
/// `stamp` says when its translation, the code segment's limit and the versions of its pages were last looked at. As
/// long as it is the processor's, which changes with each event that could matter, the block runs without a look.
///
/// **Owner:** the thread that runs the processor it was made for.
final class Block {
    /// Stands where there is no block; never matches.
    static final Block NONE = new Block(-1, -1, -1, new Step[0], 0, -1, 0);

    /// Offset in CS of its first instruction.
    final long rip;
    /// Offset in CS of the instruction after its last.
    final long end;
    /// The mode it was decoded for.
    final int key;

    /// What it executes; once it is hot, all in one step: see [HotBlocks].
    ///
    /// An array rather than a list, because the garbage collector lays its elements side by side.
    Step[] steps;

    /// How often [HotBlocks] met it.
    int samples;

    /// How many instructions it has; those that do nothing have no step.
    final int instructions;

    /// Store offset of its first byte, and the version of that page when it was made.
    final long place;

    final int version;

    /// Store offset and version of the second page if it is one instruction across two pages; else -1.
    long secondPlace = -1;

    int secondVersion;

    /// When it was last verified.
    long stamp = -1;

    // where it went before
    Block next = this;
    Block other = this;

    /// The next in its bucket.
    Block bucket = this;

    Block(long rip, long end, int key, Step[] steps, int instructions, long place, int version) {
        this.rip = rip;
        this.end = end;
        this.key = key;
        this.steps = steps;
        this.instructions = instructions;
        this.place = place;
        this.version = version;
        if (place >= 0) {
            next = NONE;
            other = NONE;
            bucket = NONE;
        }
    }
}
