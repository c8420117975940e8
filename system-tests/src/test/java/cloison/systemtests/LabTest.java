package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Several stock guests at once, run by the program as a user runs it. One lab at a time, so that its guests have the
/// host's processors to themselves.
class LabTest {
    private static final Pattern COUNTED =
            Pattern.compile("packets (?:sent|received)((?: +\\d+ \\(guest = NetVSP = switch\\)){2})");

    @TempDir
    private Path folder;

    @Test
    void theDemonstrationsChecksAllHold() {
        try (Program demo = Program.run("demo")) {
            assertThat(demo.status()).as(demo::toString).isZero();
            assertThat(demo.output())
                    .contains("all checks held   22 of 22")
                    .containsPattern("VMBus version +5.3 +5.3\n")
                    .containsPattern("channels +5 offered, 5 opened +5 offered, 5 opened\n")
                    .containsPattern("MAC address +00:15:5d:00:00:01 +00:15:5d:00:00:02\n")
                    .containsPattern("ping +min [0-9.]+ ms, median [0-9.]+ ms, 20 answers\n")
                    .containsPattern("TCP +client to server: [0-9.]+ Mbit/s\n")
                    .containsPattern("TCP +server to client: [0-9.]+ Mbit/s\n");
            assertThat(COUNTED.matcher(demo.output()).results()).hasSize(2);
        }
    }

    @Test
    void aLabPrefixesItsConsolesAndEndsWhenAllHavePoweredOff() {
        try (Program lab = Program.run("up", "examples/two-guests.yaml")) {
            assertThat(lab.status()).as(lab::toString).isZero();
            assertThat(lab.output().lines()).allSatisfy(line -> assertThat(line).containsPattern("^(server|client): "));
            for (String guest : List.of("server", "client")) {
                assertThat(lab.output().lines())
                        .contains(guest + ": @cloison end done")
                        .anyMatch(line -> line.startsWith(guest + ": @cloison peer 10.0.0."));
            }
            assertThat(lab.errors()).isEqualTo("cloison: server powered off\ncloison: client powered off\n");
        }
    }

    @Test
    void aLabEndsWithTheWorstStatusOfItsGuests() throws IOException {
        Path file = Files.writeString(folder.resolve("lab.yaml"), """
                partitions:
                  good: {boot: debian-12-cloud, memory: 256M, append: "quiet cloison.role=off"}
                  bad: {boot: debian-12-cloud, memory: 256M, append: "quiet rdinit=/nowhere"}
                """);

        try (Program lab = Program.run("up", file.toString())) {
            assertThat(lab.status()).as(lab::toString).isEqualTo(3);
            assertThat(lab.errors())
                    .startsWith("cloison: good powered off\ncloison: bad crashed: Kernel panic - not syncing: VFS: ");
        }
    }
}
