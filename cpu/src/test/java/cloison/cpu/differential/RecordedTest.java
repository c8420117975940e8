package cloison.cpu.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Row;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Compares the interpreter with what processors were recorded to do: on every host.
///
/// `-Dcloison.differential.record=true` records anew, to `target/recorded.txt`.
class RecordedTest {
    private static final Place PLACE = new Place(Place.SIZE, true);
    private static final String RESOURCE = "recorded.txt";

    /// Cases to choose from for each form.
    private static final int CANDIDATES = 60;
    /// Longer lines are only taken where there are no others.
    private static final int LONGEST = 400;

    @Test
    void theInterpreterDoesWhatProcessorsWereRecordedToDo() throws IOException {
        List<String> lines = lines();
        List<String> failures = new ArrayList<>();
        try (GuestRunner interpreter = GuestRunner.interpreter(PLACE)) {
            Case sample = new Case(PLACE);
            for (String line : lines) {
                check(interpreter, sample, line, failures);
            }
        }
        System.out.println("recorded outcomes: " + lines.size() + " compared");
        assertThat(lines).isNotEmpty();
        assertThat(failures).isEmpty();
    }

    private static List<String> lines() throws IOException {
        try (InputStream in = RecordedTest.class.getResourceAsStream(RESOURCE)) {
            assertThat(in).as("resource " + RESOURCE).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        }
    }

    private static void check(Engine engine, Case sample, String line, List<String> failures) {
        String[] words = line.split(" ");
        long seed = Long.parseUnsignedLong(words[0], 16);
        assertThat(sample.sample(seed)).isTrue();
        assertThat(HexFormat.of().formatHex(sample.code))
                .as("seed %s means another case than when it was recorded: record anew", words[0])
                .isEqualTo(words[1]);
        MachineState expected = new MachineState();
        expected.copyFrom(sample.before);
        byte[] expectedData = sample.data.clone();
        Recording.apply(words, expected, expectedData);
        MachineState after = new MachineState();
        byte[] data = new byte[Place.DATA_SIZE];
        engine.code(sample.offset, sample.code, sample.length());
        engine.load(sample.data);
        engine.run(sample.before, after);
        engine.clear(sample.offset, sample.length());
        engine.store(data);
        List<String> found = Comparison.of(
                sample.mode,
                Differential.undefined(sample, expected, after),
                sample.row.op().name(),
                Differential.mmx(sample.instruction),
                expected,
                after,
                expectedData,
                data);
        if (!found.isEmpty()) {
            failures.add(sample.row + ": " + line + ": " + found);
        }
    }

    @Test
    void recordsWhatTheHostsProcessorDoes() throws IOException {
        assumeTrue(Boolean.getBoolean("cloison.differential.record"), "only with -Dcloison.differential.record=true");
        List<String> lines = new ArrayList<>();
        try (Bench bench = Bench.open()) {
            lines.add("# What " + bench.processor() + " did; Recording says how to read it.");
            assertThat(bench.place()).isEqualTo(PLACE);
            Differential differential = bench.differential();
            List<Row> rows = OpcodeTable.standard().rows();
            for (int index = 0; index < rows.size(); index++) {
                if (bench.excluded(rows.get(index)) == null) {
                    for (int mode : bench.modes()) {
                        record(differential, index, mode, lines);
                    }
                }
            }
        }
        Files.createDirectories(Path.of("target"));
        Files.write(Path.of("target", RESOURCE), lines);
    }

    /// Records the first cases of a form that came to their end, or else the first that could be compared.
    private static void record(Differential differential, int row, int mode, List<String> lines) {
        String chosen = null;
        int wanted = mode == 64 ? 2 : 1;
        for (long number = 0; number < CANDIDATES; number++) {
            long seed = Case.seed(row, mode, number);
            if (differential.run(seed) != Verdict.SAME) {
                continue;
            }
            MachineState after = differential.expected();
            String line = Recording.line(seed, differential.sample(), after, differential.expectedData());
            if (after.vector == 3 && line.length() < LONGEST) {
                lines.add(line);
                if (--wanted == 0) {
                    return;
                }
            }
            chosen = chosen == null ? line : chosen;
        }
        if (chosen != null && !lines.contains(chosen)) {
            lines.add(chosen);
        }
    }
}
