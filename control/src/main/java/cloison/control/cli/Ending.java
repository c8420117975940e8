package cloison.control.cli;

import cloison.control.host.Foreground;
import cloison.vm.run.Outcome;
import java.io.PrintWriter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What is said on standard error of a guest's end.
final class Ending {
    private Ending() {}

    /// Says how a guest ended, and why if it did not power off.
    static void tell(Foreground.End end, @Nullable Duration limit, PrintWriter to) {
        String name = "cloison: " + end.guest().name();
        if (end.late() && limit != null) {
            to.println(name + " did not end within " + limit.toSeconds() + " s and was stopped");
            return;
        }
        switch (end.outcome()) {
            case Outcome.PoweredOff() -> to.println(name + " powered off");
            case Outcome.Reset() -> to.println(name + " asked for a reset, which ends the run");
            case Outcome.DebugExit(int status) -> to.println(name + " ended with status " + status);
            case Outcome.Refused(String reason) -> to.println(name + " was stopped: " + reason);
            case Outcome.Stopped() -> to.println(name + " was stopped");
            case Outcome.Crashed(String reason, String report) -> {
                to.println(name + " crashed: " + reason);
                to.println(report.stripTrailing());
            }
            case Outcome.Failed(String reason, String report) -> {
                to.println(name + " was stopped by a fault of ours: " + reason + "; please report it with these lines");
                to.println(report.stripTrailing());
            }
        }
    }
}
