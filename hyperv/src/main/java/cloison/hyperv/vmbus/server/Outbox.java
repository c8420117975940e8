package cloison.hyperv.vmbus.server;

import cloison.hyperv.trace.Trace;
import cloison.hyperv.trace.TraceEvent;
import cloison.hyperv.vmbus.protocol.HostMessage;
import cloison.machine.counter.Counters;
import java.util.ArrayDeque;
import java.util.Queue;

/// The control messages on their way to a guest.
///
/// **Owner:** the bus.
final class Outbox {
    // wiring
    private final GuestPort guest;
    private final Trace trace;
    private final Counters<VmbusCounter> counters;

    // state
    private final Queue<HostMessage> waiting = new ArrayDeque<>();
    private int vp;
    private int sint;

    Outbox(GuestPort guest, Trace trace, Counters<VmbusCounter> counters, int sint) {
        this.guest = guest;
        this.trace = trace;
        this.counters = counters;
        this.sint = sint;
    }

    /// Forgets all messages that the guest has not seen; later ones go to another place.
    void moveTo(int toVp, int toSint) {
        waiting.clear();
        guest.discard(vp, sint);
        vp = toVp;
        sint = toSint;
    }

    /// Forgets all messages that the guest has not seen.
    void clear() {
        moveTo(vp, sint);
    }

    void send(HostMessage message) {
        waiting.add(message);
        flush();
    }

    int size() {
        return waiting.size();
    }

    /// Posts what the guest has room for; {@return how many}
    int flush() {
        int posted = 0;
        for (HostMessage next = waiting.peek(); next != null; next = waiting.peek()) {
            if (!guest.post(vp, sint, next.encode())) {
                break;
            }
            waiting.remove();
            posted++;
            counters.increment(VmbusCounter.MESSAGES_TO_GUEST);
            if (trace.on()) {
                trace.event(new TraceEvent.MessageToGuest(vp, next));
            }
        }
        return posted;
    }
}
