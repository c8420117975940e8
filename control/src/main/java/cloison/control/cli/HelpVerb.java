package cloison.control.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `cloison help`: explains a verb.
@Command(name = "help", description = "Explains a verb, with examples.")
final class HelpVerb implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "VERB", description = "A verb, for example: guest fetch.")
    private List<String> verbs = new ArrayList<>();

    @Override
    public void run() {
        CommandLine at = spec.parent().commandLine();
        for (String verb : verbs) {
            CommandLine next = at.getSubcommands().get(verb);
            if (next == null) {
                throw new ParameterException(
                        spec.parent().commandLine(), "there is no verb '" + String.join(" ", verbs) + "'");
            }
            at = next;
        }
        at.usage(spec.commandLine().getOut());
    }
}
