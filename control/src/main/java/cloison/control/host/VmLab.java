package cloison.control.host;

import cloison.machine.agent.AgentRunner;
import cloison.machine.agent.Doorbell;
import cloison.machine.time.PartitionClock;
import cloison.net.capture.Capture;
import cloison.net.port.FrameWatcher;
import cloison.net.vswitch.SwitchSettings;
import cloison.net.vswitch.VirtualSwitch;
import cloison.vm.config.PartitionConfig;
import cloison.vm.config.SwitchConfig;
import cloison.vm.run.PartitionWiring;
import cloison.vm.run.Vm;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// A lab in this process: its switches, its machines, and the capture of its frames.
final class VmLab implements RunningLab {
    private final PartitionClock clock = new PartitionClock();
    private final Map<String, VirtualSwitch> switches = new HashMap<>();
    private final List<VmGuest> guests = new ArrayList<>();
    private final @Nullable Recorder recorder;
    private boolean closed;

    /// The frames of the lab on their way into a file.
    private static final class Recorder {
        private final Capture capture;
        private final AgentRunner runner;
        private final Map<String, FrameWatcher> points = new ConcurrentHashMap<>();

        Recorder(String lab, OutputStream to, PartitionClock clock) {
            Doorbell doorbell = new Doorbell();
            capture = new Capture(lab + "/capture", to, clock, doorbell::ring);
            runner = AgentRunner.start(capture, doorbell, broken -> {
                throw new IllegalStateException(broken);
            });
        }

        /// {@return where the frames of an adapter are seen: one interface of the file, whatever becomes of its guest}
        FrameWatcher point(String adapter) {
            return points.computeIfAbsent(adapter, capture::point);
        }

        void close() {
            runner.close();
            try {
                capture.close();
            } catch (IOException e) {
                throw new UncheckedIOException("the capture is incomplete: " + e.getMessage(), e);
            }
        }
    }

    VmLab(LabPlan plan, Observers observers) {
        for (SwitchConfig each : plan.switches()) {
            switches.put(each.name(), new VirtualSwitch(new SwitchSettings(each.name(), each.type()), clock));
        }
        OutputStream file = observers.capture();
        recorder = file == null ? null : new Recorder(plan.name(), file, clock);
    }

    /// Makes the machines of the plan.
    void create(LabPlan plan, Observers observers, Consumer<String> notices) {
        Function<String, FrameWatcher> watchers = recorder == null ? null : recorder::point;
        for (PartitionConfig config : plan.partitions()) {
            IntPredicate console = observers.consoles().apply(config.name());
            PartitionWiring wiring = new PartitionWiring(console::test, switches, notices, observers.trace(), watchers);
            guests.add(new VmGuest(new Vm(config, wiring)));
        }
    }

    @Override
    public List<RunningGuest> guests() {
        return List.copyOf(guests);
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        guests.forEach(VmGuest::close);
        if (recorder != null) {
            recorder.close();
        }
    }
}
