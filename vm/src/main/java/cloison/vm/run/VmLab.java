package cloison.vm.run;

import cloison.machine.agent.AgentRunner;
import cloison.machine.agent.Doorbell;
import cloison.machine.time.PartitionClock;
import cloison.net.capture.Capture;
import cloison.net.port.FrameWatcher;
import cloison.net.vswitch.SwitchSettings;
import cloison.net.vswitch.VirtualSwitch;
import cloison.vm.config.ConfigurationException;
import cloison.vm.config.LabPlan;
import cloison.vm.config.PartitionConfig;
import cloison.vm.config.SwitchConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// A lab in this process: its switches, its machines, and the capture of its frames.
///
/// **Owner:** who made it; [#close] may be called from any thread.
public final class VmLab implements AutoCloseable {
    private final PartitionClock clock = new PartitionClock();
    private final Map<String, VirtualSwitch> switches = new LinkedHashMap<>();
    private final List<Vm> machines = new CopyOnWriteArrayList<>();
    private final @Nullable Recorder recorder;
    private volatile @Nullable Throwable broken;
    private boolean closed;

    /// The frames of the lab on their way into a file.
    private static final class Recorder {
        private final OutputStream to;
        private final Capture capture;
        private final AgentRunner runner;
        private volatile boolean broken;
        private final Map<String, FrameWatcher> points = new ConcurrentHashMap<>();

        Recorder(String lab, OutputStream to, PartitionClock clock, Consumer<Throwable> failed) {
            this.to = to;
            Doorbell doorbell = new Doorbell();
            capture = new Capture(lab + "/capture", to, clock, doorbell::ring);
            runner = AgentRunner.start(capture, doorbell, thrown -> {
                broken = true;
                failed.accept(thrown);
            });
        }

        /// {@return where the frames of an adapter are seen: one interface of the file, whatever becomes of its guest}
        FrameWatcher point(String adapter) {
            return points.computeIfAbsent(adapter, capture::point);
        }

        void close() {
            runner.close();
            try {
                if (broken) {
                    to.close();
                } else {
                    capture.close();
                }
            } catch (IOException e) {
                throw new ConfigurationException(
                        "the capture of frames is incomplete: " + e.getMessage() + "; free some space", e);
            }
        }
    }

    /// A lab as planned, none of whose machines runs yet.
    ///
    /// @param consoles by a partition's name, what takes a byte of its serial console if there is room, and says so
    /// @param notices hears lines for people, from any thread
    /// @param trace hears the trace, from any thread, or null
    /// @param frames where the frames of all adapters go, as pcapng, or null; closed with the lab
    /// @throws cloison.vm.config.ConfigurationException if something that the plan names cannot be used
    public VmLab(
            LabPlan plan,
            Function<String, IntPredicate> consoles,
            Consumer<String> notices,
            @Nullable Consumer<String> trace,
            @Nullable OutputStream frames) {
        for (SwitchConfig each : plan.switches()) {
            switches.put(each.name(), new VirtualSwitch(new SwitchSettings(each.name(), each.type()), clock));
        }
        recorder = frames == null ? null : new Recorder(plan.name(), frames, clock, this::captureBroke);
        Function<String, FrameWatcher> watchers = recorder == null ? null : recorder::point;
        try {
            for (PartitionConfig config : plan.partitions()) {
                IntPredicate console = consoles.apply(config.name());
                machines.add(new Vm(config, new PartitionWiring(console::test, switches, notices, trace, watchers)));
            }
            endIfBroken();
        } catch (RuntimeException refused) {
            close();
            throw refused;
        }
    }

    /// A run whose record is wrong is worth nothing: all machines end.
    private void captureBroke(Throwable thrown) {
        broken = thrown;
        endIfBroken();
    }

    private void endIfBroken() {
        Throwable thrown = broken;
        if (thrown != null) {
            Outcome failed = new Outcome.Failed(
                    "the capture of frames broke: " + thrown, EvidenceReport.of("the capture", thrown, null));
            machines.forEach(machine -> machine.end(failed));
        }
    }

    /// {@return the machines in the order of the plan}
    public List<Vm> machines() {
        return List.copyOf(machines);
    }

    /// {@return the switches in the order of the plan}
    public List<VirtualSwitch> switches() {
        return List.copyOf(switches.values());
    }

    /// Stops what still runs, gives back memory and threads, and finishes the capture; without effect the second time.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        machines.forEach(Vm::close);
        if (recorder != null) {
            recorder.close();
        }
    }
}
