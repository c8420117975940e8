package cloison.vsp.ic;

import cloison.hyperv.vmbus.Channel;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.counter.Counters;
import cloison.vsp.ic.protocol.IcMessage;
import cloison.vsp.ic.protocol.IcVersion;
import java.util.List;

/// Serves one open channel of an integration service.
///
/// **Owner:** the channel's thread.
public final class IcChannel implements ChannelTask {
    /// Where the conversation stands.
    private sealed interface Phase {
        record Greeting() implements Phase {}

        record Negotiating(int transaction) implements Phase {}

        /// @param outstanding the transaction that waits for its answer, or -1
        record Talking(IcVersion framing, IcVersion version, int outstanding) implements Phase {}

        record Silent() implements Phase {}
    }

    private static final List<IcVersion> FRAMINGS = List.of(new IcVersion(1, 0), new IcVersion(3, 0));
    private static final int PACKETS_PER_TURN = 64;
    private static final byte[] NOTHING = new byte[0];

    // wiring
    private final Channel channel;
    private final int type;
    private final List<IcVersion> versions;
    private final IcService service;
    private final Counters<IcCounter> counters;

    // state
    private Phase phase = new Phase.Greeting();
    private int lastTransaction;
    /// Whether the last send found the ring full: the bus lets this turn when there is room.
    private boolean blocked;

    /// Starts a conversation.
    ///
    /// @param type the service's message type
    /// @param versions the versions of the service's messages that the host speaks
    public IcChannel(
            Channel channel, int type, List<IcVersion> versions, IcService service, Counters<IcCounter> counters) {
        this.channel = channel;
        this.type = type;
        this.versions = versions;
        this.service = service;
        this.counters = counters;
        counters.increment(IcCounter.OPENED);
    }

    @Override
    public int turn() {
        int work = 0;
        while (work < PACKETS_PER_TURN) {
            Packet packet = channel.receive();
            if (packet == null) {
                break;
            }
            work++;
            if (packet.type == Packet.IN_BAND) {
                phase = after(IcMessage.decode(packet.payload, packet.length));
            } else {
                counters.increment(IcCounter.UNKNOWN);
            }
            if (packet.completionRequested) {
                channel.complete(packet.transactionId, NOTHING, 0, 0);
            }
        }
        service.tick();
        return speak() ? work + 1 : work;
    }

    private Phase after(IcMessage message) {
        return switch (message) {
            case IcMessage.Agreed agreed -> agreed(agreed);
            case IcMessage.Disagreed disagreed -> disagreed(disagreed);
            case IcMessage.Answer answer -> answered(answer);
            case IcMessage.Unknown _ -> ignored(IcCounter.UNKNOWN);
            case IcMessage.Malformed _ -> ignored(IcCounter.MALFORMED);
        };
    }

    private Phase ignored(IcCounter why) {
        counters.increment(why);
        return phase;
    }

    private Phase agreed(IcMessage.Agreed choice) {
        boolean offered = FRAMINGS.contains(choice.framing()) && versions.contains(choice.version());
        if (!(phase instanceof Phase.Negotiating negotiating)
                || negotiating.transaction() != choice.transaction()
                || !offered) {
            return ignored(IcCounter.STRAY);
        }
        counters.increment(IcCounter.AGREED);
        service.agreed(choice.version());
        return new Phase.Talking(choice.framing(), choice.version(), -1);
    }

    private Phase disagreed(IcMessage.Disagreed refusal) {
        if (!(phase instanceof Phase.Negotiating negotiating) || negotiating.transaction() != refusal.transaction()) {
            return ignored(IcCounter.STRAY);
        }
        counters.increment(IcCounter.DISAGREED);
        service.disagreed();
        return new Phase.Silent();
    }

    private Phase answered(IcMessage.Answer answer) {
        if (!(phase instanceof Phase.Talking talking)
                || answer.type() != type
                || talking.outstanding() != answer.transaction()) {
            return ignored(IcCounter.STRAY);
        }
        counters.increment(IcCounter.ANSWERS);
        service.answered(answer.status(), answer.body());
        return new Phase.Talking(talking.framing(), talking.version(), -1);
    }

    /// {@return whether something was sent}
    private boolean speak() {
        int transaction = lastTransaction + 1 & 0xFF;
        switch (phase) {
            case Phase.Greeting _ -> {
                if (!send(IcMessage.negotiate(FRAMINGS, versions, transaction))) {
                    return false;
                }
                phase = new Phase.Negotiating(transaction);
            }
            case Phase.Talking talking -> {
                byte[] body = talking.outstanding() < 0 ? service.request() : null;
                if (body == null
                        || !send(IcMessage.request(talking.framing(), type, talking.version(), transaction, body))) {
                    return false;
                }
                counters.increment(IcCounter.REQUESTS);
                service.sent();
                phase = new Phase.Talking(talking.framing(), talking.version(), transaction);
            }
            case Phase.Negotiating _, Phase.Silent _ -> {
                return false;
            }
        }
        lastTransaction = transaction;
        return true;
    }

    private boolean send(byte[] message) {
        blocked = !channel.send(0, false, message, 0, message.length);
        return !blocked;
    }

    @Override
    public long dueInNanos() {
        return phase instanceof Phase.Talking && !blocked ? service.dueInNanos() : Long.MAX_VALUE;
    }

    @Override
    public void closed() {
        service.closed();
    }
}
