package cloison.control.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitialRamDiskTest {
    private static final String RELEASE = "6.1.0-1-cloud-amd64";

    @TempDir
    private Path packages;

    private InitialRamDisk disk;

    @BeforeEach
    void unpackedPackages() throws IOException {
        put("usr/bin/iperf3", ElfSamples.dynamic("libiperf.so.0", "libc.so.6"));
        put("usr/lib/x86_64-linux-gnu/libiperf.so.0.0.0", ElfSamples.dynamic("libc.so.6"));
        Files.createSymbolicLink(
                packages.resolve("usr/lib/x86_64-linux-gnu/libiperf.so.0"), Path.of("libiperf.so.0.0.0"));
        put("lib/x86_64-linux-gnu/libc.so.6", ElfSamples.dynamic("ld-linux-x86-64.so.2"));
        put("lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", ElfSamples.dynamic());
        put("lib/modules/" + RELEASE + "/kernel/hv/hv_vmbus.ko", ElfSamples.module());
        put("lib/modules/" + RELEASE + "/kernel/net/hv_netvsc.ko", ElfSamples.module("hv_vmbus"));
        disk = new InitialRamDisk(packages);
    }

    @Test
    void aProgramComesWithItsLibrariesAndTheirLoader() throws IOException {
        disk.programs(List.of("usr/bin/iperf3"));

        assertThat(written())
                .containsKeys(
                        "usr/bin/iperf3",
                        "lib/x86_64-linux-gnu/libiperf.so.0",
                        "lib/x86_64-linux-gnu/libc.so.6",
                        "lib64/ld-linux-x86-64.so.2")
                .doesNotContainKey("lib/x86_64-linux-gnu/libiperf.so.0.0.0");
    }

    @Test
    void driversComeWithTheirDependencyFile() throws IOException {
        disk.modules(RELEASE, List.of("hv_netvsc", "tulip"));

        SequencedMap<String, CpioReader.Entry> entries = written();
        assertThat(entries.get("lib/modules/" + RELEASE + "/modules.dep").text())
                .contains("kernel/net/hv_netvsc.ko: kernel/hv/hv_vmbus.ko");
        assertThat(entries.get("lib/modules/" + RELEASE + "/kernel/hv/hv_vmbus.ko")
                        .content())
                .isEqualTo(ElfSamples.module());
    }

    @Test
    void everyFolderComesBeforeWhatIsInIt() throws IOException {
        disk.programs(List.of("usr/bin/iperf3"));
        disk.modules(RELEASE, List.of("hv_netvsc"));
        disk.init("#!/bin/busybox sh\n");

        List<String> seen = new ArrayList<>();
        for (String path : written().keySet()) {
            if (path.contains("/")) {
                assertThat(seen).contains(path.substring(0, path.lastIndexOf('/')));
            }
            seen.add(path);
        }
    }

    @Test
    void theFirstProgramHasAConsoleToSpeakOn() throws IOException {
        disk.init("#!/bin/busybox sh\n");

        SequencedMap<String, CpioReader.Entry> entries = written();
        assertThat(entries.get("init").mode()).isEqualTo(0100755);
        assertThat(entries.get("dev/console").mode()).isEqualTo(0020600);
    }

    @Test
    void theSameContentIsTheSameArchive() throws IOException {
        disk.programs(List.of("usr/bin/iperf3"));

        assertThat(bytes()).isEqualTo(bytes());
    }

    @Test
    void aLibraryThatNoPackageHasIsNamed() throws IOException {
        put("bin/odd", ElfSamples.dynamic("libgone.so.1"));

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> disk.programs(List.of("bin/odd")))
                .withMessageContaining("libgone.so.1");
    }

    private SequencedMap<String, CpioReader.Entry> written() throws IOException {
        return CpioReader.read(bytes());
    }

    private byte[] bytes() throws IOException {
        Path file = packages.resolve("initrd");
        disk.write(file);
        return Files.readAllBytes(file);
    }

    private void put(String path, byte[] content) throws IOException {
        Path file = packages.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }
}
