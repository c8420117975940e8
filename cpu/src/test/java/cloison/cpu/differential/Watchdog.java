package cloison.cpu.differential;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// Stops runs that do not come to an end, and keeps the seed of the case under way in `target/differential-seed.txt`,
/// should the process not survive it.
///
/// A run that not even [Engine#stop] ends (the host's processor repeats one instruction forever) ends the process,
/// after the case was told on the error stream.
///
/// **Owner:** [#watch], [#unwatch] and [#about] are called by the thread that runs engines.
final class Watchdog implements AutoCloseable {
    private static final int NOTE_SIZE = 32;

    private final Thread thread;
    private final long patienceMillis;
    private volatile @Nullable Engine watched;
    /// Odd while a run is under way.
    private volatile long runs;

    private volatile long seed;
    private volatile boolean closed;
    private final MappedByteBuffer note;

    Watchdog(long patienceMillis) {
        this.patienceMillis = patienceMillis;
        note = note();
        thread = Thread.ofPlatform().daemon().name("watchdog").start(this::guard);
    }

    /// Says which seed is run from here on.
    void about(long of) {
        seed = of;
        byte[] text = Long.toString(of).getBytes(StandardCharsets.US_ASCII);
        note.put(0, text);
        note.put(text.length, (byte) '\n');
    }

    private static MappedByteBuffer note() {
        Path path = Path.of("target/differential-seed.txt");
        try {
            Files.createDirectories(Path.of("target"));
            try (FileChannel file = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                return file.map(FileChannel.MapMode.READ_WRITE, 0, NOTE_SIZE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void watch(Engine engine) {
        watched = engine;
        runs++;
    }

    void unwatch() {
        runs++;
    }

    @SuppressWarnings("SystemExitOutsideMain") // a thread that is stuck in native code cannot be ended otherwise
    private void guard() {
        long seen = -1;
        int looks = 0;
        while (!closed) {
            try {
                Thread.sleep(patienceMillis);
            } catch (InterruptedException _) {
                return;
            }
            long now = runs;
            boolean stuck = now == seen && (now & 1) != 0;
            looks = stuck ? looks + 1 : 0;
            seen = now;
            Engine engine = watched;
            if (looks == 1 && engine != null) {
                engine.stop();
            } else if (looks > 2) {
                System.err.println("-Dcloison.seed=" + seed + " hangs and cannot be stopped");
                Runtime.getRuntime().halt(1);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
