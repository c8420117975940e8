package cloison.cpu.mmu;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// Lets one processor of a partition be the only one that executes for a moment.
///
/// Processors that execute are counted. Who wants to be alone says so, asks the others to pause at their next block,
/// and waits until none is counted; all of that takes about a block, so waiting is spinning. A processor that is
/// not executing costs nothing.
///
/// **Owner:** any processor's thread.
public final class Exclusion {
    private static final int SPINS = 200;

    private final AtomicInteger executing = new AtomicInteger();
    private final AtomicBoolean alone = new AtomicBoolean();

    Exclusion() {}

    /// Counts the calling processor as executing, as soon as nobody is alone.
    public void begin() {
        while (true) {
            executing.incrementAndGet();
            if (!alone.get()) {
                return;
            }
            executing.decrementAndGet();
            for (int i = 0; alone.get(); i++) {
                relax(i);
            }
        }
    }

    /// Counts the calling processor as executing no more.
    public void end() {
        executing.decrementAndGet();
    }

    /// Lets who wants to be alone be so now; between two instructions of the caller.
    public void pause() {
        end();
        begin();
    }

    /// Makes the calling processor, which is executing, the only one.
    ///
    /// @param askOthers tells the others to pause
    void enter(Runnable askOthers) {
        while (!alone.compareAndSet(false, true)) {
            pause();
        }
        end();
        askOthers.run();
        for (int i = 0; executing.get() != 0; i++) {
            relax(i);
        }
    }

    /// Lets the others go on.
    void leave() {
        executing.incrementAndGet();
        alone.set(false);
    }

    static void relax(int turn) {
        if (turn < SPINS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }
}
