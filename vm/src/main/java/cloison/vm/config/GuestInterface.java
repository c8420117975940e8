package cloison.vm.config;

import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import java.util.Arrays;
import java.util.stream.Collectors;

/// Which parts of the hypervisor interface a guest is offered.
///
/// @param features the parts
public record GuestInterface(Features features) {
    /// {@return what is good for most guests}
    public static GuestInterface standard() {
        return new GuestInterface(Features.standard());
    }

    /// {@return the standard interface with the changes in `text`: `+NAME` or `-NAME`, with commas between}
    public static GuestInterface of(String text) {
        Features features = Features.standard();
        for (String word : text.split(",", -1)) {
            boolean on = word.startsWith("+");
            Feature feature = on || word.startsWith("-") ? Feature.called(word.substring(1)) : null;
            if (feature == null) {
                throw new ConfigurationException("the hypervisor interface has no part '" + word
                        + "'; write +NAME or -NAME with one of "
                        + Arrays.stream(Feature.values()).map(Feature::text).collect(Collectors.joining(", ")));
            }
            features = on ? features.with(feature) : features.without(feature);
        }
        return new GuestInterface(features);
    }
}
