package cloison.control.host;

import cloison.vm.config.LabPlan;
/// What makes and runs partitions: the rooms below, or a double in tests.

public interface Host {
    /// {@return the lab made as planned, with no partition started yet}
    ///
    /// @throws cloison.vm.config.ConfigurationException if something that it names cannot be used
    RunningLab create(LabPlan plan, Observers observers);
}
