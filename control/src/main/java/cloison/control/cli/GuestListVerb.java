package cloison.control.cli;

import cloison.control.guest.GuestRecipe;
import cloison.control.guest.GuestStore;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `cloison guest list`: says which guests can be fetched, and which are there.
@Command(
        name = "list",
        description = "Lists the guests that can be fetched, and which of them are cached.",
        footerHeading = "%nExamples:%n",
        footer = {"  cloison guest list", "  cloison guest list --json"})
final class GuestListVerb implements Callable<Integer> {
    private final Surroundings surroundings;

    @Option(names = "--json", description = "Print the list as JSON.")
    private boolean json;

    GuestListVerb(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
        GuestStore store = GuestStore.of(surroundings.environment());
        List<Listed> guests = GuestRecipe.ALL.stream()
                .map(recipe -> Listed.of(recipe, store.find(recipe)))
                .toList();
        PrintWriter out = surroundings.out();
        if (json) {
            out.println(Json.of(guests));
            return ExitStatus.OK;
        }
        for (Listed guest : guests) {
            String state = guest.fetched() ? guest.release() : "not fetched";
            out.printf("%-16s  %-30s  %s%n", guest.name(), guest.about(), state);
        }
        return ExitStatus.OK;
    }
}
