package cloison.control.cli;

import cloison.vm.config.AdapterAddresses;
import cloison.vm.config.ConfigurationException;
import cloison.vm.config.NicConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// An adapter as `--nic` writes it: `switch=NAME[,type=synthetic][,mac=XX:XX:XX:XX:XX:XX][,vlan=ID]`.
final class NicOption {
    private static final List<String> KEYS = List.of("switch", "type", "mac", "vlan");

    private NicOption() {}

    /// {@return the adapter that `text` describes}
    ///
    /// @param identity the adapter's name, from which an address is chosen if none is given
    static NicConfig parse(String text, String identity, AdapterAddresses addresses) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String part : text.split(",", -1)) {
            int equals = part.indexOf('=');
            String key = equals < 0 ? part : part.substring(0, equals);
            if (!KEYS.contains(key) || equals < 0) {
                throw new ConfigurationException("--nic cannot read '" + part
                        + "'; write it like switch=lan,type=synthetic,mac=00:15:5d:00:00:01");
            }
            if (values.put(key, part.substring(equals + 1)) != null) {
                throw new ConfigurationException("--nic has '" + key + "' twice in '" + text + "'; give it once");
            }
        }
        String switchName = values.get("switch");
        if (switchName == null) {
            throw new ConfigurationException("--nic needs a switch in '" + text + "'; write it like switch=lan");
        }
        NicConfig.Type type = NicConfig.Type.of(values.getOrDefault("type", "synthetic"));
        String mac = values.get("mac");
        String vlan = values.get("vlan");
        return new NicConfig(
                switchName,
                type,
                mac == null ? addresses.choose(identity) : addresses.take(mac),
                vlan == null ? null : NicConfig.accessVlan(vlan));
    }
}
