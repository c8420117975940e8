package cloison.vsp.timesync;

import cloison.machine.time.Clock;
import cloison.vsp.ic.IcService;
import cloison.vsp.ic.protocol.IcVersion;
import cloison.vsp.timesync.protocol.TimeBody;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// The time messages on one open channel.
///
/// **Owner:** the channel's thread.
final class TimeMessages implements IcService {
    static final long PERIOD_NANOS = 5_000_000_000L;

    private static final IcVersion WITH_REFERENCE = new IcVersion(4, 0);

    // wiring
    private final Clock clock;
    private final AtomicBoolean orderDue;
    private final Runnable ended;

    // state
    private boolean withReference;
    private boolean order;
    private boolean outstanding;
    private long nextNanos;

    TimeMessages(Clock clock, AtomicBoolean orderDue, Runnable ended) {
        this.clock = clock;
        this.orderDue = orderDue;
        this.ended = ended;
    }

    @Override
    public void agreed(IcVersion version) {
        withReference = version.atLeast(WITH_REFERENCE);
        nextNanos = clock.nanos() + PERIOD_NANOS;
    }

    @Override
    public byte @Nullable [] request() {
        order = orderDue.get();
        long before = clock.nanos();
        if (!order && before < nextNanos) {
            return null;
        }
        long wall = clock.wallNanos();
        // The host's thread may have been interrupted between the two clocks: the middle halves the error.
        long reference = before + (clock.nanos() - before) / 2;
        return withReference ? TimeBody.encode(wall, reference, order) : TimeBody.encodeOld(wall, order);
    }

    @Override
    public void sent() {
        if (order) {
            orderDue.set(false);
        }
        outstanding = true;
        nextNanos = clock.nanos() + PERIOD_NANOS;
    }

    @Override
    public void answered(int status, byte[] body) {
        outstanding = false;
    }

    @Override
    public long dueInNanos() {
        return outstanding ? Long.MAX_VALUE : Math.max(0, nextNanos - clock.nanos());
    }

    @Override
    public void closed() {
        ended.run();
    }
}
