package cloison.machine.counter;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/// The values of one enum of counters; they only grow.
///
/// **Owner:** anyone may add and read. Adding allocates nothing and takes no lock; values read together are not a
/// snapshot of one moment.
///
/// @param <C> what is counted
public final class Counters<C extends Enum<C> & Counter> {
    /// Longs between two counters, so that two of them do not share a cache line with a third.
    private static final int STRIDE = 4;

    private final Class<C> kind;
    private final C[] constants;
    private final AtomicLongArray values;

    /// All counters of `kind`, at zero.
    public Counters(Class<C> kind) {
        this.kind = kind;
        constants = kind.getEnumConstants();
        values = new AtomicLongArray(constants.length * STRIDE);
    }

    /// Adds one.
    public void increment(C counter) {
        values.getAndIncrement(counter.ordinal() * STRIDE);
    }

    /// Adds `amount`.
    public void add(C counter, long amount) {
        values.getAndAdd(counter.ordinal() * STRIDE, amount);
    }

    /// {@return the present value}
    public long value(C counter) {
        return values.get(counter.ordinal() * STRIDE);
    }

    /// {@return all present values in the order of the enum}
    public Map<C, Long> values() {
        Map<C, Long> map = new EnumMap<>(kind);
        for (C counter : constants) {
            map.put(counter, value(counter));
        }
        return map;
    }
}
