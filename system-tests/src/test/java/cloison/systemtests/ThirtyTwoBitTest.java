package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.vm.config.CpuName;
import cloison.vm.run.Engines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A 32-bit program, Debian's busybox for i386, on a 64-bit kernel.
class ThirtyTwoBitTest {
    private static final int ROUNDS = 5_000;
    /// Instructions, of some 500 millions, that may be interpreted on the translator: those of the x87 above all.
    private static final long MOST_INTERPRETED = 10_000_000;

    @TempDir
    private static Path folder;

    private static Guest guest;

    @BeforeAll
    static void aGuestHasA32BitBusybox() throws IOException {
        Guest stock = Guest.of(Guest.CLOUD);
        Path files = Files.createDirectories(folder.resolve("files/i386"));
        Path archive = new ForeignPackages(stock.cache(), "i386").file("busybox-static");
        Tools.run(folder, "dpkg-deb", "-x", archive.toString(), "unpacked");
        Path busybox = folder.resolve("unpacked/bin/busybox");
        // ELF, identification: class 1 is 32 bits.
        assertThat(Files.readAllBytes(busybox)[4]).isEqualTo((byte) 1);
        Files.copy(busybox, files.resolve("busybox"));
        guest = stock.with(files.getParent());
    }

    @Test
    void a32BitProgramComputesWhatA64BitOneDoes() throws IOException {
        long sum = IntStream.range(0, ROUNDS)
                .mapToLong(i -> ((long) i << 33) / 7 ^ i)
                .sum();
        double harmonic =
                IntStream.rangeClosed(1, 2000).mapToDouble(i -> 1.0 / i).sum();
        Path trace = folder.resolve("trace");
        try (Program program = guest.run("--cpus", "2", "--trace", trace.toString())) {
            Shell shell = new Shell(program);

            shell.run("seq 1 8000 > /tmp/numbers");
            for (String tool : new String[] {"md5sum", "sha256sum", "sha512sum"}) {
                assertThat(shell.run("/i386/busybox " + tool + " /tmp/numbers"))
                        .isEqualTo(shell.run(tool + " /tmp/numbers"));
            }
            assertThat(shell.run("/i386/busybox sh -c 'i=0; s=0; while [ $i -lt " + ROUNDS
                            + " ]; do s=$((s + ((i << 33) / 7 ^ i))); i=$((i + 1)); done; echo $s'"))
                    .isEqualTo(String.valueOf(sum));
            assertThat(shell.run("/i386/busybox awk 'BEGIN { for (i = 1; i <= 2000; i++) s += 1 / i;"
                            + " printf \"%.9f\", s }'"))
                    .isEqualTo(String.format(Locale.ROOT, "%.9f", harmonic));
            assertThat(shell.run("/i386/busybox sh -c 'for i in 1 2 3 4 5 6 7 8; do"
                            + " (/i386/busybox sort -r /tmp/numbers | /i386/busybox gzip > /tmp/$i.gz) & done; wait';"
                            + " cat /tmp/?.gz | zcat | sort -n | uniq -c | sed 's/ *8 //' | cmp - /tmp/numbers"))
                    .isEmpty();
            assertThat(shell.complaints()).isEmpty();
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
        if (Engines.refusal(CpuName.V2) == null) {
            assertThat(interpreted(trace)).isBetween(1L, MOST_INTERPRETED);
        }
    }

    /// {@return how many instructions were not translated, on all processors, as the trace's summary has it}
    private static long interpreted(Path trace) throws IOException {
        Pattern count = Pattern.compile(" summary vp\\d+ exits .*\\binterpreted=(\\d+)");
        return Files.readAllLines(trace).stream()
                .map(count::matcher)
                .filter(Matcher::find)
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .sum();
    }
}
