package cloison.control.cli;

import cloison.control.console.Progress;
import cloison.control.guest.FetchedGuest;
import cloison.control.guest.GuestFetch;
import cloison.control.guest.GuestRecipe;
import cloison.control.guest.GuestStore;
import cloison.control.lab.Lab;
import cloison.vm.config.EngineName;
import cloison.vm.config.LabPlan;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// The way from a lab to its plan: what it boots is fetched if it is not there.
final class Fetching {
    private Fetching() {}

    /// {@return the plan of `lab`}
    static LabPlan plan(Lab lab, Surroundings surroundings, EngineName engine, boolean noReboot)
            throws InterruptedException {
        GuestStore store = GuestStore.of(surroundings.environment());
        Progress progress = surroundings.progress();
        Map<GuestRecipe, FetchedGuest> guests = new HashMap<>();
        for (GuestRecipe recipe : lab.recipes()) {
            guests.put(recipe, new GuestFetch(store, progress).fetch(recipe, false));
        }
        return lab.plan(recipe -> Objects.requireNonNull(guests.get(recipe)), engine, noReboot);
    }
}
