package cloison.vm.config;

import cloison.net.frame.MacAddress;
import java.util.Locale;

/// One network adapter of a partition.
///
/// @param switchName the virtual switch that its port is on
/// @param type what the guest sees
/// @param mac its hardware address
public record NicConfig(String switchName, Type type, MacAddress mac) {
    /// What the guest sees of an adapter.
    public enum Type {
        /// A network device on VMBus, served by NetVSP.
        SYNTHETIC;

        /// {@return the type called `text`}
        public static Type of(String text) {
            for (Type type : values()) {
                if (type.text().equals(text)) {
                    return type;
                }
            }
            throw new ConfigurationException("there is no adapter type '" + text + "'; use 'synthetic'");
        }

        /// {@return the name as an operator writes it}
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Refuses a switch name that cannot be used, and an address that is not one adapter's.
    public NicConfig {
        Names.check("switch", switchName);
        if (mac.group() || mac.bits() == 0) {
            throw new ConfigurationException("the MAC address " + mac
                    + " is not one adapter's; it must not be zero, and its second hex digit must be even");
        }
    }

    /// {@return the address written as `text`}
    public static MacAddress mac(String text) {
        try {
            return MacAddress.parse(text);
        } catch (IllegalArgumentException malformed) {
            throw new ConfigurationException(String.valueOf(malformed.getMessage()), malformed);
        }
    }
}
