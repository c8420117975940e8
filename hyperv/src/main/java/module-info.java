import org.jspecify.annotations.NullMarked;

/// What a guest sees of the hypervisor: TLFS, SynIC, VMBus.
@NullMarked
module cloison.hyperv {
    requires transitive cloison.machine;
    requires static transitive org.jspecify;

    exports cloison.hyperv.vmbus;
}
