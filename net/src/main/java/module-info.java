import org.jspecify.annotations.NullMarked;

/// Frames, ports, the virtual switch, and the contract of an uplink.
@NullMarked
module cloison.net {
    requires transitive cloison.machine;
    requires static transitive org.jspecify;

    exports cloison.net.capture;
    exports cloison.net.frame;
    exports cloison.net.port;
    exports cloison.net.vswitch;
}
