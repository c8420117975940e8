import org.jspecify.annotations.NullMarked;

/// One virtual machine put together and run.
@NullMarked
module cloison.vm {
    requires transitive cloison.machine;
    requires transitive cloison.hyperv;
    requires transitive cloison.net;
    requires transitive cloison.chipset;
    requires transitive cloison.vsp;
    requires transitive cloison.cpu;
    requires transitive cloison.linux;
    requires static transitive org.jspecify;

    exports cloison.vm.boot;
    exports cloison.vm.config;
    exports cloison.vm.inspect;
    exports cloison.vm.run;
}
