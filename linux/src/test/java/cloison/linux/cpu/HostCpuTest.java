package cloison.linux.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.linux.code.CodeMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HostCpuTest {
    @Test
    void theProcessorIsKnownExactlyWhereCodeCanBeExecuted() {
        assertThat(HostCpu.probed() != null).isEqualTo(CodeMemory.available());
    }

    @Test
    void itSaysTheSameAsTheKernel() throws Exception {
        HostCpu cpu = HostCpu.probed();
        if (cpu == null) {
            return;
        }
        String kernel = Files.readString(Path.of("/proc/cpuinfo"));
        Set<String> flags = Set.of(
                kernel.replaceAll("(?s).*?\\nflags\\s*: ([^\\n]*)\\n.*", "$1").split(" "));

        assertThat(kernel).contains(cpu.vendor()).contains(cpu.brand());
        assertThat(kernel).containsPattern("cpu family\\s*: " + cpu.family() + "\\n");
        assertThat(kernel).containsPattern("model\\s*: " + cpu.model() + "\\n");
        for (String feature : new String[] {
            "sse2",
            "ssse3",
            "popcnt",
            "cx16",
            "movbe",
            "aes",
            "bmi1",
            "bmi2",
            "rdtscp",
            "avx",
            "avx2",
            "fma",
            "f16c",
            "xsaveopt",
            "xsavec",
            "xgetbv1"
        }) {
            assertThat(cpu.has(feature)).as(feature).isEqualTo(flags.contains(feature));
        }
    }
}
