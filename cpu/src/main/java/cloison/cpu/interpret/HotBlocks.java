package cloison.cpu.interpret;

/// Finds the blocks in which a processor spends its time, and gives each a [Compound].
///
/// Each time the processor has executed another [#interval] instructions, the block at hand is one sample warmer. To be
/// sampled [#warmth] times it must have been executed for some milliseconds, about what the JVM takes to compile a
/// compound.
///
/// **Owner:** the thread that runs the processor.
final class HotBlocks {
    /// Instructions from sample to sample.
    int interval = 1 << 14;

    /// Samples after which a block is hot.
    int warmth = 64;

    HotBlocks() {}

    /// Counts a sample for `block`.
    void sample(Block block) {
        if (++block.samples == warmth) {
            join(block);
        }
    }

    private static void join(Block block) {
        Compound compound = block.steps.length > 1 ? Compounds.of(block.steps) : null;
        if (compound != null) {
            block.steps = new Step[] {compound};
        }
    }
}
