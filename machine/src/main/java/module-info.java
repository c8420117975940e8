import org.jspecify.annotations.NullMarked;

/// What a machine is made of: contracts and vocabulary, no devices.
@NullMarked
module cloison.machine {
    requires static transitive org.jspecify;

    exports cloison.machine.agent;
    exports cloison.machine.bus;
    exports cloison.machine.counter;
    exports cloison.machine.interrupt;
    exports cloison.machine.memory;
    exports cloison.machine.processor;
    exports cloison.machine.time;
    exports cloison.machine.wire;
}
