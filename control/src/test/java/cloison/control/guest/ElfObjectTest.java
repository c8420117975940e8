package cloison.control.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import cloison.machine.Samples;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ElfObjectTest {
    private static final Path PATH = Path.of("sample");

    @Test
    void aProgramNamesItsLibrariesInOrder() throws IOException {
        byte[] program = ElfSamples.dynamic("libiperf.so.0", "libc.so.6");

        assertThat(ElfObject.of(PATH, program).neededLibraries()).containsExactly("libiperf.so.0", "libc.so.6");
    }

    @Test
    void aModuleNamesItsModulesInOrder() throws IOException {
        assertThat(ElfObject.of(PATH, ElfSamples.module("pci-hyperv-intf", "hv_vmbus"))
                        .neededModules())
                .containsExactly("pci-hyperv-intf", "hv_vmbus");
        assertThat(ElfObject.of(PATH, ElfSamples.module()).neededModules()).isEmpty();
    }

    @Test
    void aStaticProgramNamesNoLibrary() throws IOException {
        byte[] program = ElfSamples.dynamic();
        program[56] = 1;

        assertThat(ElfObject.of(PATH, program).neededLibraries()).isEmpty();
    }

    @Test
    void whatIsNotElfIsRefusedByName() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> ElfObject.of(Path.of("notes.txt"), new byte[100]))
                .withMessageContaining("notes.txt");
    }

    @Test
    void aDamagedFileIsAnErrorOfTheFileAndNothingElse() {
        Samples.check(2000, random -> {
            byte[] elf = random.nextBoolean() ? ElfSamples.dynamic("libc.so.6") : ElfSamples.module("hv_vmbus");
            for (int i = 0; i < 4; i++) {
                elf[6 + random.nextInt(elf.length - 6)] = (byte) random.nextInt();
            }
            try {
                ElfObject object = ElfObject.of(PATH, elf);
                assertThat(object.neededLibraries()).isNotNull();
                assertThat(object.neededModules()).isNotNull();
            } catch (IOException refused) {
                assertThat(refused).hasMessageContaining("sample");
            }
        });
    }
}
