package cloison.control.cli;

import cloison.control.lab.LabRefusal;
import cloison.vm.config.ConfigurationException;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// One run of the command line: finds the verb, runs it, and turns what goes wrong into lines and a status.
public final class CommandLineRun {
    private final Surroundings surroundings;

    /// A run in `surroundings`.
    CommandLineRun(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /// {@return the exit status for these arguments}
    public int run(String... arguments) {
        PrintWriter err = surroundings.err();
        CommandLine line = commandLine();
        line.setParameterExceptionHandler((refusal, _) -> {
            err.println("cloison: " + describe(refusal) + "; see '" + helpFor(refusal.getCommandLine()) + "'");
            return ExitStatus.USAGE;
        });
        line.setExecutionExceptionHandler((failure, _, _) -> status(failure, err));
        return line.execute(arguments);
    }

    /// {@return the whole tree of verbs}
    CommandLine commandLine() {
        CommandLine line = new CommandLine(new Cloison(), new VerbFactory(surroundings));
        line.setOut(surroundings.out());
        line.setErr(surroundings.err());
        line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        line.setUsageHelpWidth(110);
        line.setOverwrittenOptionsAllowed(false);
        line.setUnmatchedOptionsArePositionalParams(false);
        return line;
    }

    private static int status(Exception failure, PrintWriter err) {
        switch (failure) {
            case ConfigurationException refusal -> err.println("cloison: " + oneLine(refusal.getMessage()));
            case LabRefusal refusal -> refusal.lines().forEach(err::println);
            case InterruptedException _ -> {
                err.println("cloison: interrupted");
                return ExitStatus.ENDED;
            }
            default -> {
                err.println("cloison: a fault of ours; please report it with these lines");
                failure.printStackTrace(err);
                return ExitStatus.FAULT;
            }
        }
        return ExitStatus.USAGE;
    }

    private static String describe(CommandLine.ParameterException refusal) {
        if (!(refusal instanceof CommandLine.UnmatchedArgumentException unmatched)) {
            return oneLine(refusal.getMessage());
        }
        String first = unmatched.getUnmatched().getFirst();
        if (first.startsWith("-")) {
            return "there is no option '" + first + "'";
        }
        boolean choice = !refusal.getCommandLine().getSubcommands().isEmpty();
        return choice ? "there is no verb '" + first + "'" : "the argument '" + first + "' is one too many";
    }

    private static String helpFor(CommandLine command) {
        String verb = command.getCommandSpec().qualifiedName().substring(Cloison.NAME.length());
        return Cloison.NAME + " help" + verb;
    }

    private static String oneLine(@Nullable String message) {
        return String.valueOf(message).strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
