package cloison.control.cli;

import cloison.control.host.Host;
import cloison.control.host.LabPlan;
import cloison.control.host.Observers;
import cloison.control.host.RunningLab;
import cloison.vm.config.ConfigurationException;

/// The host of this build, which has no processor engine yet.
final class VmHost implements Host {
    @Override
    public RunningLab create(LabPlan plan, Observers observers) {
        throw new ConfigurationException("this build cannot run guests yet; use a later one");
    }
}
