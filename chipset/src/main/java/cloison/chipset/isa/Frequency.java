package cloison.chipset.isa;

/// The rate of a counter that follows a partition's clock; converts exactly between its ticks and nanoseconds.
///
/// @param hertz ticks a second, from 1 to 9 thousand million
public record Frequency(long hertz) {
    private static final long SECOND = 1_000_000_000L;
    /// Time beyond which nobody waits, about 146 years; deadlines saturate here.
    private static final long FOREVER = Long.MAX_VALUE / 2;

    /// Refuses rates for which the conversions would overflow.
    public Frequency {
        if (hertz < 1 || hertz > 9 * SECOND) {
            throw new IllegalArgumentException("not a counter's frequency: " + hertz + " Hz");
        }
    }

    /// {@return ticks completed after `nanos` nanoseconds, which are not negative}
    public long ticks(long nanos) {
        return nanos / SECOND * hertz + nanos % SECOND * hertz / SECOND;
    }

    /// {@return the first nanosecond at which `ticks` ticks, not negative, are completed}
    public long nanos(long ticks) {
        long seconds = ticks / hertz;
        if (seconds >= FOREVER / SECOND) {
            return FOREVER;
        }
        return seconds * SECOND + (ticks % hertz * SECOND + hertz - 1) / hertz;
    }
}
