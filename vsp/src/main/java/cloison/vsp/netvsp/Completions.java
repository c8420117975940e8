package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Channel;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.counter.Counters;
import cloison.vsp.netvsp.protocol.NvspMessage;

/// Sends the completions of what the guest sent: one for each packet that asks for one, none for the others.
///
/// A completion that finds the ring full waits here; until it is sent the channel takes no further packet, so that
/// one place is enough.
///
/// **Owner:** the channel's thread.
final class Completions {
    // wiring
    private final Channel channel;
    private final Counters<NetVspCounter> counters;

    // state
    private final byte[] reply = new byte[NvspMessage.SIZE];
    private boolean blocked;
    private long transaction;
    private int length;

    Completions(Channel channel, Counters<NetVspCounter> counters) {
        this.channel = channel;
        this.counters = counters;
    }

    /// {@return where to write a completion's message before [#send]}
    byte[] reply() {
        return reply;
    }

    /// Completes a packet, if it asks for that, with what was written to [#reply].
    void send(Packet packet) {
        send(packet, NvspMessage.SIZE);
    }

    /// Completes a packet, if it asks for that, without any payload.
    void empty(Packet packet) {
        send(packet, 0);
    }

    private void send(Packet packet, int size) {
        if (!packet.completionRequested) {
            return;
        }
        if (!channel.complete(packet.transactionId, reply, 0, size)) {
            counters.increment(NetVspCounter.RING_FULL);
            blocked = true;
            transaction = packet.transactionId;
            length = size;
        }
    }

    /// {@return whether a completion waits for room}
    boolean blocked() {
        return blocked;
    }

    /// Sends what waits; {@return whether nothing waits any more}
    boolean retry() {
        if (blocked && channel.complete(transaction, reply, 0, length)) {
            blocked = false;
        }
        return !blocked;
    }
}
