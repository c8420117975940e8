package cloison.control.guest;

import cloison.vm.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The package sources to use: the host's own where they are of the right release, and Debian's where it has none.
///
/// @param lines entries of one line each
/// @param stanzas entries of several fields each, a blank line between them
record AptSources(String lines, String stanzas) {
    private static final Path KEY_RING = Path.of("/usr/share/keyrings/debian-archive-keyring.gpg");
    private static final Pattern LINE = Pattern.compile("deb\\s+(\\[[^]]*]\\s+)?(\\S+)\\s+(\\S+)\\s+(.*)");

    /// {@return the sources to use for `release` on the host whose `/etc/apt` is `etc`}
    static AptSources of(Path etc, String release) throws IOException {
        List<String> lines = new ArrayList<>();
        List<String> stanzas = new ArrayList<>();
        for (Path file : files(etc)) {
            String text = Files.readString(file);
            if (file.toString().endsWith(".sources")) {
                for (String stanza : text.split("\\n(\\s*\\n)+")) {
                    stanza(stanza, release, stanzas);
                }
            } else {
                text.lines()
                        .map(String::strip)
                        .filter(line -> fits(line, release))
                        .forEach(lines::add);
            }
        }
        if (lines.isEmpty() && stanzas.isEmpty()) {
            return debian(release, KEY_RING);
        }
        return new AptSources(joined(lines, "\n"), joined(stanzas, "\n\n"));
    }

    /// {@return Debian's own servers, whose signatures are checked with `keyRing`}
    static AptSources debian(String release, Path keyRing) {
        if (!Files.isReadable(keyRing)) {
            throw new ConfigurationException("this system has no sources of Debian " + release + " and no " + keyRing
                    + " to check them with; install the package debian-archive-keyring,"
                    + " or pass files of your own with --kernel FILE --initrd FILE");
        }
        String entry = "deb [signed-by=" + keyRing + "] http://deb.debian.org/";
        return new AptSources(
                entry + "debian " + release + " main\n"
                        + entry + "debian " + release + "-updates main\n"
                        + entry + "debian-security " + release + "-security main\n",
                "");
    }

    private static List<Path> files(Path etc) throws IOException {
        List<Path> files = new ArrayList<>();
        if (Files.isReadable(etc.resolve("sources.list"))) {
            files.add(etc.resolve("sources.list"));
        }
        if (Files.isDirectory(etc.resolve("sources.list.d"))) {
            try (Stream<Path> parts = Files.list(etc.resolve("sources.list.d"))) {
                parts.filter(part -> part.toString().matches(".*\\.(list|sources)") && Files.isReadable(part))
                        .sorted()
                        .forEach(files::add);
            }
        }
        return files;
    }

    private static boolean fits(String line, String release) {
        Matcher entry = LINE.matcher(line);
        return entry.matches()
                && suites(release).contains(entry.group(3))
                && List.of(entry.group(4).split("\\s+")).contains("main");
    }

    private static void stanza(String text, String release, List<String> to) {
        List<String> kept = text.lines()
                .filter(line -> !line.startsWith("#") && !line.isBlank())
                .toList();
        List<String> suites = new ArrayList<>(words(kept, "Suites"));
        suites.retainAll(suites(release));
        if (suites.isEmpty()
                || !words(kept, "Types").contains("deb")
                || !words(kept, "Components").contains("main")
                || words(kept, "Enabled").contains("no")) {
            return;
        }
        to.add(kept.stream()
                .filter(line -> !named(line, "Types") && !named(line, "Suites") && !named(line, "Components"))
                .collect(Collectors.joining(
                        "\n", "Types: deb\nSuites: " + String.join(" ", suites) + "\nComponents: main\n", "")));
    }

    private static List<String> suites(String release) {
        return List.of(release, release + "-updates", release + "-security", release + "/updates");
    }

    private static List<String> words(List<String> stanza, String field) {
        return stanza.stream()
                .filter(line -> named(line, field))
                .flatMap(line ->
                        Arrays.stream(line.substring(field.length() + 1).strip().split("\\s+")))
                .toList();
    }

    private static boolean named(String line, String field) {
        return line.regionMatches(true, 0, field + ":", 0, field.length() + 1);
    }

    private static String joined(List<String> entries, String separator) {
        return entries.isEmpty() ? "" : String.join(separator, entries) + "\n";
    }
}
