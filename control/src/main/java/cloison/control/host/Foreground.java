package cloison.control.host;

import cloison.vm.run.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// A lab that runs until all its guests have ended, or its time is over.
///
/// **Owner:** the thread that runs it.
public final class Foreground {
    private final RunningLab lab;
    private final @Nullable Duration limit;
    private final BiConsumer<RunningGuest, Outcome> ended;

    /// A lab to be run for at most `limit`.
    ///
    /// @param ended hears of each guest's end, on a thread of that guest
    public Foreground(RunningLab lab, @Nullable Duration limit, BiConsumer<RunningGuest, Outcome> ended) {
        this.lab = lab;
        this.limit = limit;
        this.ended = ended;
    }

    /// Starts every guest and waits.
    ///
    /// @return how each ended, in the order of the lab
    public List<End> run() throws InterruptedException {
        ConcurrentMap<String, Outcome> outcomes = new ConcurrentHashMap<>();
        CountDownLatch running = new CountDownLatch(lab.guests().size());
        for (RunningGuest guest : lab.guests()) {
            Thread.ofVirtual().name(guest.name() + "/end").start(() -> {
                try {
                    Outcome outcome = guest.await();
                    outcomes.put(guest.name(), outcome);
                    ended.accept(guest, outcome);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    running.countDown();
                }
            });
        }
        lab.guests().forEach(RunningGuest::start);
        boolean inTime = await(running);
        List<RunningGuest> late = inTime
                ? List.of()
                : lab.guests().stream()
                        .filter(guest -> !outcomes.containsKey(guest.name()))
                        .toList();
        late.forEach(RunningGuest::stop);
        running.await();
        List<End> ends = new ArrayList<>();
        for (RunningGuest guest : lab.guests()) {
            Outcome outcome = outcomes.getOrDefault(guest.name(), new Outcome.Stopped());
            ends.add(new End(guest, outcome, late.contains(guest) && outcome instanceof Outcome.Stopped));
        }
        return ends;
    }

    private boolean await(CountDownLatch running) throws InterruptedException {
        if (limit == null) {
            running.await();
            return true;
        }
        return running.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    /// The end of one guest.
    ///
    /// @param guest the guest
    /// @param outcome how it ended
    /// @param late whether it was stopped because its time was over
    public record End(RunningGuest guest, Outcome outcome, boolean late) {}
}
