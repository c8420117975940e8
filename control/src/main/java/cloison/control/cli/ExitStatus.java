package cloison.control.cli;

import cloison.control.host.Foreground;
import cloison.vm.run.Outcome;
import java.util.Collection;
import java.util.List;

/// The program's exit statuses.
final class ExitStatus {
    /// The guest powered off.
    static final int OK = 0;
    /// A fault of ours.
    static final int FAULT = 1;
    /// Wrong usage or unusable input.
    static final int USAGE = 2;
    /// The guest crashed.
    static final int CRASHED = 3;
    /// The time-out was reached.
    static final int LATE = 124;
    /// The operator ended it.
    static final int ENDED = 130;

    private static final List<Integer> WORST_FIRST = List.of(FAULT, USAGE, CRASHED, LATE, ENDED);

    private ExitStatus() {}

    /// {@return the status for one guest's end}
    static int of(Foreground.End end) {
        if (end.late()) {
            return LATE;
        }
        return switch (end.outcome()) {
            case Outcome.PoweredOff() -> OK;
            case Outcome.Reset() -> CRASHED;
            case Outcome.DebugExit(int status) -> status & 0xff;
            case Outcome.Crashed _ -> CRASHED;
            case Outcome.Refused _ -> USAGE;
            case Outcome.Stopped() -> ENDED;
            case Outcome.Failed _ -> FAULT;
        };
    }

    /// {@return the worst status of several ends}
    static int worst(Collection<Foreground.End> ends) {
        List<Integer> statuses = ends.stream().map(ExitStatus::of).toList();
        for (int status : WORST_FIRST) {
            if (statuses.contains(status)) {
                return status;
            }
        }
        return statuses.stream().mapToInt(Integer::intValue).max().orElse(OK);
    }
}
