package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.processor.CpuModel;
import org.junit.jupiter.api.Test;

/// Programs take the model for a promise of features: GCC's clones for `arch=skylake-avx512` and later run where
/// CPUID names such a processor, whatever the feature bits say.
class SignatureTest {
    @Test
    void noModelIsThatOfAProcessorWithMoreFeatures() {
        // the models of family 6 that GCC knows to have no more than Haswell: Nehalem and Haswell
        assertThat(family(CpuModel.V2)).isEqualTo(6);
        assertThat(model(CpuModel.V2)).isEqualTo(0x1A);
        assertThat(family(CpuModel.V3)).isEqualTo(6);
        assertThat(model(CpuModel.V3)).isEqualTo(0x3C);
    }

    @Test
    void cpuidAnswersWithIt() {
        try (TestVm vm = TestVm.longMode()) {
            vm.run("mov eax, 1\n cpuid\n hlt");

            assertThat((int) vm.rax()).isEqualTo(vm.cpu().model.signature());
        }
    }

    private static int family(CpuModel model) {
        return model.signature() >> 8 & 15;
    }

    private static int model(CpuModel model) {
        return model.signature() >> 4 & 15 | model.signature() >> 12 & 0xF0;
    }
}
