package cloison.control.host;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// The operator's wish that guests end: the first time they are asked to shut down, the second time they are stopped.
///
/// A guest that cannot be asked, or refuses, is stopped at once.
///
/// **Owner:** any thread; it does not wait.
public final class Dismissal implements Runnable {
    private final List<RunningGuest> guests;
    private final Consumer<String> notices;
    private final AtomicBoolean asked = new AtomicBoolean();

    /// A wish that nobody has yet.
    ///
    /// @param notices hears a line for the operator
    public Dismissal(List<RunningGuest> guests, Consumer<String> notices) {
        this.guests = guests;
        this.notices = notices;
    }

    @Override
    public void run() {
        if (asked.getAndSet(true)) {
            guests.forEach(RunningGuest::stop);
            return;
        }
        notices.accept("asking "
                + guests.stream().map(RunningGuest::name).collect(Collectors.joining(", "))
                + " to shut down; once more stops at once");
        guests.forEach(
                guest -> Thread.ofVirtual().name(guest.name() + "/dismissal").start(() -> ask(guest)));
    }

    private void ask(RunningGuest guest) {
        try {
            String refusal = guest.shutDown();
            if (refusal != null) {
                notices.accept(guest.name() + " is stopped at once: " + refusal);
                guest.stop();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
