package cloison.vm.run;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.CpuModel;
import cloison.vm.config.CpuName;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CpuModelsTest {
    private static final Set<CpuFeature> NOTHING = EnumSet.noneOf(CpuFeature.class);
    private static final Set<CpuFeature> ALL = EnumSet.allOf(CpuFeature.class);

    private static Set<CpuFeature> allBut(CpuFeature... features) {
        Set<CpuFeature> rest = EnumSet.allOf(CpuFeature.class);
        rest.removeAll(Set.of(features));
        return rest;
    }

    @Test
    void namedModelsAreTheSameOnEveryHost() {
        for (Set<CpuFeature> host : Set.of(NOTHING, ALL)) {
            assertThat(CpuModels.of(CpuName.V2, host::contains)).isEqualTo(CpuModel.V2);
            assertThat(CpuModels.of(CpuName.V3, host::contains)).isEqualTo(CpuModel.V3);
        }
    }

    @Test
    void theHostsModelHasWhatTheHostHas() {
        assertThat(CpuModels.of(CpuName.HOST, ALL::contains).features()).isEqualTo(ALL);
        assertThat(CpuModels.of(CpuName.HOST, allBut(CpuFeature.AVX, CpuFeature.SHA)::contains)
                        .features())
                .doesNotContain(CpuFeature.AVX, CpuFeature.AVX2, CpuFeature.FMA, CpuFeature.SHA)
                .contains(CpuFeature.AES, CpuFeature.BMI2);
        assertThat(CpuModels.of(CpuName.HOST, NOTHING::contains).features())
                .containsAll(CpuModel.V2.features())
                .doesNotContain(CpuFeature.AVX, CpuFeature.AES, CpuFeature.LZCNT);
    }

    @Test
    void translatedCodeNeedsWhatItsModelHas() {
        assertThat(CpuModels.refusal(CpuModel.V3, ALL::contains)).isNull();
        assertThat(CpuModels.refusal(CpuModel.V3, allBut(CpuFeature.FMA, CpuFeature.XSAVEC)::contains))
                .isEqualTo("the host's processor lacks fma");
        assertThat(CpuModels.refusal(CpuModel.V2, allBut(CpuFeature.FMA, CpuFeature.AVX)::contains))
                .isNull();
        assertThat(CpuModels.refusal(CpuModel.V2, allBut(CpuFeature.SSE4_2, CpuFeature.BMI2)::contains))
                .isEqualTo("the host's processor lacks sse4.2, bmi2");
        Set<CpuFeature> old = allBut(CpuFeature.AVX2);
        assertThat(CpuModels.refusal(CpuModels.of(CpuName.HOST, old::contains), old::contains))
                .isNull();
    }
}
