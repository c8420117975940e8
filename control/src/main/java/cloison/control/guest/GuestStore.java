package cloison.control.guest;

import cloison.vm.config.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The cache of fetched guests, one folder each, under `$XDG_CACHE_HOME/cloison`.
public final class GuestStore {
    static final String KERNEL = "vmlinuz";
    static final String INITRD = "initrd";
    private static final String MANIFEST = "manifest.json";
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Path root;

    /// The cache at `root`.
    public GuestStore(Path root) {
        this.root = root;
    }

    /// {@return the cache of the user whose environment this is}
    public static GuestStore of(Map<String, String> environment) {
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        if (cache.startsWith("/")) {
            return new GuestStore(Path.of(cache, "cloison"));
        }
        String home = environment.getOrDefault("HOME", System.getProperty("user.home"));
        return new GuestStore(Path.of(home, ".cache", "cloison"));
    }

    /// {@return the folder of the whole cache}
    public Path root() {
        return root;
    }

    /// {@return the cached guest of a recipe, or `null` if it was not fetched or was made by an older recipe}
    public @Nullable FetchedGuest find(GuestRecipe recipe) {
        Manifest manifest = manifest(recipe);
        Path kernel = folder(recipe).resolve(KERNEL);
        Path initrd = folder(recipe).resolve(INITRD);
        if (manifest == null
                || !manifest.recipe().equals(recipeChecksum(recipe))
                || !Files.isReadable(kernel)
                || !Files.isReadable(initrd)) {
            return null;
        }
        return new FetchedGuest(recipe.name(), manifest.release(), manifest.version(), kernel, initrd);
    }

    /// {@return the cached guest called `name`; refuses one that was not fetched}
    public FetchedGuest require(String name) {
        GuestRecipe recipe = GuestRecipe.of(name);
        FetchedGuest guest = find(recipe);
        if (guest == null) {
            throw new ConfigurationException(
                    "the guest " + name + " is not in " + root + "; fetch it with 'cloison guest fetch " + name + "'");
        }
        return guest;
    }

    /// {@return the folder of a recipe's guest}
    Path folder(GuestRecipe recipe) {
        return root.resolve("guests").resolve(recipe.name());
    }

    /// {@return what is written of a recipe's guest, or `null` if there is nothing that can be read}
    @Nullable
    Manifest manifest(GuestRecipe recipe) {
        Path file = folder(recipe).resolve(MANIFEST);
        if (!Files.isReadable(file)) {
            return null;
        }
        try {
            return JSON.readValue(file, Manifest.class);
        } catch (JacksonException unreadable) {
            return null;
        }
    }

    /// Writes a manifest into the folder of a guest that is being made.
    static void write(Manifest manifest, Path folder) throws IOException {
        Files.writeString(folder.resolve(MANIFEST), JSON.writeValueAsString(manifest) + "\n");
    }

    /// {@return the checksum of all that a recipe's guest is made by}
    static String recipeChecksum(GuestRecipe recipe) {
        return Checksum.of(recipe.content(init()));
    }

    /// {@return the script that every fetched guest runs first}
    static String init() {
        try (InputStream from = GuestStore.class.getResourceAsStream("init")) {
            if (from == null) {
                throw new IllegalStateException("the script 'init' is missing from this build");
            }
            return new String(from.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("the script 'init' of this build cannot be read", e);
        }
    }
}
