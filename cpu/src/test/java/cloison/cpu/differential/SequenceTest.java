package cloison.cpu.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Proves the interpreter's blocks against the host's processor: random programs of a few instructions.
///
/// `-Dcloison.differential.sequences=N` runs N programs, `-Dcloison.differential.first=M` starts at number M,
/// `-Dcloison.seed=S` replays one. The report goes to `target/sequences.txt`, what
/// differs to `target/sequence-failures.txt`.
class SequenceTest {
    private static final int SEQUENCES = 20_000;
    private static final int MOST_FAILURES = 20;

    @Test
    void everySequenceDoesWhatTheHostsProcessorDoes() throws IOException {
        Long seed = Long.getLong("cloison.seed");
        try (Bench bench = Bench.open()) {
            Sequences sequences = bench.sequences();
            if (seed == null) {
                sweep(bench, sequences);
                return;
            }
            assumeTrue(Case.sequence(seed), "the seed is that of a single case");
            Verdict verdict = sequences.run(seed);
            System.out.println(verdict + "\n" + sequences.report(seed));
            assertThat(verdict).isNotEqualTo(Verdict.DIFFERENT);
        }
    }

    private static void sweep(Bench bench, Sequences sequences) throws IOException {
        int wanted = Integer.getInteger("cloison.differential.sequences", SEQUENCES);
        long first = Long.getLong("cloison.differential.first", 0);
        int[] modes = bench.modes();
        EnumMap<Verdict, Integer> counts = new EnumMap<>(Verdict.class);
        TreeMap<String, Integer> operations = new TreeMap<>();
        List<String> failures = new ArrayList<>();
        long start = System.nanoTime();
        for (long number = first; number < first + wanted; number++) {
            int mode = number % 2 == 0 ? 64 : modes[(int) (number / 2 % modes.length)];
            long seed = Case.sequence(mode, number);
            bench.watchdog().about(seed);
            Verdict verdict;
            try {
                verdict = sequences.run(seed);
                if (verdict == Verdict.DIFFERENT && failures.size() < MOST_FAILURES) {
                    failures.add(sequences.report(seed));
                }
            } catch (RuntimeException e) {
                verdict = Verdict.DIFFERENT;
                failures.add("-Dcloison.seed=" + seed + ": " + e);
            }
            counts.merge(verdict, 1, Integer::sum);
            if (verdict == Verdict.SAME) {
                sequences.program().pieces.forEach(piece -> operations.merge(piece.op(), 1, Integer::sum));
            }
        }
        String summary = "sequence test on %s: %s, %.1f s"
                .formatted(bench.processor(), counts, (System.nanoTime() - start) / 1e9);
        Files.createDirectories(Path.of("target"));
        Files.writeString(Path.of("target/sequence-failures.txt"), summary + "\n" + String.join("\n", failures));
        StringBuilder report = new StringBuilder(summary).append("\ninstructions in programs that did the same\n");
        operations.forEach((op, count) -> report.append("%-12s %d%n".formatted(op, count)));
        Files.writeString(Path.of("target/sequences.txt"), report);
        System.out.println(summary);
        assertThat(failures)
                .as(summary + "\n" + (failures.isEmpty() ? "" : failures.getFirst()))
                .isEmpty();
    }
}
