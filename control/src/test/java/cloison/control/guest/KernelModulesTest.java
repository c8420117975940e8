package cloison.control.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelModulesTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void aKernelWithSomeModules() throws IOException {
        put("kernel/drivers/hv/hv_vmbus.ko", ElfSamples.module());
        put("kernel/drivers/pci/pci-hyperv-intf.ko", ElfSamples.module());
        put("kernel/drivers/pci/pci-hyperv.ko", ElfSamples.module("pci-hyperv-intf", "hv_vmbus"));
        put("kernel/drivers/scsi/scsi_common.ko", ElfSamples.module());
        put("kernel/drivers/scsi/scsi_mod.ko", ElfSamples.module("scsi_common"));
        put("kernel/drivers/scsi/hv_storvsc.ko", ElfSamples.module("hv_vmbus", "scsi_mod"));
        put("modules.order", new byte[0]);
    }

    @Test
    void aModuleComesAfterAllItNeeds() throws IOException {
        assertThat(names("hv_storvsc", "pci-hyperv"))
                .containsExactly("hv_vmbus", "scsi_common", "scsi_mod", "hv_storvsc", "pci-hyperv-intf", "pci-hyperv");
    }

    @Test
    void aModuleThatIsBuiltInOrAbsentIsLeftOut() throws IOException {
        assertThat(names("ext4", "hv_vmbus")).containsExactly("hv_vmbus");
    }

    @Test
    void dashAndUnderscoreAreOneLetter() throws IOException {
        assertThat(names("pci_hyperv_intf")).containsExactly("pci-hyperv-intf");
    }

    @Test
    void theDependencyFileNamesAllNeedsTheDeepestLast() throws IOException {
        KernelModules modules = KernelModules.in(folder);

        String text = modules.dependencies(modules.closure(List.of("hv_storvsc")));

        assertThat(text.lines())
                .containsExactly(
                        "kernel/drivers/hv/hv_vmbus.ko:",
                        "kernel/drivers/scsi/scsi_common.ko:",
                        "kernel/drivers/scsi/scsi_mod.ko: kernel/drivers/scsi/scsi_common.ko",
                        "kernel/drivers/scsi/hv_storvsc.ko: kernel/drivers/scsi/scsi_mod.ko"
                                + " kernel/drivers/scsi/scsi_common.ko kernel/drivers/hv/hv_vmbus.ko");
    }

    @Test
    void aNeedThatIsNotThereIsNamed() throws IOException {
        put("kernel/drivers/net/odd.ko", ElfSamples.module("gone"));

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> names("odd"))
                .withMessageContaining("odd needs gone");
    }

    private List<String> names(String... wanted) throws IOException {
        return KernelModules.in(folder).closure(List.of(wanted)).stream()
                .map(KernelModules.Module::name)
                .toList();
    }

    private void put(String path, byte[] content) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }
}
