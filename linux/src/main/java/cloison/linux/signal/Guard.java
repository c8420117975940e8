package cloison.linux.signal;

/// A range of code whose faults are caught, until closed; close it when nobody executes there any more.
///
/// **Owner:** any thread.
public final class Guard implements AutoCloseable {
    private final FaultCatcher catcher;
    private final int index;
    private boolean closed;

    Guard(FaultCatcher catcher, int index) {
        this.catcher = catcher;
        this.index = index;
    }

    /// Leaves faults there to the JVM again.
    @Override
    public void close() {
        synchronized (catcher) {
            if (!closed) {
                closed = true;
                catcher.remove(index);
            }
        }
    }
}
