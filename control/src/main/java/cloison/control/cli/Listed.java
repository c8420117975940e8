package cloison.control.cli;

import cloison.control.guest.FetchedGuest;
import cloison.control.guest.GuestRecipe;
import org.jspecify.annotations.Nullable;

/// A guest in a list, as JSON has it.
///
/// @param name what the operator calls it
/// @param about one line about it
/// @param fetched whether it is in the cache
/// @param release the kernel's own name, or `null`
/// @param version the version of the kernel's package, or `null`
/// @param kernel the kernel's file, or `null`
/// @param initrd the initial RAM disk's file, or `null`
record Listed(
        String name,
        String about,
        boolean fetched,
        @Nullable String release,
        @Nullable String version,
        @Nullable String kernel,
        @Nullable String initrd) {
    /// {@return the entry of a recipe, whose guest may not be there}
    static Listed of(GuestRecipe recipe, @Nullable FetchedGuest guest) {
        if (guest == null) {
            return new Listed(recipe.name(), recipe.about(), false, null, null, null, null);
        }
        return new Listed(
                recipe.name(),
                recipe.about(),
                true,
                guest.release(),
                guest.version(),
                guest.kernel().toString(),
                guest.initrd().toString());
    }
}
