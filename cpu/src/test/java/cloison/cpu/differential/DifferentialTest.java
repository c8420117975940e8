package cloison.cpu.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Proves the interpreter against the host's processor, form by form.
///
/// `-Dcloison.differential.cases=N` runs N cases of each form instead of some dozens, `-Dcloison.differential.first=M`
/// starts at case M, `-Dcloison.differential.rows=REGEX` takes only rows that match, `-Dcloison.seed=S` replays one
/// case. The report goes to `target/differential.txt`.
class DifferentialTest {
    private static final int CASES = 80;
    private static final int CASES_16 = 30;

    @Test
    void everyFormDoesWhatTheHostsProcessorDoes() throws IOException {
        Long seed = Long.getLong("cloison.seed");
        try (Bench bench = Bench.open()) {
            Differential differential = bench.differential();
            assumeFalse(seed != null && Case.sequence(seed), "the seed is that of a sequence");
            if (seed != null) {
                Verdict verdict = differential.run(seed);
                System.out.println(verdict + "\n" + differential.report(seed));
                assertThat(verdict).isNotEqualTo(Verdict.DIFFERENT);
                return;
            }
            sweep(bench, differential);
        }
    }

    private static void sweep(Bench bench, Differential differential) throws IOException {
        Integer wanted = Integer.getInteger("cloison.differential.cases");
        long first = Long.getLong("cloison.differential.first", 0);
        String pattern = System.getProperty("cloison.differential.rows", "");
        List<Row> rows = OpcodeTable.standard().rows();
        List<String> failures = new ArrayList<>();
        TreeMap<String, Integer> broken = new TreeMap<>();
        TreeMap<String, Integer> vendors = new TreeMap<>();
        StringBuilder report = new StringBuilder();
        if (bench.refusal16() != null) {
            report.append("16-bit code is not compared: ")
                    .append(bench.refusal16())
                    .append("\n");
        }
        long total = 0;
        long skipped = 0;
        int forms = 0;
        long start = System.nanoTime();
        for (int index = 0; index < rows.size(); index++) {
            Row row = rows.get(index);
            if (!row.toString().matches(".*" + pattern + ".*")) {
                continue;
            }
            String reason = bench.excluded(row);
            if (reason != null) {
                report.append("%-50s excluded: %s\n".formatted(row, reason));
                continue;
            }
            for (int mode : bench.modes()) {
                int cases = wanted != null ? wanted : mode == 16 ? CASES_16 : CASES;
                int same = 0;
                int different = 0;
                int left = 0;
                int vendor = 0;
                for (long number = first; number < first + cases; number++) {
                    long seed = Case.seed(index, mode, number);
                    bench.watchdog().about(seed);
                    Verdict verdict;
                    String failure = "";
                    try {
                        verdict = differential.run(seed);
                        if (verdict == Verdict.DIFFERENT) {
                            failure = differential.report(seed);
                        }
                    } catch (RuntimeException e) {
                        verdict = Verdict.DIFFERENT;
                        failure = differential.report(seed) + e;
                    }
                    if (verdict == Verdict.NONE) {
                        break;
                    }
                    switch (verdict) {
                        case SAME -> same++;
                        case DIFFERENT -> {
                            if (different++ == 0) {
                                failures.add(failure);
                            }
                        }
                        case VENDOR -> {
                            vendor++;
                            vendors.merge(differential.reason(), 1, Integer::sum);
                        }
                        default -> left++;
                    }
                }
                if (same + different + left + vendor > 0) {
                    forms++;
                    report.append("%-50s %d-bit: %d same, %d different, %d skipped, %d skipped: vendor\n"
                            .formatted(row, mode, same, different, left, vendor));
                }
                if (different > 0) {
                    broken.merge("%-50s %d-bit".formatted(row, mode), different, Integer::sum);
                }
                total += same + different;
                skipped += left;
            }
        }
        int otherVendor = 0;
        for (var entry : vendors.entrySet()) {
            report.append("skipped: vendor: %d: %s\n".formatted(entry.getValue(), entry.getKey()));
            otherVendor += entry.getValue();
        }
        String summary =
                "differential test on %s: %d forms, %d cases compared, %d skipped, %d skipped: vendor, %d forms differ, %.1f s"
                        .formatted(
                                bench.processor(),
                                forms,
                                total,
                                skipped,
                                otherVendor,
                                broken.size(),
                                (System.nanoTime() - start) / 1e9);
        Files.createDirectories(Path.of("target"));
        Files.writeString(Path.of("target/differential.txt"), summary + "\n" + report);
        Files.writeString(Path.of("target/differential-failures.txt"), String.join("\n", failures));
        System.out.println(summary);
        assertThat(broken)
                .as(summary + "\n" + String.join("\n", failures.subList(0, Math.min(5, failures.size()))))
                .isEmpty();
    }
}
