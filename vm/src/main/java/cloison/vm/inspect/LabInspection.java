package cloison.vm.inspect;

import cloison.net.port.PortVlan;
import cloison.net.port.SwitchPort;
import cloison.net.vswitch.LearnedAddress;
import cloison.net.vswitch.VirtualSwitch;
import cloison.vm.config.PartitionConfig;
import cloison.vm.run.Vm;
import cloison.vm.run.VmLab;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Looks at a lab. It only reads what processors and devices count anyway, and they do not wait for it.
public final class LabInspection {
    private LabInspection() {}

    /// {@return what the host knows of `lab` now: its partitions by name, then its switches}
    public static Inspection.Group of(VmLab lab) {
        Parts parts = new Parts();
        for (Vm machine : lab.machines()) {
            parts.group(machine.name(), PartitionInspection.of(machine));
        }
        Parts switches = new Parts();
        for (VirtualSwitch each : lab.switches()) {
            switches.group(each.name(), of(each));
        }
        return parts.group(PartitionConfig.RESERVED_NAME, switches).group();
    }

    private static Parts of(VirtualSwitch of) {
        Parts ports = new Parts();
        for (SwitchPort port : of.ports()) {
            ports.group(port.id(), of(port));
        }
        return new Parts()
                .text("type", Parts.word(of.type()))
                .counters(of.counters())
                .group("ports", ports)
                .group("addresses", addresses(of));
    }

    /// {@return the addresses that a switch has learned, by VLAN}
    private static Parts addresses(VirtualSwitch of) {
        SequencedMap<Integer, Parts> byVlan = new LinkedHashMap<>();
        for (LearnedAddress each : of.addresses()) {
            byVlan.computeIfAbsent(each.vlan(), _ -> new Parts())
                    .text(each.address().toString(), each.port());
        }
        Parts addresses = new Parts();
        byVlan.forEach(addresses::group);
        return addresses;
    }

    /// {@return what is known of a port, whether or not it is still part of its switch}
    static Parts of(SwitchPort port) {
        return new Parts()
                .text("adapter", port.name())
                .text("switch", port.switchName())
                .count("id", port.id(), "")
                .text("type", Parts.word(port.type()))
                .text("vlan", vlan(port.vlan()))
                .flag("connected", port.connected())
                .counters(port.counters());
    }

    private static String vlan(PortVlan vlan) {
        return switch (vlan) {
            case PortVlan.Untagged _ -> "none";
            case PortVlan.Access(int identifier) -> String.valueOf(identifier);
            case PortVlan.Trunk _ -> "trunk";
        };
    }
}
