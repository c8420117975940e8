package cloison.control.cli;

import cloison.control.guest.FetchedGuest;
import cloison.control.guest.GuestFetch;
import cloison.control.guest.GuestRecipe;
import cloison.control.guest.GuestStore;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `cloison guest fetch`: obtains a kernel and makes an initial RAM disk.
@Command(
        name = "fetch",
        description = {
            "Obtains a stock Debian kernel and makes an initial RAM disk for it, from Debian's signed packages.",
            "Needs no privilege; apt-get and dpkg-deb must be there. What is made is kept under"
                    + " $XDG_CACHE_HOME/cloison (or ~/.cache/cloison), with a manifest.json of versions and checksums.",
            "The guest opens a shell on its console and powers off when it ends."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cloison guest fetch debian-12-cloud",
            "  cloison guest fetch debian-12 --refresh     look for a newer kernel",
            "  cloison guest fetch debian-12 --json        print where it is, for a program"
        })
final class GuestFetchVerb implements Callable<Integer> {
    private final Surroundings surroundings;

    @Parameters(paramLabel = "NAME", description = "debian-12-cloud (its cloud kernel) or debian-12 (its general one).")
    private String name = "";

    @Option(names = "--refresh", description = "Obtain the newest even if the guest is cached.")
    private boolean refresh;

    @Option(names = "--json", description = "Print where it is as JSON.")
    private boolean json;

    GuestFetchVerb(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws InterruptedException {
        GuestStore store = GuestStore.of(surroundings.environment());
        GuestRecipe recipe = GuestRecipe.of(name);
        FetchedGuest guest = new GuestFetch(store, surroundings.progress()).fetch(recipe, refresh);
        if (json) {
            surroundings.out().println(Json.of(Listed.of(recipe, guest)));
        } else {
            surroundings.out().println(guest.name() + " is Linux " + guest.release() + ", Debian " + guest.version());
            surroundings.out().println("  kernel " + guest.kernel());
            surroundings.out().println("  initrd " + guest.initrd());
        }
        return ExitStatus.OK;
    }
}
