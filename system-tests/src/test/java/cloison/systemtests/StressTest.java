package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cloison.vm.config.CpuName;
import cloison.vm.run.Engines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// stress-ng in a guest, which checks the outcome of all that it does.
///
/// The host's own program is packed with its libraries. `-Dcloison.soak=SECONDS` lets each stressor run that long.
@Execution(ExecutionMode.CONCURRENT)
class StressTest {
    private static final int SOAK = Integer.getInteger("cloison.soak", 0);

    /// What works, and for how long unless there is more time; N stands for the number of processors.
    private static final List<String> STRESSORS = List.of(
            // So many that each of its methods has its turn.
            "cpu N --cpu-method all; --cpu-ops 90",
            "vm N --vm-bytes 8M --vm-method all; -t 1",
            "str N --str-method all; -t 1",
            "matrix N --matrix-method all; -t 1",
            "cache N; -t 1",
            "memcpy N --memcpy-method all; -t 1",
            "qsort N; -t 1",
            "vecmath N; -t 1",
            "longjmp N; -t 1",
            "sigsegv N; -t 1",
            "fork N; -t 1",
            "pthread N --pthread-max 64; -t 1");

    private static final Pattern FAILURE = Pattern.compile("(?i)fail|unexpected|segmentation|unsuccessful|skipp");

    @TempDir
    private static Path folder;

    private static Guest guest;

    @BeforeAll
    static void aGuestHasTheProgram() throws IOException {
        assumeTrue(Tools.onPath("stress-ng"), "stress-ng is not installed");
        String program = Tools.find("stress-ng").orElseThrow().toString();
        Path files = folder.resolve("files");
        Path packed = Files.createDirectories(files.resolve("stress"));
        Files.copy(Path.of(program), packed.resolve("stress-ng"));
        Pattern library = Pattern.compile("(/\\S+) \\(0x");
        for (String line : Tools.run(folder, "ldd", program).lines().toList()) {
            var found = library.matcher(line);
            if (found.find()) {
                Path file = Path.of(found.group(1));
                Files.copy(file, packed.resolve(file.getFileName()));
            }
        }
        guest = Guest.of(Guest.CLOUD).with(files);
    }

    @ParameterizedTest
    @CsvSource({"1,V2", "4,V3"})
    void noStressorFindsAnError(int cpus, CpuName cpu) {
        assumeTrue(Engines.refusal(cpu) == null, "this host cannot run translated code of this model");
        try (Program program = guest.run("--cpus", String.valueOf(cpus), "--cpu", cpu.text(), "--memory", "1G")) {
            Shell shell = new Shell(program);

            shell.run("cd /stress && mkdir /tmp/stress");
            for (String stressor : STRESSORS) {
                String[] parts = stressor.replace("N", String.valueOf(cpus)).split("; ");
                String name = parts[0].split(" ")[0];
                String report = shell.run("./ld-linux-x86-64.so.2 --library-path . ./stress-ng --temp-path /tmp/stress"
                        + " --verify --metrics-brief --" + parts[0] + " " + (SOAK == 0 ? parts[1] : "-t " + SOAK)
                        + " 2>&1");
                assertThat(report)
                        .as(stressor)
                        .contains("successful run completed")
                        .doesNotContainPattern(FAILURE);
                assertThat(report).as(stressor).containsPattern("\\] " + name + " +[1-9]\\d* +\\d+\\.\\d+ ");
            }
            assertThat(shell.complaints()).isEmpty();
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
    }
}
