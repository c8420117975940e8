package cloison.control.cli;

import cloison.vm.config.ConfigurationException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A file of the operator's that a run writes.
///
/// Who writes to it never hears of a failure: the first one is kept, what is to be done in that case is done, and
/// everything after it is dropped. [#check] tells.
///
/// **Owner:** any thread.
final class RecordedFile extends OutputStream {
    private final String what;
    private final Path file;
    private final OutputStream to;
    private @Nullable IOException failure;
    private Runnable whenBroken = () -> {};

    /// Opens `file`, or refuses it.
    ///
    /// @param what what is written there, for people
    RecordedFile(String what, Path file) {
        this.what = what;
        this.file = file;
        try {
            to = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
        } catch (IOException e) {
            throw new ConfigurationException(
                    "cannot write " + what + " to " + file + "; name a file in a folder that you may write", e);
        }
    }

    /// Says what to do, once and on a thread of its own, when the file cannot be written any more.
    synchronized void whenBroken(Runnable action) {
        whenBroken = () -> Thread.ofVirtual().start(action);
        if (failure != null) {
            whenBroken.run();
        }
    }

    /// Refuses the file if something could not be written.
    synchronized void check() {
        if (failure != null) {
            throw new ConfigurationException(
                    "cannot write " + what + " to " + file + ": "
                            + Objects.requireNonNullElse(failure.getMessage(), "the file is broken")
                            + "; free some space, or name a file elsewhere",
                    failure);
        }
    }

    /// Something that may fail.
    private interface Attempt {
        void run() throws IOException;
    }

    private synchronized void attempt(Attempt attempt) {
        if (failure != null) {
            return;
        }
        try {
            attempt.run();
        } catch (IOException e) {
            failure = e;
            whenBroken.run();
        }
    }

    @Override
    public void write(int value) {
        attempt(() -> to.write(value));
    }

    @Override
    public void write(byte[] from, int at, int length) {
        attempt(() -> to.write(from, at, length));
    }

    @Override
    public void flush() {
        attempt(to::flush);
    }

    @Override
    public void close() {
        attempt(to::close);
    }
}
