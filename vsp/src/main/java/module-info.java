import org.jspecify.annotations.NullMarked;

/// Devices on VMBus: the virtualization service providers.
@NullMarked
module cloison.vsp {
    requires transitive cloison.machine;
    requires transitive cloison.hyperv;
    requires transitive cloison.net;
    requires static transitive org.jspecify;

    exports cloison.vsp;
    exports cloison.vsp.heartbeat;
    exports cloison.vsp.ic;
    exports cloison.vsp.kvp;
    exports cloison.vsp.netvsp;
    exports cloison.vsp.netvsp.protocol;
    exports cloison.vsp.shutdown;
    exports cloison.vsp.timesync;
}
