package cloison.control.guest;

import cloison.control.console.Progress;
import cloison.vm.config.ConfigurationException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/// The way a guest comes into the cache.
///
/// **Owner:** the thread that fetches; another process that fetches meanwhile waits.
public final class GuestFetch {
    private final GuestStore store;
    private final Path etc;
    private final Progress progress;

    /// A fetch into `store`, from the package sources of the host.
    public GuestFetch(GuestStore store, Progress progress) {
        this(store, Path.of("/etc/apt"), progress);
    }

    GuestFetch(GuestStore store, Path etc, Progress progress) {
        this.store = store;
        this.etc = etc;
        this.progress = progress;
    }

    /// {@return the guest of a recipe, from the cache if it is there and `anew` does not ask for the newest}
    public FetchedGuest fetch(GuestRecipe recipe, boolean anew) throws InterruptedException {
        FetchedGuest cached = store.find(recipe);
        if (cached != null && !anew) {
            return cached;
        }
        AptClient.check();
        try {
            Files.createDirectories(store.root());
            try (FileChannel channel = FileChannel.open(
                            store.root().resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                cached = lock.isValid() ? store.find(recipe) : null;
                if (cached == null || anew) {
                    make(recipe);
                }
            }
        } catch (IOException e) {
            throw new ConfigurationException(
                    "could not make the guest " + recipe.name() + " in " + store.root() + ": " + describe(e), e);
        } finally {
            progress.done();
        }
        return Objects.requireNonNull(store.find(recipe), "a guest that was just made is found");
    }

    private void make(GuestRecipe recipe) throws IOException, InterruptedException {
        AptClient apt = new AptClient(store.root().resolve("apt"));
        String kernel = kernelPackage(apt, recipe);
        List<String> names = new ArrayList<>(GuestRecipe.PACKAGES);
        names.add(kernel);
        List<AptClient.Package> packages = apt.locate(names);
        Path downloads = Files.createDirectories(store.root().resolve("packages"));
        download(apt, names, packages, downloads);

        Path work = Files.createTempDirectory(store.root(), "making-");
        try {
            progress.step("unpacking");
            Path unpacked = Files.createDirectories(work.resolve("unpacked"));
            for (int i = 0; i < packages.size(); i++) {
                progress.share((double) i / packages.size());
                String file = downloads.resolve(packages.get(i).file()).toString();
                Tool.run("unpack " + file, List.of("dpkg-deb", "-x", file, unpacked.toString()), null, line -> {});
            }
            progress.step("making the initial RAM disk");
            String release = kernel.substring("linux-image-".length());
            Path made = Files.createDirectories(work.resolve("made"));
            put(recipe, release, unpacked, packages, made);
            replace(store.folder(recipe), made, work.resolve("old"));
        } finally {
            remove(work);
        }
        forget(packages, downloads);
    }

    /// {@return the package of the current kernel} It is found by an older index if the archive cannot be reached now
    private String kernelPackage(AptClient apt, GuestRecipe recipe) throws IOException, InterruptedException {
        progress.step("reading Debian's package index");
        try {
            apt.update(etc, progress);
        } catch (ConfigurationException unreachable) {
            try {
                return apt.dependency(recipe.kernelPackage(), "linux-image-");
            } catch (ConfigurationException noIndex) {
                unreachable.addSuppressed(noIndex);
                throw unreachable;
            }
        }
        return apt.dependency(recipe.kernelPackage(), "linux-image-");
    }

    private void download(AptClient apt, List<String> names, List<AptClient.Package> packages, Path to)
            throws IOException, InterruptedException {
        List<String> missing = new ArrayList<>();
        long bytes = 0;
        for (AptClient.Package wanted : packages) {
            Path file = to.resolve(wanted.file());
            if (!Files.isRegularFile(file) || !Checksum.of(file).equals(wanted.sha256())) {
                Files.deleteIfExists(file);
                missing.add(nameOf(wanted, names));
                bytes += wanted.size();
            }
        }
        if (missing.isEmpty()) {
            return;
        }
        progress.step("downloading " + missing.size() + " packages, " + (bytes >> 20) + " MiB");
        apt.download(missing, to, progress);
        for (AptClient.Package wanted : packages) {
            Path file = to.resolve(wanted.file());
            if (!Files.isRegularFile(file) || !Checksum.of(file).equals(wanted.sha256())) {
                throw new IOException(file + " is not what the archive's index says");
            }
        }
    }

    private static void put(
            GuestRecipe recipe, String release, Path unpacked, List<AptClient.Package> packages, Path to)
            throws IOException {
        Path kernel = to.resolve(GuestStore.KERNEL);
        Path initrd = to.resolve(GuestStore.INITRD);
        Files.copy(unpacked.resolve("boot/vmlinuz-" + release), kernel);
        InitialRamDisk disk = new InitialRamDisk(unpacked);
        disk.programs(GuestRecipe.PROGRAMS);
        disk.scripts(GuestRecipe.SCRIPTS);
        disk.modules(release, GuestRecipe.MODULES);
        disk.init(GuestStore.init());
        disk.write(initrd);
        GuestStore.write(
                new Manifest(
                        recipe.name(),
                        release,
                        versionOf("linux-image-" + release, packages),
                        GuestStore.recipeChecksum(recipe),
                        packages.stream()
                                .map(one -> new Manifest.Piece(one.file(), one.sha256()))
                                .toList(),
                        List.of(
                                new Manifest.Piece(GuestStore.KERNEL, Checksum.of(kernel)),
                                new Manifest.Piece(GuestStore.INITRD, Checksum.of(initrd)))),
                to);
    }

    /// Moves a new guest to its place, so that there is never half a guest.
    private static void replace(Path place, Path made, Path old) throws IOException {
        Files.createDirectories(place.getParent());
        if (Files.exists(place)) {
            Files.move(place, old, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(made, place, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Removes downloaded packages that no cached guest was made of.
    private void forget(List<AptClient.Package> current, Path downloads) throws IOException {
        List<String> kept =
                new ArrayList<>(current.stream().map(AptClient.Package::file).toList());
        for (GuestRecipe recipe : GuestRecipe.ALL) {
            Manifest manifest = store.manifest(recipe);
            if (manifest != null) {
                manifest.packages().forEach(piece -> kept.add(piece.name()));
            }
        }
        try (Stream<Path> files = Files.list(downloads)) {
            for (Path file : files.toList()) {
                if (!kept.contains(String.valueOf(file.getFileName()))) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static String nameOf(AptClient.Package wanted, List<String> names) {
        String name = wanted.file().substring(0, wanted.file().indexOf('_'));
        if (!names.contains(name)) {
            throw new IllegalStateException("apt named " + wanted.file() + ", which was not asked for");
        }
        return name;
    }

    /// {@return a package's version, from its file's name: `name_version_architecture.deb`}
    private static String versionOf(String name, List<AptClient.Package> packages) {
        return packages.stream()
                .filter(one -> one.file().startsWith(name + '_'))
                .map(one -> one.file().split("_")[1].replace("%3a", ":"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the kernel is not among the packages"));
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private static String describe(IOException e) {
        if (e instanceof FileSystemException unusable) {
            String why = unusable.getReason() == null ? "" : " (" + unusable.getReason() + ")";
            return "cannot use " + unusable.getFile() + why
                    + "; free some space, or set XDG_CACHE_HOME to a folder that you may write";
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
