package cloison.control.cli;

import cloison.control.console.PlainProgress;
import cloison.control.console.Progress;
import cloison.control.console.TerminalProgress;
import cloison.control.host.Dismissal;
import cloison.control.host.Host;
import cloison.control.host.RunningLab;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Function;

/// What the command line stands in: the process, or what a test puts in its place.
final class Surroundings {
    private final Map<String, String> environment;
    private final InputStream in;
    private final OutputStream output;
    private final PrintWriter out;
    private final PrintWriter err;
    private final String terminals;
    private final Function<Runnable, Signals.Listening> signals;
    private final Host host;

    /// Surroundings of a run.
    ///
    /// @param environment the environment variables
    /// @param in standard input
    /// @param output standard output
    /// @param error standard error
    /// @param terminals which of the three are terminals, their numbers in a text
    /// @param signals lets an action be run, until its result is closed, when somebody wants the program to end
    /// @param host what makes and runs partitions
    Surroundings(
            Map<String, String> environment,
            InputStream in,
            OutputStream output,
            OutputStream error,
            String terminals,
            Function<Runnable, Signals.Listening> signals,
            Host host) {
        this.environment = environment;
        this.in = in;
        this.output = output;
        this.out = new PrintWriter(output, true, StandardCharsets.UTF_8);
        this.err = new PrintWriter(error, true, StandardCharsets.UTF_8);
        this.terminals = terminals;
        this.signals = signals;
        this.host = host;
    }

    /// {@return the environment variables}
    Map<String, String> environment() {
        return environment;
    }

    /// {@return standard input}
    InputStream in() {
        return in;
    }

    /// {@return standard output as bytes, for a verb that prints nothing else there}
    OutputStream output() {
        return output;
    }

    /// {@return a writer to standard output}
    PrintWriter out() {
        return out;
    }

    /// {@return a writer to standard error}
    PrintWriter err() {
        return err;
    }

    /// Runs `action` when somebody wants the program to end, until the result is closed.
    Signals.Listening whenToEnd(Runnable action) {
        return signals.apply(action);
    }

    /// {@return the operator's wish that the guests of `lab` end, told on standard error}
    Dismissal dismissal(RunningLab lab) {
        return new Dismissal(lab.guests(), line -> err.println("cloison: " + line));
    }

    /// {@return what makes and runs partitions}
    Host host() {
        return host;
    }

    /// {@return whether standard input is a terminal}
    boolean typed() {
        return terminals.contains("0");
    }

    /// {@return progress on standard error}
    Progress progress() {
        return terminals.contains("2") ? new TerminalProgress(err) : new PlainProgress(err);
    }
}
