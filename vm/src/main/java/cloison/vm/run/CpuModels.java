package cloison.vm.run;

import cloison.linux.cpu.HostCpu;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.CpuModel;
import cloison.vm.config.CpuName;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The processor models by their names, and what a host's processor must have to execute them.
final class CpuModels {
    /// What emitted code uses itself.
    private static final Set<CpuFeature> EMITTED = EnumSet.of(CpuFeature.BMI2, CpuFeature.LAHF);

    /// Features whose instructions are the engine's own on every host.
    private static final Set<CpuFeature> OURS = EnumSet.of(
            CpuFeature.FPU,
            CpuFeature.CLFSH,
            CpuFeature.XSAVE,
            CpuFeature.XSAVEOPT,
            CpuFeature.XSAVEC,
            CpuFeature.XGETBV1,
            CpuFeature.RDRAND,
            CpuFeature.RDSEED,
            CpuFeature.RDTSCP,
            CpuFeature.SMAP);

    private CpuModels() {}

    /// {@return the model that `name` stands for on this host}
    static CpuModel of(CpuName name) {
        HostCpu host = HostCpu.probed();
        return of(name, feature -> host != null && host.has(feature.text()));
    }

    /// {@return the model that `name` stands for where the host's processor has what `host` says}
    static CpuModel of(CpuName name, Predicate<CpuFeature> host) {
        return switch (name) {
            case V2 -> CpuModel.V2;
            case V3 -> CpuModel.V3;
            case HOST -> host(host);
        };
    }

    /// All features but those that the host's processor lacks, except for what all models have.
    private static CpuModel host(Predicate<CpuFeature> host) {
        CpuModel model = new CpuModel(CpuName.HOST.text(), CpuModel.V3.signature(), EnumSet.allOf(CpuFeature.class));
        for (CpuFeature feature : CpuFeature.values()) {
            boolean kept = OURS.contains(feature) || CpuModel.V2.has(feature) || host.test(feature);
            if (!kept && model.has(feature)) {
                model = model.without(CpuName.HOST.text(), feature);
            }
        }
        return model;
    }

    /// {@return why a processor with what `host` says cannot run translated code of a `model`, or null if it can}
    static @Nullable String refusal(CpuModel model, Predicate<CpuFeature> host) {
        Set<CpuFeature> needed = EnumSet.copyOf(model.features());
        needed.removeAll(OURS);
        needed.addAll(EMITTED);
        List<String> missing = new ArrayList<>();
        for (CpuFeature feature : needed) {
            if (!host.test(feature)) {
                missing.add(feature.text());
            }
        }
        return missing.isEmpty() ? null : "the host's processor lacks " + String.join(", ", missing);
    }
}
