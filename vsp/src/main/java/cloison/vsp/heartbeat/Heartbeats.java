package cloison.vsp.heartbeat;

import cloison.machine.time.Clock;
import cloison.vsp.heartbeat.protocol.Beat;
import cloison.vsp.ic.IcService;
import cloison.vsp.ic.protocol.IcMessage;
import cloison.vsp.ic.protocol.IcVersion;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The beats on one open channel.
///
/// **Owner:** the channel's thread.
final class Heartbeats implements IcService {
    static final long PERIOD_NANOS = 2_000_000_000L;
    static final long PATIENCE_NANOS = 5 * PERIOD_NANOS;

    // wiring
    private final Clock clock;
    private final Consumer<GuestHealth> report;

    // state
    private long sequence;
    private long sentNanos;
    private long nextNanos;
    private boolean outstanding;
    private boolean patient;

    Heartbeats(Clock clock, Consumer<GuestHealth> report) {
        this.clock = clock;
        this.report = report;
    }

    @Override
    public void agreed(IcVersion version) {
        nextNanos = clock.nanos();
    }

    @Override
    public byte @Nullable [] request() {
        return clock.nanos() >= nextNanos ? Beat.encode(sequence) : null;
    }

    @Override
    public void sent() {
        sentNanos = clock.nanos();
        nextNanos = sentNanos + PERIOD_NANOS;
        outstanding = true;
        patient = true;
    }

    @Override
    public void answered(int status, byte[] body) {
        outstanding = false;
        if (status == IcMessage.STATUS_OK
                && Beat.decode(body) instanceof Beat.Answer answer
                && answer.sequence() == sequence + 1) {
            sequence = answer.sequence();
            report.accept(answer.state() == Beat.CRITICAL ? GuestHealth.CRITICAL : GuestHealth.ALIVE);
        }
    }

    @Override
    public void tick() {
        if (outstanding && patient && clock.nanos() - sentNanos >= PATIENCE_NANOS) {
            patient = false;
            report.accept(GuestHealth.SILENT);
        }
    }

    @Override
    public long dueInNanos() {
        if (outstanding && !patient) {
            return Long.MAX_VALUE;
        }
        long due = outstanding ? sentNanos + PATIENCE_NANOS : nextNanos;
        return Math.max(0, due - clock.nanos());
    }

    @Override
    public void closed() {
        report.accept(GuestHealth.ABSENT);
    }
}
