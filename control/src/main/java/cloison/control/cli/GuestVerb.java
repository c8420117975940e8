package cloison.control.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `cloison guest`: the guests that can be fetched.
@Command(
        name = "guest",
        description = "Fetches stock guests, and lists them.",
        synopsisSubcommandLabel = "VERB",
        subcommands = {GuestFetchVerb.class, GuestListVerb.class},
        commandListHeading = "%nVerbs:%n",
        footerHeading = "%nExamples:%n",
        footer = {"  cloison guest list", "  cloison guest fetch debian-12-cloud"})
final class GuestVerb implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a verb is needed: fetch or list");
    }
}
