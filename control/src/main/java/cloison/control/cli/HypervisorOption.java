package cloison.control.cli;

import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import cloison.vm.config.ConfigurationException;
import java.util.Arrays;
import java.util.stream.Collectors;

/// The value of `--hyperv`: parts of the hypervisor interface to switch on and off.
final class HypervisorOption {
    private HypervisorOption() {}

    /// {@return the standard interface with the changes in `text`: `+NAME` or `-NAME`, with commas between}
    static Features parse(String text) {
        Features features = Features.standard();
        for (String word : text.split(",", -1)) {
            boolean on = word.startsWith("+");
            Feature feature = on || word.startsWith("-") ? Feature.called(word.substring(1)) : null;
            if (feature == null) {
                throw new ConfigurationException("--hyperv does not know '" + word
                        + "'; write +NAME or -NAME with one of "
                        + Arrays.stream(Feature.values()).map(Feature::text).collect(Collectors.joining(", ")));
            }
            features = on ? features.with(feature) : features.without(feature);
        }
        return features;
    }
}
