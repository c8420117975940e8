package cloison.vm.run;

import cloison.hyperv.trace.Trace;
import cloison.hyperv.trace.TraceEvent;
import cloison.hyperv.trace.TraceLine;
import cloison.machine.time.Clock;
import java.util.function.Consumer;

/// A trace that tells which partition a line is about.
record PartitionTrace(String partition, Clock clock, Consumer<String> to) implements Trace {
    @Override
    public boolean on() {
        return true;
    }

    @Override
    public void event(TraceEvent event) {
        to.accept(partition + " " + TraceLine.of(clock.nanos(), event));
    }
}
