package cloison.hyperv.trace;

import cloison.machine.time.Clock;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Writes a line per event, until a line cannot be written.
///
/// **Owner:** any thread; the monitor keeps lines whole. Whoever made the writer closes what it writes to.
public final class TraceWriter implements Trace {
    private final Appendable to;
    private final Clock clock;
    private volatile @Nullable IOException failure;

    /// A writer of lines that begin with the time of `clock`.
    public TraceWriter(Appendable to, Clock clock) {
        this.to = to;
        this.clock = clock;
    }

    /// {@return why the trace is incomplete, or null}
    public @Nullable IOException failure() {
        return failure;
    }

    @Override
    public boolean on() {
        return failure == null;
    }

    @Override
    public void event(TraceEvent event) {
        String line = TraceLine.of(clock.nanos(), event) + "\n";
        synchronized (this) {
            if (failure == null) {
                try {
                    to.append(line);
                } catch (IOException broken) {
                    failure = broken;
                }
            }
        }
    }
}
