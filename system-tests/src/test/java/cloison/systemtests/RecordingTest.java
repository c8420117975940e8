package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cloison.vm.config.CpuName;
import cloison.vm.run.Engines;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `--trace` and `--pcap` write of a stock guest that looks for a neighbour in vain.
class RecordingTest {
    @TempDir
    private static Path folder;

    @BeforeAll
    static void aGuestIsRecorded() {
        try (Program program = Guest.of(Guest.CLOUD)
                .run(
                        "--append",
                        "console=ttyS0 quiet cloison.ip=10.0.0.1/24",
                        "--name",
                        "web",
                        "--nic",
                        "switch=lan,mac=00:15:5d:00:00:2a",
                        "--trace",
                        folder.resolve("trace.txt").toString(),
                        "--pcap",
                        folder.resolve("frames.pcapng").toString())) {
            Shell shell = new Shell(program);
            shell.run("! ping -c 1 -W 1 10.0.0.9");
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
    }

    @Test
    void aTraceHasALineForEachHypercallRegisterAndMessage() throws IOException {
        Path trace = folder.resolve("trace.txt");

        assertThat(Files.readAllLines(trace))
                .allSatisfy(line -> assertThat(line).matches("web (\\d+\\.\\d{9} (vp\\d+|vmbus)|summary) \\S.*"))
                .anyMatch(line -> line.matches("web .* vp0 wrmsr GUEST_OS_ID <- 0x8100000601[0-9a-f]{6}"))
                .anyMatch(line -> line.matches("web .* vp0 HvCallPostMessage .*"))
                .anyMatch(line -> line.matches("web .* vp0 HvCallSignalEvent .*"))
                .anyMatch(line -> line.matches("web .* vmbus guest->host InitiateContact\\[version=5.3, .*"))
                .anyMatch(line -> line.matches("web .* vmbus host->guest vp0 OfferChannel\\[.*"));
    }

    @Test
    void aTraceSumsUpInTheEnd() throws IOException {
        List<String> lines = Files.readAllLines(folder.resolve("trace.txt"));
        List<String> summary = lines.stream()
                .dropWhile(line -> !line.startsWith("web summary"))
                .toList();

        assertThat(summary).allMatch(line -> line.startsWith("web summary"));
        long signals = lines.stream()
                .filter(line -> line.contains(" HvCallSignalEvent "))
                .count();
        assertThat(summary)
                .anyMatch(line -> line.matches("web summary hypercalls .*HvCallSignalEvent=" + signals + "( .*)?"))
                .anyMatch(line -> line.matches("web summary wrmsr .*HYPERCALL=[1-9].*"))
                .anyMatch(line -> line.matches("web summary rdmsr .*TSC_FREQUENCY=[1-9].*"));
        if (Engines.refusal(CpuName.V2) == null) {
            assertThat(summary)
                    .anyMatch(line -> line.matches("web summary vp0 exits interpret=[1-9]\\d* .*access=[1-9]\\d* .*"));
        }
    }

    @Test
    void aFullDiskStopsTheGuest() {
        try (Program program =
                Guest.of(Guest.CLOUD).run("--append", "console=ttyS0 cloison.role=off", "--trace", "/dev/full")) {
            assertThat(program.status()).as(program::toString).isEqualTo(2);
            assertThat(program.errors())
                    .isEqualTo("cloison: cannot write the trace to /dev/full: No space left on device;"
                            + " free some space, or name a file elsewhere\n");
        }
    }

    @Test
    void aCaptureIsReadByTshark() throws Exception {
        assumeTrue(Tools.onPath("tshark"), "tshark is not installed");
        Process tshark = new ProcessBuilder(
                        "tshark",
                        "-r",
                        folder.resolve("frames.pcapng").toString(),
                        "-T",
                        "fields",
                        "-e",
                        "frame.interface_name",
                        "-e",
                        "eth.src",
                        "-e",
                        "arp.dst.proto_ipv4")
                .redirectError(folder.resolve("complaints.txt").toFile())
                .start();

        String read = new String(tshark.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(tshark.waitFor()).isZero();
        assertThat(Files.readString(folder.resolve("complaints.txt")))
                .doesNotContain("cut short", "damaged", "corrupt");
        assertThat(read.lines()).isNotEmpty().allMatch(line -> line.equals("web/nic0\t00:15:5d:00:00:2a\t10.0.0.9"));
    }
}
