package cloison.hyperv.guest;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;

/// What a partition's guest is offered of the hypervisor interface.
///
/// @param on the features that are there
public record Features(Set<Feature> on) {
    /// Takes a copy.
    public Features {
        on = Set.copyOf(on);
    }

    /// {@return what Linux needs, with its timers in direct mode, and crash reports}
    public static Features standard() {
        Set<Feature> on = EnumSet.allOf(Feature.class);
        on.remove(Feature.RESET);
        on.remove(Feature.INVARIANT_TSC);
        on.remove(Feature.GUEST_IDLE);
        on.remove(Feature.REMOTE_FLUSH);
        on.remove(Feature.CLUSTER_IPI);
        on.remove(Feature.EXTENDED_PROCESSOR_MASKS);
        return new Features(on);
    }

    /// {@return these and `feature`}
    public Features with(Feature feature) {
        Set<Feature> more = copy(on);
        more.add(feature);
        return new Features(more);
    }

    /// {@return these without `feature`}
    public Features without(Feature feature) {
        Set<Feature> fewer = copy(on);
        fewer.remove(feature);
        return new Features(fewer);
    }

    /// {@return whether `feature` is there}
    public boolean has(Feature feature) {
        return on.contains(feature);
    }

    /// {@return the bits of all features in one CPUID register}
    public int bits(Feature.Register register) {
        int bits = 0;
        for (Feature feature : on) {
            if (feature.register() == register) {
                bits |= feature.mask();
            }
        }
        return bits;
    }

    private static Set<Feature> copy(Collection<Feature> features) {
        return features.isEmpty() ? EnumSet.noneOf(Feature.class) : EnumSet.copyOf(features);
    }
}
