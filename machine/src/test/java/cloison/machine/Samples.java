package cloison.machine;

import java.util.Random;
import java.util.function.Consumer;

/// Runs a property on seeded random inputs; a failure names the seed, `-Dcloison.seed=` replays it.
public final class Samples {
    private static final String SEED = "cloison.seed";

    private Samples() {}

    /// Checks `property` with `runs` different generators, or with one if a seed is given.
    public static void check(int runs, Consumer<Random> property) {
        Long given = Long.getLong(SEED);
        for (long i = 0; i < (given == null ? runs : 1); i++) {
            long seed = given == null ? 0x5DEECE66DL * (i + 1) : given;
            try {
                property.accept(new Random(seed));
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError("fails with -D" + SEED + "=" + seed, failure);
            }
        }
    }
}
