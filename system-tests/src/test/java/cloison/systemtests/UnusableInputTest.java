package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What cannot be used is told in one line that says what, which, and what to do, and the status is 2.
@Execution(ExecutionMode.CONCURRENT)
class UnusableInputTest {
    @TempDir
    private static Path folder;

    private static Guest guest;

    @BeforeAll
    static void files() throws IOException {
        guest = Guest.of(Guest.CLOUD);
        byte[] kernel = Files.readAllBytes(Path.of(guest.kernel()));
        Files.write(folder.resolve("half"), Arrays.copyOf(kernel, kernel.length / 2));
        Files.write(folder.resolve("large"), new byte[80 << 20]);
        Files.writeString(folder.resolve("lab.yaml"), """
                switches:
                  lan: {type: private}
                partitions:
                  web: {boot: debian-12-cloud, nics: [{switch: wan}]}
                """);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "run --kernel /nowhere/vmlinuz | kernel /nowhere/vmlinuz: no such file; check the path",
                "run --kernel README.md | kernel README.md: not a Linux bzImage, .*; pass a kernel such as /boot/vmlinuz-.*",
                "run --kernel FOLDER | kernel FOLDER: is a folder; check the path",
                "run --kernel FOLDER/half | kernel FOLDER/half: is cut short; copy it again",
                "run --kernel KERNEL --initrd /nowhere/initrd | initrd /nowhere/initrd: no such file; check the path",
                "run --kernel KERNEL --initrd FOLDER/large --memory 64M | initrd FOLDER/large: is larger than the 64 MiB of memory; raise --memory",
                "run --kernel KERNEL --initrd FOLDER/large --memory 96M | initrd of 80 MiB does not fit into 96 MiB of memory beside the kernel; raise --memory",
                "run --kernel KERNEL --memory 32M | kernel KERNEL needs \\d+ MiB of memory to start, the partition has 32 MiB; raise --memory",
                "run --kernel KERNEL --memory 8M | partition guest cannot have 8388608 bytes of memory; give it whole MiB, from 16M to 64G",
                "run --kernel KERNEL --cpus 0 | partition guest cannot have 0 processors; give it 1 to 64",
                "run --kernel KERNEL --fly | there is no option '--fly'; see 'cloison help run'",
                "run --kernel KERNEL --engine quantum | .*'quantum'.*",
                "run --kernel KERNEL --nic switch=lan,mac=00:15:5d | MAC address '00:15:5d' is malformed: write six pairs of hex digits, .*",
                "run --kernel KERNEL --nic switch=lan,mac=00:15:5d:00:00:01 --nic switch=lan,mac=00:15:5d:00:00:01 | the MAC address 00:15:5d:00:00:01 is given twice; every adapter needs its own",
                "run --kernel KERNEL --trace /nowhere/trace | cannot write the trace to /nowhere/trace; name a file in a folder that you may write",
                "up /nowhere/lab.yaml | the lab file /nowhere/lab.yaml is not there; check the path",
                "guest fetch windows | there is no guest 'windows' to fetch; use debian-12-cloud or debian-12",
                "fly | there is no verb 'fly'; see 'cloison help'",
            })
    void isToldInOneLine(String arguments, String line) {
        try (Program program = Program.run(filledIn(arguments).split(" "))) {
            assertThat(program.errors()).matches("cloison: " + filledIn(line) + "\n");
            assertThat(program.output()).isEmpty();
            assertThat(program.status()).isEqualTo(2);
        }
    }

    @Test
    void ofALabIsToldWithItsPlaceInTheFile() {
        try (Program program = Program.run("up", folder.resolve("lab.yaml").toString())) {
            assertThat(program.errors()).matches(folder.resolve("lab.yaml") + ":4: .*'wan'.*\n");
            assertThat(program.output()).isEmpty();
            assertThat(program.status()).isEqualTo(2);
        }
    }

    private static String filledIn(String text) {
        return text.replace("FOLDER", folder.toString()).replace("KERNEL", guest.kernel());
    }
}
