package cloison.control.console;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The operator's terminal, set so that every key goes to the guest, until it is closed.
///
/// Output processing stays as it is, so that our own lines look right between the guest's. The modes are set with
/// stty(1), which every Linux has; so no native call is needed here.
public final class RawTerminal implements AutoCloseable {
    private final String before;
    private final Thread atExit;

    private RawTerminal(String before) {
        this.before = before;
        this.atExit = Thread.ofPlatform().unstarted(() -> stty(before));
    }

    /// {@return the terminal on standard input in raw mode, or `null` if its modes cannot be changed}
    public static @Nullable RawTerminal enter() {
        String before = stty("-g");
        if (before == null || before.isBlank()) {
            return null;
        }
        RawTerminal terminal = new RawTerminal(before.strip());
        Runtime.getRuntime().addShutdownHook(terminal.atExit);
        stty("-icanon", "-echo", "-isig", "-ixon", "-icrnl", "-iexten", "min", "1", "time", "0");
        return terminal;
    }

    /// Sets the terminal as it was.
    @Override
    public void close() {
        stty(before);
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException shuttingDown) {
            // The hook does the same once more, which is harmless.
        }
    }

    private static @Nullable String stty(String... arguments) {
        List<String> command = new ArrayList<>(List.of("stty"));
        command.addAll(Arrays.asList(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectInput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (InputStream output = process.getInputStream()) {
                String text = new String(output.readAllBytes(), StandardCharsets.US_ASCII);
                return process.waitFor() == 0 ? text : null;
            }
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }
}
