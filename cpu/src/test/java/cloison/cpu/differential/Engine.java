package cloison.cpu.differential;

/// What runs code at a [Place]: the host's processor, the interpreter, or another engine that is to be proven.
///
/// Code and data stay as they are between runs, so that one program can run several times and on several engines.
///
/// **Owner:** the thread that made it; only [#stop] may be called from others.
interface Engine extends AutoCloseable {
    /// {@return its name, for reports}
    String name();

    /// {@return whether the frame of a fault has the status flags even where the next instructions would overwrite
    /// them}
    default boolean exactFlags() {
        return true;
    }

    /// Replaces code bytes.
    void code(int offset, byte[] bytes, int length);

    /// Puts the filler back.
    void clear(int offset, int length);

    /// Replaces the content of the writable data pages: `image` is [Place#DATA_SIZE] bytes.
    void load(byte[] image);

    /// Copies the content of the writable data pages out.
    void store(byte[] image);

    /// Runs from `in` until a fault, which `out` describes. Nothing is kept from earlier runs.
    ///
    /// @throws Stopped if [#stop] ended it
    void run(MachineState in, MachineState out);

    /// Like [#run], with all that the engine keeps from earlier runs: decoded blocks, links, translations.
    ///
    /// @throws Stopped if [#stop] ended it
    void rerun(MachineState in, MachineState out);

    /// From any thread: end the run under way.
    void stop();

    @Override
    void close();

    /// A run that was stopped.
    final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;

        Stopped(String engine) {
            super(engine + " did not come to an end");
        }
    }
}
