package cloison.vm.config;

import java.util.Locale;

/// One network adapter of a partition.
///
/// @param switchName the virtual switch that its port is on
/// @param type what the guest sees
/// @param mac its hardware address
/// @param vlan the VLAN its port gives access to, 1 to 4094, or [#UNTAGGED]
public record NicConfig(String switchName, Type type, MacAddress mac, int vlan) {
    /// The value of `vlan` for a port without one.
    public static final int UNTAGGED = 0;

    private static final int LAST_VLAN = 4094;

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

    /// Refuses a switch name or VLAN that cannot be.
    public NicConfig {
        Names.check("switch", switchName);
        if (vlan != UNTAGGED && (vlan < 1 || vlan > LAST_VLAN)) {
            throw new ConfigurationException("the VLAN " + vlan + " does not exist; use 1 to " + LAST_VLAN);
        }
    }

    /// A synthetic adapter on an untagged port.
    public NicConfig(String switchName, MacAddress mac) {
        this(switchName, Type.SYNTHETIC, mac, UNTAGGED);
    }
}
