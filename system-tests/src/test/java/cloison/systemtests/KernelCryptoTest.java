package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cloison.vm.config.CpuName;
import cloison.vm.run.Engines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The kernel's own tests of its ciphers and checksums, with all code that it has for x86-64.
///
/// The kernel tests each implementation when its module is loaded: known answers, and data laid out in many ways.
@Execution(ExecutionMode.CONCURRENT)
class KernelCryptoTest {
    /// What the modules register on a processor with these features.
    private static final Map<String, List<String>> DRIVERS = Map.of(
            "ssse3", List.of("sha1-ssse3", "sha256-ssse3", "sha512-ssse3", "chacha20-simd"),
            "sse4_2", List.of("crc32c-intel"),
            "lm", List.of("twofish-asm", "blowfish-asm", "camellia-asm", "des3_ede-asm", "cbc-serpent-sse2"),
            "avx", List.of("sha1-avx", "sha256-avx", "sha512-avx", "cbc-cast5-avx", "cbc-cast6-avx", "ecb-twofish-avx"),
            "avx2", List.of("sha1-avx2", "sha256-avx2", "sha512-avx2", "cbc-serpent-avx2", "nhpoly1305-avx2"),
            "aes", List.of("aes-aesni", "cbc-aes-aesni", "xts-aes-aesni", "generic-gcm-aesni", "aegis128-aesni"),
            "pclmulqdq", List.of("ghash-clmulni", "crc32-pclmul", "crct10dif-pclmul"),
            "sha_ni", List.of("sha1-ni", "sha256-ni"));

    @TempDir
    private static Path folder;

    private static Guest guest;

    @BeforeAll
    static void aGuestHasTheModules() throws IOException {
        Guest stock = Guest.of(Guest.CLOUD);
        Path files = Files.createDirectories(folder.resolve("files"));
        Tools.run(
                files,
                "sh",
                "-c",
                "dpkg-deb --fsys-tarfile \"$1\" | tar -x --wildcards"
                        + " './lib/modules/*/kernel/crypto' './lib/modules/*/kernel/arch/x86/crypto'"
                        + " './lib/modules/*/kernel/lib/crypto'",
                "sh",
                stock.packageOf("linux-image-").toString());
        guest = stock.with(files);
    }

    @ParameterizedTest
    @CsvSource({"v2,1", "host,2"})
    void everyImplementationPassesTheKernelsTests(String cpu, int cpus) {
        assumeTrue(Engines.refusal(CpuName.V2) == null, "this host cannot run translated code");
        String append = "console=ttyS0 quiet cryptomgr.panic_on_fail=1";
        try (Program program = guest.run("--cpu", cpu, "--cpus", String.valueOf(cpus), "--append", append)) {
            Shell shell = new Shell(program);

            shell.run("depmod -a");
            // A module whose features the processor does not have refuses: "No such device".
            String refused = shell.run("for file in $(find /lib/modules -path '*x86/crypto*' -name '*.ko'); do"
                    + " name=${file##*/}; modprobe ${name%.ko} 2>&1; done; true");
            assertThat(refused.lines()
                            .filter(line -> line.startsWith("modprobe"))
                            .filter(line -> !line.endsWith("No such device")))
                    .isEmpty();

            Map<String, String> outcomes = outcomes(shell.run("cat /proc/crypto"));
            assertThat(outcomes.values()).allMatch("passed"::equals);
            assertThat(outcomes.keySet()).containsAll(expected(shell.run("grep -m 1 ^flags /proc/cpuinfo")));
            // It says "passed" too if it never tests, or has no test.
            assertThat(shell.run("cat /sys/module/cryptomgr/parameters/notests"))
                    .isEqualTo("N");
            assertThat(shell.run("dmesg")).doesNotContain("self-tests disabled", "alg: No test");
            assertThat(shell.complaints()).isEmpty();
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
    }

    private static Set<String> expected(String flags) {
        List<String> features = Arrays.asList(flags.split("\\s+"));
        Set<String> drivers = new TreeSet<>();
        DRIVERS.forEach((feature, names) -> {
            if (features.contains(feature)) {
                drivers.addAll(names);
            }
        });
        return drivers;
    }

    /// {@return of each implementation what its tests came to}
    private static Map<String, String> outcomes(String crypto) {
        Map<String, String> outcomes = new TreeMap<>();
        List<String> driver = new ArrayList<>();
        for (String line : crypto.lines().toList()) {
            String[] parts = line.split(" *: ", 2);
            if (parts[0].equals("driver")) {
                driver.add(parts[1]);
            } else if (parts[0].equals("selftest")) {
                outcomes.put(driver.getLast(), parts[1]);
            }
        }
        return outcomes;
    }
}
