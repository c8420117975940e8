package cloison.systemtests;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The program as a user runs it: a process with standard input, output and error.
///
/// Each has a runtime folder of its own, so that its lab and those of tests beside it do not know of each other; what
/// is run [#beside] it shares its folder.
///
/// What does not come within [#PATIENCE] fails the test with all that the program has said.
///
/// **Owner:** the test's thread; two threads of its own collect what the process writes.
final class Program implements AutoCloseable {
    /// Far more than anything here takes on a busy machine, and longer than the longest command of a soak.
    private static final Duration PATIENCE = Duration.ofMinutes(8).plusSeconds(Long.getLong("cloison.soak", 0));

    /// Output that arrives.
    private static final class Collected {
        private final StringBuilder text = new StringBuilder();
        private boolean ended;

        private synchronized void add(String more) {
            text.append(more);
            notifyAll();
        }

        private synchronized void end() {
            ended = true;
            notifyAll();
        }

        private synchronized String all() {
            return text.toString();
        }
    }

    private final List<String> command;
    private final Path runtime;
    private final boolean owner;
    private final Process process;
    private final Collected output = new Collected();
    private final Collected errors = new Collected();
    private final List<Thread> readers = new ArrayList<>();
    private int read;

    private Program(List<String> command) {
        this(command, null);
    }

    /// @param other whose runtime folder it shares, or null for one of its own
    private Program(List<String> command, @Nullable Program other) {
        this.command = command;
        this.owner = other == null;
        try {
            runtime = other == null ? Files.createTempDirectory("cloison") : other.runtime;
            // Where a user is who has just cloned the project.
            ProcessBuilder builder =
                    new ProcessBuilder(command).directory(Path.of("..").toFile());
            builder.environment().put("XDG_RUNTIME_DIR", runtime.toString());
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        collect(process.getInputStream(), output);
        collect(process.getErrorStream(), errors);
    }

    /// Starts `./cloison` with these arguments.
    static Program start(String... arguments) {
        return new Program(Launcher.command("", List.of(arguments)));
    }

    /// Starts `./cloison` with these options of the JVM and these arguments.
    static Program start(List<String> options, String... arguments) {
        return new Program(Launcher.command(options, "", List.of(arguments)));
    }

    /// Runs `./cloison` with these arguments beside this, to its end, as the same user.
    Program beside(String... arguments) {
        Program program = new Program(Launcher.command("", List.of(arguments)), this);
        program.endInput();
        program.status();
        return program;
    }

    /// {@return the folder for what lasts as long as a user's session}
    Path runtime() {
        return runtime;
    }

    /// Starts `./cloison` on a terminal of its own, between two looks at the terminal's modes.
    static Program onTerminal(String... arguments) {
        String command = Launcher.command("012", List.of(arguments)).stream()
                .map(word -> "'" + word + "'")
                .collect(Collectors.joining(" "));
        String line =
                "echo \"[modes $(stty -g)]\"; " + command + "; status=$?; echo \"[modes $(stty -g)]\"; exit $status";
        return new Program(List.of("script", "--quiet", "--return", "--command", line, "/dev/null"));
    }

    /// Runs `./cloison` with these arguments and without input, to its end.
    static Program run(String... arguments) {
        Program program = start(arguments);
        program.endInput();
        program.status();
        return program;
    }

    private void collect(InputStream from, Collected to) {
        readers.add(Thread.ofPlatform().daemon().start(() -> {
            byte[] bytes = new byte[8192];
            try (from) {
                for (int length = from.read(bytes); length >= 0; length = from.read(bytes)) {
                    to.add(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
                }
            } catch (IOException broken) {
                // What has come is what there is.
            }
            to.end();
        }));
    }

    /// Waits until standard output has `text`, after what an earlier call found.
    ///
    /// @return what came before it
    String await(String text) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        synchronized (output) {
            int at = output.text.indexOf(text, read);
            while (at < 0) {
                long millis = (deadline - System.nanoTime()) / 1_000_000;
                if (output.ended || millis <= 0) {
                    throw new AssertionError("'" + text + "' did not come from " + this);
                }
                pause(millis);
                at = output.text.indexOf(text, read);
            }
            String before = output.text.substring(read, at);
            read = at + text.length();
            return before;
        }
    }

    private void pause(long millis) {
        try {
            output.wait(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for " + this, e);
        }
    }

    /// Types a line.
    void type(String line) {
        press(line + '\n');
    }

    /// Presses keys.
    void press(String keys) {
        try {
            OutputStream input = process.getOutputStream();
            input.write(keys.getBytes(StandardCharsets.UTF_8));
            input.flush();
        } catch (IOException e) {
            throw new AssertionError("nobody reads what is typed: " + this, e);
        }
    }

    /// Ends standard input.
    void endInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// {@return the number of its process}
    String pid() {
        return String.valueOf(process.pid());
    }

    /// Sends SIGTERM, as a service manager does.
    void terminate() {
        // Not by the process itself, which would close what is read here too.
        process.toHandle().destroy();
    }

    /// {@return the exit status, when it has ended}
    int status() {
        try {
            if (!process.waitFor(PATIENCE)) {
                throw new AssertionError("did not end: " + this);
            }
            for (Thread reader : readers) {
                reader.join();
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for " + this, e);
        }
    }

    /// {@return standard output until now}
    String output() {
        return output.all();
    }

    /// {@return standard error until now}
    String errors() {
        return errors.all();
    }

    /// Kills it if it still runs.
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (owner) {
            removeRuntime();
        }
    }

    private void removeRuntime() {
        try (Stream<Path> files = Files.walk(runtime)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException | UncheckedIOException busy) {
            // Behind a terminal the program may outlive its terminal a little, and use the folder still.
        }
    }

    @Override
    public String toString() {
        return "%s%nstandard output:%n%s%nstandard error:%n%s".formatted(String.join(" ", command), output(), errors());
    }
}
