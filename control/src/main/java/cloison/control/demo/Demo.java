package cloison.control.demo;

import cloison.control.console.ConsoleOutput;
import cloison.control.console.LineSplitter;
import cloison.control.host.Foreground;
import cloison.control.host.Host;
import cloison.control.host.Observers;
import cloison.control.host.RunningLab;
import cloison.vm.config.LabPlan;
import cloison.vm.config.PartitionConfig;
import cloison.vm.run.Engines;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A run of the two guests that talk to each other, watched through their consoles.
///
/// **Owner:** the thread that runs it.
public final class Demo {
    private static final double NANOS = 1e9;

    // wiring
    private final Host host;
    private final LongSupplier nanoTime;
    private final Telling telling;
    private final @Nullable Consumer<String> trace;
    private final @Nullable OutputStream capture;

    /// Who hears of the run while it goes on; called from several threads, one call at a time.
    public interface Telling {
        /// Something happened to a guest.
        void event(double seconds, String guest, String what);

        /// A guest wrote a line on its console.
        void line(String guest, String text);
    }

    /// One guest while it runs.
    private static final class Watched {
        private final Transcript transcript = new Transcript();
        private volatile @Nullable Double bootSeconds;
    }

    /// A demonstration on `host`.
    ///
    /// @param nanoTime a clock that only goes forward, in nanoseconds
    /// @param trace takes the trace, or `null`
    /// @param capture takes the packets, or `null`
    public Demo(
            Host host,
            LongSupplier nanoTime,
            Telling telling,
            @Nullable Consumer<String> trace,
            @Nullable OutputStream capture) {
        this.host = host;
        this.nanoTime = nanoTime;
        this.telling = telling;
        this.trace = trace;
        this.capture = capture;
    }

    /// Runs the lab to its end.
    ///
    /// @return what was found, and how each guest ended
    public Result run(LabPlan plan, Duration limit) throws InterruptedException {
        long start = nanoTime.getAsLong();
        Map<String, Watched> watched = new LinkedHashMap<>();
        Map<String, ConsoleOutput> consoles = new LinkedHashMap<>();
        for (PartitionConfig partition : plan.partitions()) {
            Watched one = new Watched();
            watched.put(partition.name(), one);
            consoles.put(
                    partition.name(),
                    new ConsoleOutput(
                            partition.name(), new LineSplitter(line -> hear(partition.name(), one, line, start))));
        }
        List<Foreground.End> ends;
        List<DemoReporter.Evidence> evidence = new ArrayList<>();
        double seconds;
        try (RunningLab lab = host.create(plan, new Observers(name -> console(consoles, name), trace, capture))) {
            ends = new Foreground(
                            lab, limit, (guest, outcome) -> tell(guest.name(), DemoReporter.describe(outcome), start))
                    .run();
            seconds = since(start);
            consoles.values().forEach(ConsoleOutput::close);
            for (Foreground.End end : ends) {
                Watched one = watched.getOrDefault(end.guest().name(), new Watched());
                evidence.add(new DemoReporter.Evidence(
                        end.guest().name(),
                        end.outcome(),
                        end.late(),
                        one.bootSeconds,
                        one.transcript,
                        end.guest().facts()));
            }
        } finally {
            consoles.values().forEach(ConsoleOutput::close);
        }
        PartitionConfig first = plan.partitions().getFirst();
        String engine = Engines.chosen(first.engine(), first.cpu()).text();
        return new Result(new DemoReporter().report(engine, seconds, evidence), ends);
    }

    /// {@return a report as a table}
    public static String text(DemoReport report) {
        return DemoText.of(report);
    }

    private static IntPredicate console(Map<String, ConsoleOutput> consoles, String name) {
        ConsoleOutput console = consoles.get(name);
        return console == null ? value -> true : console;
    }

    private void hear(String guest, Watched one, String line, long start) {
        String what = one.transcript.read(line);
        if (one.bootSeconds == null && one.transcript.initUptime() != null) {
            one.bootSeconds = since(start);
        }
        synchronized (telling) {
            telling.line(guest, line);
        }
        if (what != null) {
            tell(guest, what, start);
        }
    }

    private void tell(String guest, String what, long start) {
        synchronized (telling) {
            telling.event(since(start), guest, what);
        }
    }

    private double since(long start) {
        return (nanoTime.getAsLong() - start) / NANOS;
    }

    /// What a demonstration gives.
    ///
    /// @param report what was found
    /// @param ends how each guest ended
    public record Result(DemoReport report, List<Foreground.End> ends) {}
}
