package cloison.net.vswitch;

import java.time.Duration;

/// How a switch is made.
///
/// @param name the switch's name, as adapters refer to it
/// @param type who can be connected
/// @param addressLimit addresses the switch remembers at most
/// @param portAddressLimit addresses the switch remembers at most behind one port, so that one guest cannot make it
/// forget the others
/// @param ageing how long the switch remembers an address that stays silent
public record SwitchSettings(String name, SwitchType type, int addressLimit, int portAddressLimit, Duration ageing) {
    /// Addresses remembered by default.
    public static final int ADDRESS_LIMIT = 4096;
    /// Addresses remembered by default behind one port.
    public static final int PORT_ADDRESS_LIMIT = 1024;
    /// The ageing time that IEEE 802.1Q recommends.
    public static final Duration AGEING = Duration.ofSeconds(300);

    /// Settings that can work.
    public SwitchSettings {
        if (addressLimit < 1 || addressLimit > 1 << 20 || portAddressLimit < 1) {
            throw new IllegalArgumentException("switch '" + name + "': address limits " + addressLimit + " and "
                    + portAddressLimit + " are not between 1 and " + (1 << 20));
        }
        if (ageing.isNegative() || ageing.isZero()) {
            throw new IllegalArgumentException("switch '" + name + "': ageing time " + ageing + " is not positive");
        }
    }

    /// The default settings.
    public SwitchSettings(String name, SwitchType type) {
        this(name, type, ADDRESS_LIMIT, PORT_ADDRESS_LIMIT, AGEING);
    }
}
