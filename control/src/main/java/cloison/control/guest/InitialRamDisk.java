package cloison.control.guest;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// The initial RAM disk of a fetched guest, put together from unpacked Debian packages.
final class InitialRamDisk {
    private static final String LOADER = "lib64/ld-linux-x86-64.so.2";
    private static final String LIBRARIES = "lib/x86_64-linux-gnu";
    private static final List<String> LIBRARY_FOLDERS = List.of(LIBRARIES, "usr/" + LIBRARIES, "lib64");
    private static final List<String> FOLDERS =
            List.of("bin", "dev", "etc", "proc", "run", "sbin", "sys", "tmp", "usr/bin", "usr/sbin", "var/lib/hyperv");

    // wiring
    private final Path packages;

    // state
    private final SequencedMap<String, byte[]> files = new TreeMap<>();

    /// A RAM disk that is made of what lies unpacked in `packages`.
    InitialRamDisk(Path packages) {
        this.packages = packages;
    }

    /// Adds programs with the libraries that they need.
    void programs(List<String> paths) throws IOException {
        for (String path : paths) {
            program(path);
        }
    }

    /// Adds files as they are.
    void scripts(List<String> paths) throws IOException {
        for (String path : paths) {
            files.put(path, Files.readAllBytes(packages.resolve(path)));
        }
    }

    /// Adds those drivers of `wanted` that the kernel called `release` has as modules.
    void modules(String release, List<String> wanted) throws IOException {
        String folder = "lib/modules/" + release;
        KernelModules modules = KernelModules.in(packages.resolve(folder));
        List<KernelModules.Module> chosen = modules.closure(wanted);
        chosen.forEach(module -> files.put(folder + '/' + module.path(), module.content()));
        files.put(folder + "/modules.dep", modules.dependencies(chosen).getBytes(StandardCharsets.UTF_8));
    }

    /// Adds the script that the kernel runs first.
    void init(String script) {
        files.put("init", script.getBytes(StandardCharsets.UTF_8));
    }

    /// Writes everything to `file`.
    void write(Path file) throws IOException {
        TreeSet<String> folders = new TreeSet<>();
        FOLDERS.forEach(folder -> addWithParents(folder, folders));
        files.keySet().forEach(path -> addWithParents(parent(path), folders));
        folders.remove("");
        try (OutputStream to = new BufferedOutputStream(Files.newOutputStream(file))) {
            CpioArchive archive = new CpioArchive(to);
            for (String folder : folders) {
                archive.folder(folder, folder.equals("tmp") ? 01777 : 0755);
            }
            archive.device("dev/console", 0600, 5, 1);
            archive.device("dev/null", 0666, 1, 3);
            archive.link("bin/sh", "busybox");
            for (var entry : files.entrySet()) {
                boolean driver = entry.getKey().startsWith("lib/modules/");
                archive.file(entry.getKey(), driver ? 0644 : 0755, entry.getValue());
            }
            archive.finish();
        }
    }

    private void program(String path) throws IOException {
        Path file = packages.resolve(path);
        files.put(path, Files.readAllBytes(file));
        for (String library : ElfObject.read(file).neededLibraries()) {
            library(library);
        }
    }

    private void library(String name) throws IOException {
        String path = LOADER.endsWith('/' + name) ? LOADER : LIBRARIES + '/' + name;
        if (files.containsKey(path)) {
            return;
        }
        Path file = find(name);
        files.put(path, Files.readAllBytes(file));
        for (String library : ElfObject.read(file).neededLibraries()) {
            library(library);
        }
        // A dynamic program names no loader among its libraries unless it uses it; the kernel needs it nevertheless.
        library(Path.of(LOADER).getFileName().toString());
    }

    /// A link in an unpacked package may be absolute, which would leave it; so the name is looked up in each folder
    /// instead.
    private Path find(String name) throws IOException {
        for (String folder : LIBRARY_FOLDERS) {
            Path file = packages.resolve(folder).resolve(name);
            if (Files.isSymbolicLink(file)) {
                file = packages.resolve(folder)
                        .resolve(String.valueOf(Files.readSymbolicLink(file).getFileName()));
            }
            if (Files.isRegularFile(file)) {
                return file;
            }
        }
        throw new IOException("none of the guest's packages has the library " + name);
    }

    private static void addWithParents(String folder, TreeSet<String> to) {
        for (String path = folder; !path.isEmpty(); path = parent(path)) {
            to.add(path);
        }
    }

    private static String parent(String path) {
        return path.contains("/") ? path.substring(0, path.lastIndexOf('/')) : "";
    }
}
