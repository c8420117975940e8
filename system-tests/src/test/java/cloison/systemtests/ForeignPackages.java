package cloison.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/// Packages for another architecture from the archive that guests are fetched from.
///
/// apt keeps the index of that architecture in a state of its own, and checks what it downloads as for a guest.
final class ForeignPackages {
    private final Path program;
    private final String architecture;
    private final Path folder;

    /// Packages for `architecture`, kept in the program's `cache`.
    ForeignPackages(Path cache, String architecture) {
        this.program = cache.resolve("apt/apt.conf");
        this.architecture = architecture;
        this.folder = cache.resolve("foreign").resolve(architecture);
    }

    /// {@return the file of this package, downloaded when no test before has done so}
    Path file(String name) {
        try {
            Path packages = Files.createDirectories(folder.resolve("packages"));
            Optional<Path> kept = find(packages, name);
            if (kept.isPresent()) {
                return kept.get();
            }
            Path settings = settings();
            Path partial = Files.createDirectories(folder.resolve("partial"));
            // One of several indexes may be out of step on a mirror; what counts is that one has the package.
            Tools.run(
                    partial,
                    "sh",
                    "-c",
                    "apt-get -q -c \"$1\" update || echo 'not all indexes'; apt-get -q -c \"$1\" download \"$2\"",
                    "sh",
                    settings.toString(),
                    name);
            Path whole = find(partial, name).orElseThrow();
            return Files.move(whole, packages.resolve(whole.getFileName()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Optional<Path> find(Path in, String name) throws IOException {
        try (Stream<Path> files = Files.list(in)) {
            return files.filter(file -> {
                        String of = file.getFileName().toString();
                        return of.startsWith(name + '_') && of.endsWith('_' + architecture + ".deb");
                    })
                    .findFirst();
        }
    }

    /// The program's own settings, but for the architecture and the places.
    private Path settings() throws IOException {
        Files.createDirectories(folder.resolve("lists/partial"));
        Files.createDirectories(folder.resolve("cache/archives/partial"));
        Files.writeString(folder.resolve("status"), "");
        return Files.writeString(folder.resolve("apt.conf"), """
                #include "%1$s";
                #clear APT::Architectures;
                APT::Architecture "%2$s";
                APT::Architectures { "%2$s"; };
                Dir::State "%3$s";
                Dir::State::status "%3$s/status";
                Dir::Cache "%3$s/cache";
                """.formatted(program, architecture, folder));
    }
}
