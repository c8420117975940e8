package cloison.vm.run;

import cloison.hyperv.protocol.HypercallCode;
import cloison.hyperv.protocol.HypercallControl;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.trace.Trace;
import cloison.hyperv.trace.TraceEvent;
import cloison.hyperv.trace.TraceLine;
import cloison.machine.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// A trace that tells which partition a line is about, and sums up in the end.
///
/// **Owner:** any thread.
final class PartitionTrace implements Trace {
    private final String partition;
    private final Clock clock;
    private final Consumer<String> to;
    private final Map<String, LongAdder> hypercalls = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> reads = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> writes = new ConcurrentHashMap<>();

    PartitionTrace(String partition, Clock clock, Consumer<String> to) {
        this.partition = partition;
        this.clock = clock;
        this.to = to;
    }

    @Override
    public boolean on() {
        return true;
    }

    @Override
    public void event(TraceEvent event) {
        switch (event) {
            case TraceEvent.Hypercall call -> count(hypercalls, name(HypercallControl.code(call.control())));
            case TraceEvent.MsrRead read -> count(reads, Msr.text(read.index()));
            case TraceEvent.MsrRefused refused -> count(reads, Msr.text(refused.index()));
            case TraceEvent.MsrWritten written -> count(writes, Msr.text(written.index()));
            case TraceEvent.MessageFromGuest _, TraceEvent.MessageToGuest _ -> {}
        }
        to.accept(partition + " " + TraceLine.of(clock.nanos(), event));
    }

    private static String name(int number) {
        HypercallCode code = HypercallCode.of(number);
        return code == null ? "0x%04x".formatted(number) : code.text();
    }

    private static void count(Map<String, LongAdder> in, String name) {
        in.computeIfAbsent(name, _ -> new LongAdder()).increment();
    }

    /// Says of a processor why it left emitted code, how often.
    void exits(int vp, Map<String, Long> counts) {
        if (!counts.isEmpty()) {
            to.accept(partition + " summary vp" + vp + " exits " + text(counts));
        }
    }

    /// Says how often each hypercall was made, and each register read and written.
    void summary() {
        counts().forEach((what, counts) -> to.accept(partition + " summary " + what + " " + text(counts)));
    }

    /// {@return how often each hypercall was made, and each register read and written; without what never happened}
    SequencedMap<String, Map<String, Long>> counts() {
        SequencedMap<String, Map<String, Long>> all = new LinkedHashMap<>();
        put(all, "hypercalls", hypercalls);
        put(all, "rdmsr", reads);
        put(all, "wrmsr", writes);
        return all;
    }

    private static void put(Map<String, Map<String, Long>> all, String what, Map<String, LongAdder> counts) {
        if (!counts.isEmpty()) {
            Map<String, Long> sums = new TreeMap<>();
            counts.forEach((name, count) -> sums.put(name, count.sum()));
            all.put(what, sums);
        }
    }

    private static String text(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> count.getKey().replace(' ', ':') + "=" + count.getValue())
                .collect(Collectors.joining(" "));
    }
}
