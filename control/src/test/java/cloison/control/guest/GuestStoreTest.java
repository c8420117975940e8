package cloison.control.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import cloison.control.console.Progress;
import cloison.vm.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestStoreTest {
    private static final GuestRecipe RECIPE = GuestRecipe.of("debian-12-cloud");

    @TempDir
    private Path root;

    @Test
    void theCacheIsWhereTheEnvironmentSays() {
        assertThat(GuestStore.of(Map.of("XDG_CACHE_HOME", "/c", "HOME", "/h")).root())
                .isEqualTo(Path.of("/c/cloison"));
        assertThat(GuestStore.of(Map.of("HOME", "/h")).root()).isEqualTo(Path.of("/h/.cache/cloison"));
        assertThat(GuestStore.of(Map.of("XDG_CACHE_HOME", "relative", "HOME", "/h"))
                        .root())
                .isEqualTo(Path.of("/h/.cache/cloison"));
    }

    @Test
    void aCachedGuestIsFoundAndNotFetchedAgain() throws IOException, InterruptedException {
        GuestStore store = store(GuestStore.recipeChecksum(RECIPE));

        assertThat(store.require("debian-12-cloud").release()).isEqualTo("6.1.0-1-cloud-amd64");
        assertThat(new GuestFetch(store, Progress.silent()).fetch(RECIPE, false))
                .isEqualTo(store.find(RECIPE));
    }

    @Test
    void aGuestOfAnOlderRecipeDoesNotCount() throws IOException {
        assertThat(store("an older one").find(RECIPE)).isNull();
    }

    @Test
    void aGuestWithoutItsFilesDoesNotCount() throws IOException {
        GuestStore store = store(GuestStore.recipeChecksum(RECIPE));
        Files.delete(store.folder(RECIPE).resolve(GuestStore.INITRD));

        assertThat(store.find(RECIPE)).isNull();
    }

    @Test
    void aDamagedManifestDoesNotCount() throws IOException {
        GuestStore store = store(GuestStore.recipeChecksum(RECIPE));
        Files.writeString(store.folder(RECIPE).resolve("manifest.json"), "{\"guest\": [");

        assertThat(store.find(RECIPE)).isNull();
    }

    @Test
    void aGuestThatWasNotFetchedIsRefusedWithTheCommandThatFetchesIt() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> new GuestStore(root).require("debian-12-cloud"))
                .withMessageContaining("cloison guest fetch debian-12-cloud");
    }

    @Test
    void anUnknownGuestIsRefusedWithTheKnownOnes() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> new GuestStore(root).require("debian-13"))
                .withMessageContaining("'debian-13'")
                .withMessageContaining("debian-12-cloud or debian-12");
    }

    @Test
    void theFirstScriptIsPartOfThisBuild() {
        assertThat(GuestStore.init()).startsWith("#!/bin/busybox sh\n").contains("hv_netvsc");
    }

    private GuestStore store(String recipe) throws IOException {
        GuestStore store = new GuestStore(root);
        Path folder = Files.createDirectories(store.folder(RECIPE));
        Files.writeString(folder.resolve(GuestStore.KERNEL), "kernel");
        Files.writeString(folder.resolve(GuestStore.INITRD), "initrd");
        GuestStore.write(
                new Manifest("debian-12-cloud", "6.1.0-1-cloud-amd64", "6.1.1-1", recipe, List.of(), List.of()),
                folder);
        return store;
    }
}
