import org.jspecify.annotations.NullMarked;

/// The x86-64 engines: decode, interpret, translate.
@NullMarked
module cloison.cpu {
    requires transitive cloison.machine;
    requires static transitive org.jspecify;

    exports cloison.cpu;
}
