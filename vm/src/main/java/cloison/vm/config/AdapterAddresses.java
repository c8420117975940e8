package cloison.vm.config;

import cloison.net.frame.MacAddress;
import java.util.HashSet;
import java.util.Set;

/// The hardware addresses of the adapters of one lab, each given once.
///
/// **Owner:** the thread that reads the configuration.
public final class AdapterAddresses {
    private final Set<MacAddress> taken = new HashSet<>();

    /// No address is taken yet.
    public AdapterAddresses() {}

    /// {@return the address written as `text`, which is taken from now on}
    public MacAddress take(String text) {
        MacAddress address = NicConfig.mac(text);
        if (!taken.add(address)) {
            throw new ConfigurationException(
                    "the MAC address " + address + " is given twice; every adapter needs its own");
        }
        return address;
    }

    /// {@return an address 00:15:5d:xx:xx:xx for the adapter called `identity`, the same on every run unless it is
    /// taken}
    public MacAddress choose(String identity) {
        MacAddress address = MacAddress.choose(identity, taken::contains);
        taken.add(address);
        return address;
    }
}
