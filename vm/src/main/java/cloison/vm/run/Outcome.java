package cloison.vm.run;

/// How the run of a partition ended.
public sealed interface Outcome {
    /// The guest switched itself off.
    record PoweredOff() implements Outcome {}

    /// The guest asked for a reset, and resets were to end the run.
    record Reset() implements Outcome {}

    /// The guest wrote to the debug-exit port.
    ///
    /// @param status the exit status: twice the value written, plus one
    record DebugExit(int status) implements Outcome {}

    /// The guest broke down: a triple fault, or a panic that it reported through the crash MSRs.
    ///
    /// @param reason one line
    /// @param report registers and whatever else is known, several lines
    record Crashed(String reason, String report) implements Outcome {}

    /// The guest asked for a reset and could not be started again, for a reason that the operator can act on.
    ///
    /// @param reason one line: what, which, what to do
    record Refused(String reason) implements Outcome {}

    /// The host ended the run.
    record Stopped() implements Outcome {}

    /// We broke one of our own rules.
    ///
    /// @param reason one line
    /// @param report the evidence
    record Failed(String reason, String report) implements Outcome {}
}
