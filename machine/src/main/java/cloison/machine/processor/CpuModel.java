package cloison.machine.processor;

import static cloison.machine.processor.CpuFeature.AVX;
import static cloison.machine.processor.CpuFeature.AVX2;
import static cloison.machine.processor.CpuFeature.BMI1;
import static cloison.machine.processor.CpuFeature.BMI2;
import static cloison.machine.processor.CpuFeature.CLFSH;
import static cloison.machine.processor.CpuFeature.CMOV;
import static cloison.machine.processor.CpuFeature.CX16;
import static cloison.machine.processor.CpuFeature.CX8;
import static cloison.machine.processor.CpuFeature.F16C;
import static cloison.machine.processor.CpuFeature.FMA;
import static cloison.machine.processor.CpuFeature.FPU;
import static cloison.machine.processor.CpuFeature.FXSR;
import static cloison.machine.processor.CpuFeature.LAHF;
import static cloison.machine.processor.CpuFeature.LZCNT;
import static cloison.machine.processor.CpuFeature.MMX;
import static cloison.machine.processor.CpuFeature.MOVBE;
import static cloison.machine.processor.CpuFeature.POPCNT;
import static cloison.machine.processor.CpuFeature.RDRAND;
import static cloison.machine.processor.CpuFeature.RDSEED;
import static cloison.machine.processor.CpuFeature.RDTSCP;
import static cloison.machine.processor.CpuFeature.SMAP;
import static cloison.machine.processor.CpuFeature.SSE;
import static cloison.machine.processor.CpuFeature.SSE2;
import static cloison.machine.processor.CpuFeature.SSE3;
import static cloison.machine.processor.CpuFeature.SSE4_1;
import static cloison.machine.processor.CpuFeature.SSE4_2;
import static cloison.machine.processor.CpuFeature.SSSE3;
import static cloison.machine.processor.CpuFeature.XGETBV1;
import static cloison.machine.processor.CpuFeature.XSAVE;
import static cloison.machine.processor.CpuFeature.XSAVEC;
import static cloison.machine.processor.CpuFeature.XSAVEOPT;

import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/// Which features a virtual processor has: what CPUID tells, and which instructions are undefined.
///
/// Two models of one name are the same on every host, so that a saved partition can go on elsewhere; only a model made
/// after the host's processor differs.
///
/// @param name what an operator calls it
/// @param signature family, model and stepping as CPUID leaf 1 has them in EAX: of a processor with no more features,
/// for
///     programs conclude from it on features (GCC's `target_clones` with `arch=` does)
/// @param features what it has, closed under what each feature needs
public record CpuModel(String name, int signature, Set<CpuFeature> features) {
    /// Family 6, model 0x1A, stepping 3 (Nehalem).
    private static final int NEHALEM = 0x0001_06A3;

    /// Family 6, model 0x3C, stepping 4 (Haswell).
    private static final int HASWELL = 0x0003_06C4;

    /// What a feature is nothing without (SDM volume 1, 13.1 and 14.3).
    private static final Map<CpuFeature, CpuFeature> NEEDS = new EnumMap<>(
            Map.of(XSAVEOPT, XSAVE, XSAVEC, XSAVE, XGETBV1, XSAVE, AVX, XSAVE, AVX2, AVX, FMA, AVX, F16C, AVX));

    /// The System V ABI's x86-64-v2, with what a kernel expects of a processor of its time.
    public static final CpuModel V2 = new CpuModel(
            "v2",
            NEHALEM,
            EnumSet.of(
                    FPU, CX8, CMOV, CLFSH, MMX, FXSR, SSE, SSE2, SSE3, SSSE3, CX16, SSE4_1, SSE4_2, POPCNT, LAHF,
                    RDTSCP, RDRAND, RDSEED, SMAP, XSAVE, XSAVEOPT));

    /// The System V ABI's x86-64-v3, with the ways of saving its state.
    public static final CpuModel V3 = new CpuModel("v3", HASWELL, V2.features())
            .with("v3", EnumSet.of(AVX, AVX2, BMI1, BMI2, F16C, FMA, LZCNT, MOVBE, XSAVEC, XGETBV1));

    /// Refuses a feature without what it needs.
    public CpuModel {
        features = Set.copyOf(features);
        for (CpuFeature feature : features) {
            CpuFeature needed = NEEDS.get(feature);
            if (needed != null && !features.contains(needed)) {
                throw new IllegalArgumentException("%s without %s".formatted(feature, needed));
            }
        }
    }

    /// {@return whether it has `feature`}
    public boolean has(CpuFeature feature) {
        return features.contains(feature);
    }

    /// {@return a model of its own name with `more`}
    public CpuModel with(String name, Collection<CpuFeature> more) {
        Set<CpuFeature> all = EnumSet.copyOf(more);
        all.addAll(features);
        return new CpuModel(name, signature, all);
    }

    /// {@return a model of its own name without `feature` and what needs it}
    public CpuModel without(String name, CpuFeature feature) {
        Set<CpuFeature> rest = EnumSet.copyOf(features);
        rest.remove(feature);
        boolean again = true;
        while (again) {
            again = rest.removeIf(each -> {
                CpuFeature needed = NEEDS.get(each);
                return needed != null && !rest.contains(needed);
            });
        }
        return new CpuModel(name, signature, rest);
    }

    /// {@return its bits in a register of a CPUID answer}
    public int bits(int leaf, int subleaf, CpuFeature.Register register) {
        int bits = 0;
        for (CpuFeature feature : features) {
            boolean there = feature.leaf() == leaf && (feature.subleaf() == subleaf || !feature.hasSubleaves());
            if (there && feature.register() == register) {
                bits |= 1 << feature.bit();
            }
        }
        return bits;
    }
}
