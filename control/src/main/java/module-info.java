import org.jspecify.annotations.NullMarked;

/// Many machines: the command line and the lab file.
@NullMarked
module cloison.control {
    requires transitive cloison.vm;
    requires info.picocli;
    requires org.snakeyaml.engine;
    requires tools.jackson.databind;
    requires static transitive org.jspecify;

    // Jackson and picocli read our records and commands by reflection.
    opens cloison.control.guest to
            tools.jackson.databind;
}
