package cloison.control.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The program's own line, to which the verbs belong.
@Command(
        name = Cloison.NAME,
        description = "Runs guests of Hyper-V in isolated partitions, and lets them talk.",
        synopsisSubcommandLabel = "VERB",
        versionProvider = Version.class,
        subcommands = {
            DemoVerb.class,
            RunVerb.class,
            UpVerb.class,
            PsVerb.class,
            InspectVerb.class,
            GuestVerb.class,
            HelpVerb.class
        },
        commandListHeading = "%nVerbs ('cloison help VERB' explains each):%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nFirst steps:%n",
        footer = {
            "  cloison demo                            two stock Debian guests talk to each other",
            "  cloison guest fetch debian-12-cloud     obtain a guest to run",
        })
final class Cloison implements Runnable {
    static final String NAME = "cloison";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this and end.")
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print the version and end.")
    private boolean version;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a verb is needed");
    }
}
