package cloison.vsp.ic;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Requests of the host that wait for the thread of a channel. It exists as long as its device; while no guest
/// listens every request is refused at once, so that none is ever forgotten.
///
/// **Owner:** any thread submits; the channel's thread opens, polls and closes.
///
/// @param <R> a request
public final class RequestBox<R> {
    private final Queue<R> waiting = new ConcurrentLinkedQueue<>();
    private final Consumer<R> refuse;
    private volatile @Nullable Runnable wake;

    /// An empty box without a listener.
    ///
    /// @param refuse answers a request that no guest will
    public RequestBox(Consumer<R> refuse) {
        this.refuse = refuse;
    }

    /// Hands a request over.
    public void submit(R request) {
        waiting.add(request);
        Runnable listener = wake;
        if (listener != null) {
            listener.run();
        } else {
            refuseAll();
        }
    }

    /// A guest listens from now on, or will soon.
    ///
    /// @param listener called after each submission
    public void open(Runnable listener) {
        wake = listener;
    }

    /// {@return whether a guest listens}
    public boolean open() {
        return wake != null;
    }

    /// {@return the oldest request, or null}
    public @Nullable R poll() {
        return waiting.poll();
    }

    /// No guest listens any more.
    public void close() {
        wake = null;
        refuseAll();
    }

    private void refuseAll() {
        for (R request = waiting.poll(); request != null; request = waiting.poll()) {
            refuse.accept(request);
        }
    }
}
