import org.jspecify.annotations.NullMarked;

/// The only door to the host's kernel.
@NullMarked
module cloison.linux {
    requires transitive cloison.machine;
    requires static transitive org.jspecify;

    exports cloison.linux;
    exports cloison.linux.code;
    exports cloison.linux.cpu;
    exports cloison.linux.memory;
    exports cloison.linux.signal;
}
