import org.jspecify.annotations.NullMarked;

/// Many machines: the command line and the lab file.
@NullMarked
module cloison.control {
    requires transitive cloison.vm;
    requires static transitive org.jspecify;
}
