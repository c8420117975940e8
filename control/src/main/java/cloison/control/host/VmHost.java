package cloison.control.host;

import cloison.vm.config.LabPlan;
import cloison.vm.inspect.Inspection;
import cloison.vm.inspect.LabInspection;
import cloison.vm.run.VmLab;
import java.util.List;
import java.util.function.Consumer;

/// The host that runs guests for real, in this process.
public final class VmHost implements Host {
    private final Consumer<String> notices;

    /// A host that tells people, line by line, what its guests do wrong.
    public VmHost(Consumer<String> notices) {
        this.notices = notices;
    }

    @Override
    public RunningLab create(LabPlan plan, Observers observers) {
        VmLab lab = new VmLab(plan, observers.consoles(), notices, observers.trace(), observers.capture());
        List<RunningGuest> guests =
                lab.machines().stream().<RunningGuest>map(VmGuest::new).toList();
        return new RunningLab() {
            @Override
            public List<RunningGuest> guests() {
                return guests;
            }

            @Override
            public Inspection.Group inspect() {
                return LabInspection.of(lab);
            }

            @Override
            public void close() {
                lab.close();
            }
        };
    }
}
