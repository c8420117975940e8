package cloison.control.cli;

import cloison.vm.config.ConfigurationException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that record a run, and the files they open.
///
/// **Owner:** the verb's thread; lines of a trace come from any thread.
final class Recording implements AutoCloseable {
    @Option(
            names = "--trace",
            paramLabel = "FILE",
            description = "Write every hypercall, synthetic MSR access and VMBus message to FILE, a line each.")
    private @Nullable Path trace;

    @Option(names = "--pcap", paramLabel = "FILE", description = "Write the frames of all adapters to FILE, as pcapng.")
    private @Nullable Path pcap;

    private final Thread atExit = Thread.ofPlatform().unstarted(this::flush);
    private @Nullable PrintWriter lines;
    private @Nullable OutputStream frames;

    /// Made by picocli.
    Recording() {}

    /// Opens the files that were asked for; refuses one that cannot be written.
    void open() {
        if (trace != null) {
            lines = new PrintWriter(open("the trace", trace), false, StandardCharsets.UTF_8);
        }
        if (pcap != null) {
            frames = open("the captured frames", pcap);
        }
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /// {@return what takes the trace, or `null`}
    @Nullable
    Consumer<String> trace() {
        PrintWriter writer = lines;
        return writer == null ? null : writer::println;
    }

    /// {@return where frames go, or `null`}
    @Nullable
    OutputStream capture() {
        return frames;
    }

    /// {@return `file`, opened for writing}
    static OutputStream open(String what, Path file) {
        try {
            return new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
        } catch (IOException e) {
            throw new ConfigurationException(
                    "cannot write " + what + " to " + file + "; name a file in a folder that you may write", e);
        }
    }

    /// What was recorded until an interrupt is in the files.
    private void flush() {
        try {
            if (lines != null) {
                lines.flush();
            }
            if (frames != null) {
                frames.flush();
            }
        } catch (IOException e) {
            // The process ends, and nobody is there to be told.
        }
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException shuttingDown) {
            return;
        }
        try {
            if (lines != null) {
                lines.close();
            }
            if (frames != null) {
                frames.close();
            }
        } catch (IOException e) {
            throw new ConfigurationException("cannot finish " + pcap + ": " + e.getMessage() + "; free some space", e);
        }
    }
}
