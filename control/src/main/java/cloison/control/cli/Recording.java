package cloison.control.cli;

import cloison.control.host.Host;
import cloison.control.host.RunningGuest;
import cloison.control.host.RunningLab;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    private final List<RecordedFile> files = new ArrayList<>();
    private @Nullable PrintWriter lines;
    private @Nullable OutputStream frames;

    /// Made by picocli.
    Recording() {}

    /// Opens the files that were asked for; refuses one that cannot be written.
    void open() {
        if (trace != null) {
            lines = new PrintWriter(file("the trace", trace), false, StandardCharsets.UTF_8);
        }
        if (pcap != null) {
            frames = file("the captured frames", pcap);
        }
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /// {@return one more file that the run writes}
    RecordedFile file(String what, Path at) {
        RecordedFile opened = new RecordedFile(what, at);
        files.add(opened);
        return opened;
    }

    /// {@return a host like `host`, which stops its lab's guests when a file cannot be written any more}
    Host watched(Host host) {
        return (plan, observers) -> {
            RunningLab lab = host.create(plan, observers);
            files.forEach(file -> file.whenBroken(() -> lab.guests().forEach(RunningGuest::stop)));
            return lab;
        };
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

    /// Writes what has not yet been written; refuses a file of which something could not be.
    void finish() {
        flush();
        files.forEach(RecordedFile::check);
    }

    private void flush() {
        if (lines != null) {
            lines.flush();
        }
        files.forEach(RecordedFile::flush);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException shuttingDown) {
            // What was recorded until now is written by the hook.
            return;
        }
        flush();
        files.forEach(RecordedFile::close);
    }
}
