package cloison.cpu.interpret;

import java.util.ArrayList;
import java.util.List;

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
        List<Step> steps = new ArrayList<>();
        for (Step step = block.first; step != null; step = step.followingInBlock) {
            steps.add(step);
        }
        if (steps.size() > 1) {
            Compound compound = Compounds.of(steps.toArray(Step[]::new));
            if (compound != null) {
                block.first = compound;
            }
        }
    }
}
