import org.jspecify.annotations.NullMarked;

/// Many machines: the command line and the lab file.
@NullMarked
module cloison.control {
    requires transitive cloison.vm;
    requires info.picocli;
    requires org.snakeyaml.engine;
    requires tools.jackson.databind;
    // Signals; see there.
    requires jdk.unsupported;
    requires static transitive org.jspecify;

    // Jackson reads our records by reflection, picocli our verbs.
    opens cloison.control.cli to
            info.picocli,
            tools.jackson.databind;
    opens cloison.control.demo to
            tools.jackson.databind;
    opens cloison.control.guest to
            tools.jackson.databind;
}
