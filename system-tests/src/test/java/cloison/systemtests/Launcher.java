package cloison.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What `./cloison` does after it has built: the command line of the JVM, for the classes that this test was built
/// with.
///
/// The options are read from the script itself, so that what is tested is what users run. As there,
/// `CLOISON_JAVA_OPTIONS` adds more: whatever it says holds for every guest of these tests.
final class Launcher {
    private static final Path ROOT = Path.of("..");
    private static final String MODULE = "cloison.control";

    /// A line of the script that is an option of the JVM and needs nothing of the shell.
    private static final Pattern OPTION = Pattern.compile("^ {4}(-[^ $\"]+) \\\\$", Pattern.MULTILINE);

    private static final List<String> COMMAND = command();

    private static final List<String> ADDED = Stream.of(
                    System.getenv().getOrDefault("CLOISON_JAVA_OPTIONS", "").split("\\s+"))
            .filter(option -> !option.isEmpty())
            .toList();

    private Launcher() {}

    /// {@return the command that runs the program with these arguments}
    ///
    /// @param terminals which of standard input, output and error are terminals, their numbers in a text
    static List<String> command(String terminals, List<String> arguments) {
        return command(List.of(), terminals, arguments);
    }

    /// {@return the same with more options of the JVM, after those of the environment}
    static List<String> command(List<String> options, String terminals, List<String> arguments) {
        List<String> command = new ArrayList<>(COMMAND);
        command.addAll(ADDED);
        command.addAll(options);
        command.add("-Dcloison.terminals=" + terminals);
        command.add("--module");
        command.add(MODULE + "/cloison.control.cli.Main");
        command.addAll(arguments);
        return command;
    }

    private static List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--module-path");
        command.add(modulePath());
        command.addAll(options());
        return command;
    }

    private static List<String> options() {
        try {
            List<String> options = OPTION.matcher(Files.readString(ROOT.resolve("cloison")))
                    .results()
                    .map(found -> found.group(1))
                    .toList();
            if (!options.contains("--illegal-native-access=deny")) {
                throw new AssertionError("the launcher's options were not found in it: " + options);
            }
            return options;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// {@return where the program's modules are among what this test runs with: folders of classes, or archives}
    private static String modulePath() {
        Path[] classPath = Arrays.stream(System.getProperty("java.class.path").split(":"))
                .map(Path::of)
                .filter(entry -> !entry.endsWith("test-classes"))
                .toArray(Path[]::new);
        Configuration program = ModuleLayer.boot()
                .configuration()
                .resolve(ModuleFinder.of(classPath), ModuleFinder.of(), Set.of(MODULE));
        return program.modules().stream()
                .map(ResolvedModule::reference)
                .map(module -> module.location().orElseThrow())
                .map(Launcher::file)
                .distinct()
                .collect(Collectors.joining(":"));
    }

    private static String file(URI place) {
        return Path.of(place).toString();
    }
}
