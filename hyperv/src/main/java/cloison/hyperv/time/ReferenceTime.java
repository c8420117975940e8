package cloison.hyperv.time;

import cloison.machine.time.Clock;

/// The time-stamp counter of a partition and the reference time computed from it, by exactly the formula that a
/// guest uses with its reference TSC page: `(tsc * scale) >> 64`.
///
/// **Owner:** any thread.
public final class ReferenceTime {
    /// Units of reference time in a second.
    public static final long UNITS_PER_SECOND = 10_000_000L;
    /// The frequency at which the time-stamp counter counts the nanoseconds of the partition's clock.
    public static final long NANOSECOND_TSC = 1_000_000_000L;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long LAST_UNIT = 10_000_000_000_000_000L;

    private final Clock clock;
    private final long tscHz;
    private final long scale;

    /// Reference time for a time-stamp counter of `tscHz`, at least 10 MHz and below 8 GHz.
    public ReferenceTime(Clock clock, long tscHz) {
        if (tscHz <= UNITS_PER_SECOND || tscHz >= 1L << 33) {
            throw new IllegalArgumentException("a time-stamp counter of %d Hz is out of range".formatted(tscHz));
        }
        this.clock = clock;
        this.tscHz = tscHz;
        scale = scale(tscHz);
    }

    /// {@return 2^64 times ten million divided by `hz`, rounded down}
    private static long scale(long hz) {
        long quotient = 0;
        long remainder = UNITS_PER_SECOND;
        for (int bit = 0; bit < 64; bit++) {
            remainder <<= 1;
            quotient <<= 1;
            if (remainder >= hz) {
                remainder -= hz;
                quotient |= 1;
            }
        }
        return quotient;
    }

    /// {@return the frequency of the time-stamp counter in Hz}
    public long tscHz() {
        return tscHz;
    }

    /// {@return the factor of the formula}
    public long scale() {
        return scale;
    }

    /// {@return the time-stamp counter now}
    public long tsc() {
        return tscAt(clock.nanos());
    }

    private long tscAt(long nanos) {
        if (tscHz == NANOSECOND_TSC) {
            return nanos;
        }
        return nanos / NANOS_PER_SECOND * tscHz + nanos % NANOS_PER_SECOND * tscHz / NANOS_PER_SECOND;
    }

    /// {@return the reference time now, in units of 100 ns}
    public long now() {
        return Math.unsignedMultiplyHigh(tsc(), scale);
    }

    /// {@return the first nanosecond of the partition's clock at which the reference time is `units` or later;
    /// [Long#MAX_VALUE] if that is further away than anybody waits}
    public long nanosAt(long units) {
        if (units < 0 || units > LAST_UNIT) {
            return Long.MAX_VALUE;
        }
        long tsc = units / UNITS_PER_SECOND * tscHz + units % UNITS_PER_SECOND * tscHz / UNITS_PER_SECOND;
        while (Math.unsignedMultiplyHigh(tsc, scale) < units) {
            tsc++;
        }
        return tsc / tscHz * NANOS_PER_SECOND + (tsc % tscHz * NANOS_PER_SECOND + tscHz - 1) / tscHz;
    }
}
