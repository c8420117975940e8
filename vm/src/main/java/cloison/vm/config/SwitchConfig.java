package cloison.vm.config;

import cloison.net.vswitch.SwitchType;
import java.util.Locale;

/// One virtual switch.
///
/// @param name its name, unique in the lab
/// @param type whom it connects
public record SwitchConfig(String name, SwitchType type) {
    /// Refuses a name that cannot be used.
    public SwitchConfig {
        Names.check("switch", name);
    }

    /// {@return the switch type called `text`}
    public static SwitchType type(String text) {
        for (SwitchType type : SwitchType.values()) {
            if (type.name().toLowerCase(Locale.ROOT).equals(text)) {
                return type;
            }
        }
        throw new ConfigurationException("there is no switch type '" + text + "'; use 'private' or 'internal'");
    }
}
