package cloison.vm.config;

import cloison.net.frame.MacAddress;
import cloison.net.port.PortVlan;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One network adapter of a partition.
///
/// @param switchName the virtual switch that its port is on
/// @param type what the guest sees
/// @param mac its hardware address
/// @param accessVlan the VLAN that its port is in, of which the guest knows nothing, or `null` for none
public record NicConfig(
        String switchName,
        Type type,
        MacAddress mac,
        @Nullable Integer accessVlan) {
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
        if (accessVlan != null) {
            portVlan(accessVlan);
        }
    }

    /// An adapter that uses no VLAN.
    public NicConfig(String switchName, Type type, MacAddress mac) {
        this(switchName, type, mac, null);
    }

    /// {@return the VLANs of its port}
    public PortVlan vlan() {
        return accessVlan == null ? PortVlan.UNTAGGED : portVlan(accessVlan);
    }

    private static PortVlan portVlan(int identifier) {
        try {
            return new PortVlan.Access(identifier);
        } catch (IllegalArgumentException outOfRange) {
            throw new ConfigurationException(String.valueOf(outOfRange.getMessage()), outOfRange);
        }
    }

    /// {@return the VLAN written as `text`}
    public static Integer accessVlan(String text) {
        if (!text.matches("[0-9]{1,4}")) {
            throw new ConfigurationException("there is no VLAN '" + text + "'; use 1 to " + (PortVlan.RESERVED - 1));
        }
        int identifier = Integer.parseInt(text);
        portVlan(identifier);
        return identifier;
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
