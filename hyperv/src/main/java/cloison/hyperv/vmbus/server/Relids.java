package cloison.hyperv.vmbus.server;

import java.util.BitSet;

/// The relids of a partition that are in use.
///
/// **Owner:** any thread; channels take relids for subchannels on their own.
final class Relids {
    private final int limit;
    private final BitSet used = new BitSet();

    /// Relids from 1 on, `limit` of them.
    Relids(int limit) {
        this.limit = limit;
        used.set(0);
    }

    /// {@return up to `count` relids that are in use from here on}
    synchronized int[] take(int count) {
        int[] taken = new int[Math.clamp(limit - (used.cardinality() - 1L), 0, Math.max(0, count))];
        for (int i = 0; i < taken.length; i++) {
            taken[i] = used.nextClearBit(1);
            used.set(taken[i]);
        }
        return taken;
    }

    synchronized void release(int relid) {
        used.clear(relid);
    }
}
