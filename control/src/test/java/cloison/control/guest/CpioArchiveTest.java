package cloison.control.guest;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.Samples;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class CpioArchiveTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CpioArchive archive = new CpioArchive(bytes);

    @Test
    void everyKindOfEntryReadsBack() throws IOException {
        archive.folder("dev", 0755);
        archive.device("dev/console", 0600, 5, 1);
        archive.file("init", 0755, "#!/bin/sh\n".getBytes(StandardCharsets.UTF_8));
        archive.link("bin", "usr/bin");
        archive.finish();

        SequencedMap<String, CpioReader.Entry> entries = CpioReader.read(bytes.toByteArray());

        assertThat(entries.keySet()).containsExactly("dev", "dev/console", "init", "bin");
        assertThat(entries.get("dev").mode()).isEqualTo(0040755);
        assertThat(entries.get("dev/console").mode()).isEqualTo(0020600);
        assertThat(entries.get("dev/console").major()).isEqualTo(5);
        assertThat(entries.get("dev/console").minor()).isEqualTo(1);
        assertThat(entries.get("init").mode()).isEqualTo(0100755);
        assertThat(entries.get("init").text()).isEqualTo("#!/bin/sh\n");
        assertThat(entries.get("bin").mode()).isEqualTo(0120777);
        assertThat(entries.get("bin").text()).isEqualTo("usr/bin");
    }

    @Test
    void theArchiveFillsWholeBlocks() throws IOException {
        archive.file("a", 0644, new byte[] {1});
        archive.finish();

        assertThat(bytes.size()).isEqualTo(512);
    }

    @Test
    void aHeaderIsLaidOutAsTheKernelReadsIt() throws IOException {
        archive.file("abc", 0644, new byte[] {'x', 'y', 'z', 'w', '!'});

        assertThat(bytes.toString(StandardCharsets.US_ASCII))
                .startsWith("070701" + "00000001" + "000081a4" + "00000000" + "00000000" + "00000001" + "00000000"
                        + "00000005" + "00000000" + "00000000" + "00000000" + "00000000" + "00000004" + "00000000"
                        + "abc\0" + "\0\0" + "xyzw!" + "\0\0\0");
    }

    @Test
    void filesOfAnySizeReadBack() {
        Samples.check(200, random -> {
            byte[] content = new byte[random.nextInt(3000)];
            random.nextBytes(content);
            String name = "n".repeat(1 + random.nextInt(40));
            ByteArrayOutputStream to = new ByteArrayOutputStream();
            try {
                CpioArchive one = new CpioArchive(to);
                one.file(name, 0644, content);
                one.file("next", 0600, new byte[0]);
                one.finish();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }

            assertThat(CpioReader.read(to.toByteArray()).get(name).content()).isEqualTo(content);
            assertThat(CpioReader.read(to.toByteArray())).containsKey("next");
        });
    }
}
