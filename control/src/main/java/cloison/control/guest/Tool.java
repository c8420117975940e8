package cloison.control.guest;

import cloison.vm.config.ConfigurationException;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A program of the host that is run to its end, without input and in the language of its messages that we read.
final class Tool {
    private static final int LINES_KEPT = 50;
    private static final String ADVICE =
            "check the network and /etc/apt, or pass files of your own with --kernel FILE --initrd FILE";

    private Tool() {}

    /// {@return whether `program` is on the search path}
    static boolean exists(String program) {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
        return Arrays.stream(path.split(":"))
                .filter(folder -> !folder.isEmpty())
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    /// Runs `command` in `folder` and gives each line it prints to `line`; refuses an exit status other than zero.
    ///
    /// @param purpose what the command is run for, to complete "could not …"
    static void run(String purpose, List<String> command, @Nullable Path folder, Consumer<String> line)
            throws IOException, InterruptedException {
        Process process = start(command, folder, true);
        Deque<String> last = new ArrayDeque<>();
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String text = output.readLine(); text != null; text = output.readLine()) {
                if (last.size() == LINES_KEPT) {
                    last.removeFirst();
                }
                last.addLast(text);
                line.accept(text);
            }
        }
        int status = end(process);
        if (status != 0) {
            throw new ConfigurationException(
                    "could not " + purpose + ": " + complaint(command.getFirst(), status, last) + "; " + ADVICE);
        }
    }

    /// {@return the lines that `command` prints}
    static List<String> lines(String purpose, List<String> command) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        run(purpose, command, null, lines::add);
        return lines;
    }

    /// {@return the bytes that `command` prints}
    static byte[] output(List<String> command) throws IOException {
        if (!exists(command.getFirst())) {
            throw new ConfigurationException("the program '" + command.getFirst()
                    + "' is needed to unpack this guest; install it (Debian: package xz-utils)");
        }
        Process process = start(command, null, false);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (InputStream output = process.getInputStream()) {
            output.transferTo(bytes);
        }
        try {
            if (end(process) != 0) {
                throw new IOException(String.join(" ", command) + " failed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(String.join(" ", command) + " was interrupted", e);
        }
        return bytes.toByteArray();
    }

    private static Process start(List<String> command, @Nullable Path folder, boolean complaintsToo)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        if (complaintsToo) {
            builder.redirectErrorStream(true);
        } else {
            builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        }
        if (folder != null) {
            builder.directory(folder.toFile());
        }
        builder.environment().put("LC_ALL", "C");
        return builder.start();
    }

    private static int end(Process process) throws InterruptedException {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroy();
            throw e;
        }
    }

    /// {@return what the program said of its failure; apt marks it with `E:`}
    private static String complaint(String program, int status, Deque<String> last) {
        return last.stream()
                .filter(text -> text.startsWith("E:"))
                .findFirst()
                .or(() ->
                        last.reversed().stream().filter(text -> !text.isBlank()).findFirst())
                .orElse(program + " ended with status " + status);
    }
}
