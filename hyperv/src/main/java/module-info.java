import org.jspecify.annotations.NullMarked;

/// What a guest sees of the hypervisor: TLFS, SynIC, VMBus.
@NullMarked
module cloison.hyperv {
    requires transitive cloison.machine;
    requires static transitive org.jspecify;

    exports cloison.hyperv;
    exports cloison.hyperv.guest;
    exports cloison.hyperv.protocol;
    exports cloison.hyperv.trace;
    exports cloison.hyperv.vmbus;
    exports cloison.hyperv.vmbus.protocol;
    exports cloison.hyperv.vmbus.server;
}
