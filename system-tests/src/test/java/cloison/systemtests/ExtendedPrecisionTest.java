package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Programs that compute in x87 and MMX registers, several at once: each must find its own registers again after
/// interrupts, other programs and exceptions, and come to what it comes to on the host.
class ExtendedPrecisionTest {
    private static final int PROGRAMS = 6;
    private static final int ROUNDS = 400;

    @TempDir
    private static Path folder;

    private static Path program;
    private static Guest guest;

    @BeforeAll
    static void aGuestHasTheProgram() throws IOException {
        assumeTrue(Tools.onPath("gcc"), "gcc is not installed");
        Path source = folder.resolve("extended.c");
        try (InputStream text = ExtendedPrecisionTest.class.getResourceAsStream("extended.c")) {
            Files.copy(Objects.requireNonNull(text), source);
        }
        Path files = Files.createDirectories(folder.resolve("files/x87"));
        program = files.resolve("extended");
        Tools.run(folder, "gcc", "-O2", "-static", "-o", program.toString(), source.toString(), "-lm");
        guest = Guest.of(Guest.CLOUD).with(files.getParent());
    }

    @Test
    void programsKeepTheirRegistersAndComeToWhatTheyComeToOnTheHost() {
        String expected = IntStream.rangeClosed(1, PROGRAMS)
                .mapToObj(n -> Tools.run(folder, program.toString(), String.valueOf(n), "1"))
                .collect(Collectors.joining());
        try (Program machine = guest.run("--cpus", "2")) {
            Shell shell = new Shell(machine);

            shell.run("for n in $(seq " + PROGRAMS + "); do (/x87/extended $n " + ROUNDS
                    + " > /tmp/$n || echo failed with $? > /tmp/$n) & done; wait");
            assertThat(shell.run("for n in $(seq " + PROGRAMS + "); do cat /tmp/$n; done"))
                    .isEqualTo(expected.strip());
            assertThat(shell.complaints()).isEmpty();
            shell.last("poweroff");

            assertThat(machine.status()).as(machine::toString).isZero();
        }
    }
}
