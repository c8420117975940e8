package cloison.vm.config;

import java.util.Locale;

/// One virtual switch.
///
/// @param name its name, unique in the lab
/// @param type whom it connects
public record SwitchConfig(String name, Type type) {
    /// Whom a switch connects.
    public enum Type {
        /// Partitions with each other.
        PRIVATE,
        /// Partitions with each other and with the parent.
        INTERNAL;

        /// {@return the type called `text`}
        public static Type of(String text) {
            for (Type type : values()) {
                if (type.text().equals(text)) {
                    return type;
                }
            }
            throw new ConfigurationException("there is no switch type '" + text + "'; use 'private' or 'internal'");
        }

        /// {@return the name as an operator writes it}
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Refuses a name that cannot be used.
    public SwitchConfig {
        Names.check("switch", name);
    }
}
