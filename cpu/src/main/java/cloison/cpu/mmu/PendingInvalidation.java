package cloison.cpu.mmu;

import cloison.machine.processor.Invalidation;

/// What other processors want one processor to forget, until it does.
///
/// **Owner:** any thread asks; the processor's thread serves.
public final class PendingInvalidation {
    private final Invalidation wanted = new Invalidation();
    private long asked;
    private volatile long served;

    /// Nothing is pending.
    public PendingInvalidation() {}

    /// Adds what somebody wants forgotten; {@return the number to ask [#served] for}
    public synchronized long ask(Invalidation what) {
        wanted.add(what);
        return ++asked;
    }

    /// Moves what is pending into `to`; {@return the number to give to [#serve] when it is forgotten}
    public synchronized long take(Invalidation to) {
        to.clear();
        to.add(wanted);
        wanted.clear();
        return asked;
    }

    /// All that was asked for up to `number` is forgotten.
    public void serve(long number) {
        served = number;
    }

    /// {@return whether what was asked for under `number` is forgotten}
    public boolean served(long number) {
        return served >= number;
    }
}
