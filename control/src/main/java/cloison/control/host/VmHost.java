package cloison.control.host;

import cloison.vm.config.ConfigurationException;
import java.util.function.Consumer;

/// The host that runs guests for real, in this process.
public final class VmHost implements Host {
    private final Consumer<String> notices;

    /// A host that tells people, line by line, what its guests do wrong.
    public VmHost(Consumer<String> notices) {
        this.notices = notices;
    }

    /// @throws ConfigurationException if something that the plan names cannot be used
    @Override
    public RunningLab create(LabPlan plan, Observers observers) {
        VmLab lab = new VmLab(plan, observers);
        try {
            lab.create(plan, observers, notices);
            return lab;
        } catch (RuntimeException e) {
            lab.close();
            throw e;
        }
    }
}
