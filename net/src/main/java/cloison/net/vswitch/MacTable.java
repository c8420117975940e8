package cloison.net.vswitch;

import cloison.machine.counter.Counters;
import cloison.net.frame.MacAddress;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Which address is behind which port: learned from the frames of all senders at once, without a lock.
///
/// **Owner:** any thread.
final class MacTable {
    /*
     * An open hash table of fixed size, at most half full. The entry for a key is in one of the WINDOW places that
     * follow the key's hash; a search looks at all of them, so that an entry can be taken out without a tombstone. If
     * all of a window is used, a new address is not learned and its frames are flooded: the table may refuse a little
     * before its limit, never forget.
     *
     * A key is VLAN << 48 | address; 0 is a free place (the zero address is never learned) and CLAIMED a place that is
     * being filled. A writer claims a free place by compare-and-set, fills owner and time, and then publishes the key.
     * A reader that finds a key reads the owner and then the key again: if it is still there, the owner belongs to it.
     * Two senders may enter the same new key into two places; the search takes the first, the other one ages out.
     *
     * An entry that is too old goes when it is found, when a new one needs its place, or when a limit was met and the
     * whole table is swept for it, at most once in a SWEEP_NANOS.
     */
    private static final int WINDOW = 8;
    private static final long SWEEP_NANOS = 1_000_000_000L;
    private static final long FREE = 0;
    private static final long CLAIMED = -1;

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle PORTS = MethodHandles.arrayElementVarHandle(Port[].class);

    // wiring
    private final int limit;
    private final int portLimit;
    private final long ageingNanos;
    private final Counters<SwitchCounter> counters;

    // state
    private final long[] keys;
    private final @Nullable Port[] owners;
    private final long[] seen;
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong sweepDue = new AtomicLong(Long.MIN_VALUE);
    private final int shift;

    MacTable(int limit, int portLimit, Duration ageing, Counters<SwitchCounter> counters) {
        this.limit = limit;
        this.portLimit = portLimit;
        this.ageingNanos = ageing.toNanos();
        this.counters = counters;
        int bits = 32 - Integer.numberOfLeadingZeros(Math.max(limit, WINDOW) * 2 - 1);
        shift = 64 - bits;
        int places = (1 << bits) + WINDOW - 1;
        keys = new long[places];
        owners = new Port[places];
        seen = new long[places];
    }

    static long key(int vlan, long address) {
        return (long) vlan << 48 | address;
    }

    private int start(long key) {
        return (int) (key * 0x9E37_79B9_7F4A_7C15L >>> shift);
    }

    private long keyAt(int place) {
        return (long) LONGS.getAcquire(keys, place);
    }

    private int find(long key) {
        int start = start(key);
        for (int place = start; place < start + WINDOW; place++) {
            if (keyAt(place) == key) {
                return place;
            }
        }
        return -1;
    }

    /// Remembers that `key` was the source of a frame from `port`.
    void learn(long key, Port port, long nowNanos) {
        int place = find(key);
        if (place < 0) {
            enter(key, port, nowNanos);
            return;
        }
        Port owner = (Port) PORTS.getAcquire(owners, place);
        if (owner != port) {
            move(place, key, owner, port, nowNanos);
        }
        // A time of this second is good enough, and a line that is not written stays in every sender's cache.
        if (nowNanos - (long) LONGS.getOpaque(seen, place) >= 1_000_000_000L) {
            LONGS.setOpaque(seen, place, nowNanos);
        }
    }

    private void move(int place, long key, @Nullable Port from, Port to, long nowNanos) {
        if (to.addresses.getAndIncrement() >= portLimit) {
            refuse(to, SwitchCounter.REFUSED_PORT_FULL, nowNanos);
            return;
        }
        if (from != null && keyAt(place) == key && PORTS.compareAndSet(owners, place, from, to)) {
            from.addresses.decrementAndGet();
            counters.increment(SwitchCounter.MOVED);
        } else {
            to.addresses.decrementAndGet();
        }
    }

    private void enter(long key, Port port, long nowNanos) {
        if (port.addresses.getAndIncrement() >= portLimit) {
            refuse(port, SwitchCounter.REFUSED_PORT_FULL, nowNanos);
            return;
        }
        if (size.getAndIncrement() < limit) {
            int start = start(key);
            for (int place = start; place < start + WINDOW; place++) {
                if (claim(place, nowNanos)) {
                    PORTS.setRelease(owners, place, port);
                    LONGS.setOpaque(seen, place, nowNanos);
                    LONGS.setRelease(keys, place, key);
                    counters.increment(SwitchCounter.LEARNED);
                    return;
                }
            }
        }
        size.decrementAndGet();
        refuse(port, SwitchCounter.REFUSED_TABLE_FULL, nowNanos);
    }

    private void refuse(Port port, SwitchCounter why, long nowNanos) {
        port.addresses.decrementAndGet();
        counters.increment(why);
        long due = sweepDue.get();
        if (nowNanos >= due && sweepDue.compareAndSet(due, nowNanos + SWEEP_NANOS)) {
            for (int place = 0; place < keys.length; place++) {
                long key = keyAt(place);
                if (key != FREE && key != CLAIMED && old(place, nowNanos)) {
                    take(place, key, SwitchCounter.AGED);
                }
            }
        }
    }

    private boolean claim(int place, long nowNanos) {
        long key = keyAt(place);
        if (key == FREE) {
            return LONGS.compareAndSet(keys, place, FREE, CLAIMED);
        }
        if (key == CLAIMED || !old(place, nowNanos) || !LONGS.compareAndSet(keys, place, key, CLAIMED)) {
            return false;
        }
        emptied(place, SwitchCounter.AGED);
        return true;
    }

    private boolean old(int place, long nowNanos) {
        return nowNanos - (long) LONGS.getOpaque(seen, place) > ageingNanos;
    }

    /// {@return the port behind which `key` is, or null if that is not known}
    @Nullable
    Port lookUp(long key, long nowNanos) {
        int place = find(key);
        if (place < 0) {
            return null;
        }
        if (old(place, nowNanos)) {
            take(place, key, SwitchCounter.AGED);
            return null;
        }
        Port port = (Port) PORTS.getAcquire(owners, place);
        if (port != null && !port.connected()) {
            take(place, key, SwitchCounter.FORGOTTEN);
            return null;
        }
        return keyAt(place) == key ? port : null;
    }

    /// Frees a place that holds `key`, if it still does.
    private void take(int place, long key, SwitchCounter why) {
        if (LONGS.compareAndSet(keys, place, key, CLAIMED)) {
            emptied(place, why);
            LONGS.setRelease(keys, place, FREE);
        }
    }

    /// Gives up what a claimed place held.
    private void emptied(int place, SwitchCounter why) {
        Port owner = (Port) PORTS.getAndSet(owners, place, null);
        if (owner != null) {
            owner.addresses.decrementAndGet();
        }
        size.decrementAndGet();
        counters.increment(why);
    }

    /// Forgets everything behind `port`.
    void forget(Port port) {
        for (int place = 0; place < keys.length; place++) {
            long key = keyAt(place);
            if (key != FREE && key != CLAIMED && PORTS.getAcquire(owners, place) == port) {
                take(place, key, SwitchCounter.FORGOTTEN);
            }
        }
    }

    /// {@return addresses known}
    int size() {
        return size.get();
    }

    /// {@return what is known now, for people}
    List<LearnedAddress> list(long nowNanos) {
        List<LearnedAddress> list = new ArrayList<>();
        for (int place = 0; place < keys.length; place++) {
            long key = keyAt(place);
            Port port = (Port) PORTS.getAcquire(owners, place);
            if (key != FREE && key != CLAIMED && port != null && !old(place, nowNanos)) {
                long silent = Math.max(0, nowNanos - (long) LONGS.getOpaque(seen, place));
                list.add(new LearnedAddress(
                        new MacAddress(key & 0xFFFF_FFFF_FFFFL),
                        (int) (key >>> 48),
                        port.name(),
                        Duration.ofNanos(silent)));
            }
        }
        return list;
    }
}
