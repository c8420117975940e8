package cloison.control.cli;

import cloison.control.console.PlainProgress;
import cloison.control.console.Progress;
import cloison.control.console.TerminalProgress;
import cloison.control.host.Host;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// What the command line stands in: the process, or what a test puts in its place.
final class Surroundings {
    private final Map<String, String> environment;
    private final InputStream in;
    private final OutputStream output;
    private final PrintWriter out;
    private final PrintWriter err;
    private final String terminals;
    private final Host host;

    /// Surroundings of a run.
    ///
    /// @param environment the environment variables
    /// @param in standard input
    /// @param output standard output
    /// @param error standard error
    /// @param terminals which of the three are terminals, their numbers in a text
    /// @param host what makes and runs partitions
    Surroundings(
            Map<String, String> environment,
            InputStream in,
            OutputStream output,
            OutputStream error,
            String terminals,
            Host host) {
        this.environment = environment;
        this.in = in;
        this.output = output;
        this.out = new PrintWriter(output, true, StandardCharsets.UTF_8);
        this.err = new PrintWriter(error, true, StandardCharsets.UTF_8);
        this.terminals = terminals;
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
