package cloison.vm.run;

import cloison.chipset.Chipset;
import cloison.chipset.ChipsetConfig;
import cloison.chipset.ChipsetWiring;
import cloison.chipset.OptionalDevice;
import cloison.chipset.acpi.AcpiConfig;
import cloison.chipset.acpi.AcpiTables;
import cloison.chipset.acpi.MemoryWindow;
import cloison.chipset.apic.ApicConfig;
import cloison.chipset.apic.LocalApic;
import cloison.chipset.isa.Frequency;
import cloison.chipset.power.PowerSwitch;
import cloison.chipset.uart.SerialPort;
import cloison.hyperv.HypervisorConfig;
import cloison.hyperv.HypervisorInterface;
import cloison.hyperv.guest.ProcessorControl;
import cloison.hyperv.trace.Trace;
import cloison.linux.memory.HostMemory;
import cloison.machine.agent.Doorbell;
import cloison.machine.agent.Threading;
import cloison.machine.bus.MemoryBus;
import cloison.machine.bus.PortBus;
import cloison.machine.interrupt.VectorSink;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.EnginePartition;
import cloison.machine.processor.Invalidation;
import cloison.machine.time.PartitionClock;
import cloison.machine.time.TimerQueue;
import cloison.net.port.FrameWatcher;
import cloison.net.port.SwitchPort;
import cloison.net.vswitch.VirtualSwitch;
import cloison.vm.boot.BootImage;
import cloison.vm.boot.BootImage.Extras;
import cloison.vm.config.ConfigurationException;
import cloison.vm.config.EngineName;
import cloison.vm.config.NicConfig;
import cloison.vm.config.PartitionConfig;
import cloison.vsp.VspConfig;
import cloison.vsp.VspContext;
import cloison.vsp.heartbeat.HeartbeatVsp;
import cloison.vsp.kvp.KvpVsp;
import cloison.vsp.netvsp.NetVsp;
import cloison.vsp.netvsp.NetVspSettings;
import cloison.vsp.shutdown.ShutdownVsp;
import cloison.vsp.timesync.TimesyncVsp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A partition from power-on to power-off: everything that a reset makes anew, put together.
///
/// This is the one place where rooms meet: what a partition is made of is to be read here.
///
/// **Owner:** [Vm], which calls the life-cycle methods one at a time; devices and processors have threads of their own.
final class Partition implements AutoCloseable {
    /// Where devices on VMBus may be given memory above all RAM.
    private static final MemoryWindow HIGH_WINDOW = new MemoryWindow(0x20_0000_0000L, 0x10_0000_0000L);

    // wiring
    private final PartitionConfig config;
    private final HostMemory host;
    private final GuestMemory memory;
    private final PartitionClock clock = new PartitionClock();
    private final Doorbell timersDoorbell = new Doorbell();
    private final TimerQueue timers;
    private final PortBus ports = new PortBus();
    private final MemoryBus devices = new MemoryBus();
    private final List<VirtualProcessor> processors = new ArrayList<>();
    private final Chipset chipset;
    private final HypervisorInterface hypervisor;
    private final CrashWatch crashes;
    private final @Nullable PartitionTrace trace;
    private final List<PartitionView.Adapter> adapters = new ArrayList<>();
    private EnginePartition engine;
    private final HeartbeatVsp heartbeat;
    private final ShutdownVsp shutdown;
    private final TimesyncVsp timesync;
    private final KvpVsp keyValues;

    // state
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private final List<Threading.Running> agents = new ArrayList<>();
    private boolean halted;
    private boolean closed;

    /// A partition without adapters, with nothing loaded.
    private Partition(PartitionConfig config, PartitionWiring wiring) {
        this.config = config;
        int overlays = HypervisorInterface.overlays(config.cpus());
        host = HostMemory.allocate(GuestMemory.storeSize(config.memoryBytes(), overlays));
        memory = new GuestMemory(host.segment(), config.memoryBytes(), overlays);
        timers = new TimerQueue(config.name() + "/timers", clock, timersDoorbell);
        for (int i = 0; i < config.cpus(); i++) {
            processors.add(new VirtualProcessor(config.name() + "/vp-" + i, this::end));
        }
        var lines = wiring.trace();
        trace = lines == null ? null : new PartitionTrace(config.name(), clock, lines);
        HypervisorConfig interfaceConfig =
                HypervisorConfig.standard().with(config.hypervisor().features());
        chipset = chipset(wiring, interfaceConfig);
        crashes = new CrashWatch(config.name(), clock, timers, this::reportingRegisters, this::end, wiring.notices());
        hypervisor = hypervisor(wiring, interfaceConfig);
        connectProcessors(wiring);

        VspContext context = new VspContext(memory, clock);
        heartbeat = new VspConfig.Heartbeat(_ -> {}).create(context);
        shutdown = new VspConfig.Shutdown().create(context);
        timesync = new VspConfig.Timesync().create(context);
        keyValues = new VspConfig.Kvp().create(context);
        List.of(heartbeat, shutdown, timesync, keyValues).forEach(hypervisor.vmbus()::offer);
    }

    /// {@return a partition with its image loaded, whose processors do not run yet}
    ///
    /// @throws ConfigurationException if what the configuration names cannot be used
    static Partition create(PartitionConfig config, PartitionWiring wiring, BootImage image, byte @Nullable [] initrd) {
        Partition partition = new Partition(config, wiring);
        try {
            partition.addAdapters(wiring);
            partition.boot(image, initrd);
        } catch (RuntimeException refused) {
            partition.close();
            throw refused;
        }
        return partition;
    }

    private void addAdapters(PartitionWiring wiring) {
        VspContext context = new VspContext(memory, clock);
        for (int i = 0; i < config.nics().size(); i++) {
            PartitionView.Adapter adapter = adapter(config.nics().get(i), config.name() + "/nic" + i, wiring, context);
            adapters.add(adapter);
            hypervisor.vmbus().offer(adapter.vsp());
        }
    }

    private Chipset chipset(PartitionWiring wiring, HypervisorConfig interfaceConfig) {
        List<OptionalDevice> optional = new ArrayList<>();
        optional.add(new OptionalDevice.Serial(SerialPort.COM1, wiring.console()));
        Integer debugExit = config.debugExitPort();
        if (debugExit != null) {
            optional.add(new OptionalDevice.DebugExit(debugExit));
        }
        ApicConfig apics = new ApicConfig(
                new Frequency(interfaceConfig.apicHz()), new Frequency(interfaceConfig.tscHz()), true, true);
        return new Chipset(
                new ChipsetConfig(config.cpus(), apics, optional),
                new ChipsetWiring(ports, devices, clock, timers, new Power(), processors::get, _ -> this::timeStamp));
    }

    private HypervisorInterface hypervisor(PartitionWiring wiring, HypervisorConfig interfaceConfig) {
        List<VectorSink> sinks = new ArrayList<>();
        for (int i = 0; i < config.cpus(); i++) {
            sinks.add(chipset.apic(i));
        }
        return new HypervisorInterface(
                interfaceConfig,
                new HypervisorInterface.Partition(
                        config.name(),
                        memory,
                        0,
                        sinks,
                        new Control(),
                        clock,
                        timers,
                        Threading.DEDICATED,
                        trace == null ? Trace.OFF : trace,
                        crashes,
                        this::failed));
    }

    private void connectProcessors(PartitionWiring wiring) {
        engine = Engines.create(config.engine(), config.cpu(), memory);
        String refusal = Engines.refusal(config.cpu());
        if (config.engine() == EngineName.AUTO && refusal != null) {
            wiring.notices()
                    .accept(config.name() + ": interpreting instead of translating, which is slower: " + refusal);
        }
        ProcessorTopology topology = new ProcessorTopology(config.cpus());
        for (int i = 0; i < config.cpus(); i++) {
            LocalApic apic = chipset.apic(i);
            ProcessorIntercepts intercepts = new ProcessorIntercepts(i, ports, devices, apic, topology, hypervisor);
            processors.get(i).connect(i, engine.processor(i, intercepts, apic), apic, hypervisor);
        }
    }

    private static PartitionView.Adapter adapter(
            NicConfig nic, String name, PartitionWiring wiring, VspContext context) {
        VirtualSwitch to = wiring.switches().get(nic.switchName());
        if (to == null) {
            throw new ConfigurationException("adapter " + name + " is to be on switch '" + nic.switchName()
                    + "', which does not exist; declare it or name one of "
                    + wiring.switches().keySet());
        }
        NetVsp adapter = new VspConfig.Network(new NetVspSettings(name, nic.mac())).create(context);
        var watchers = wiring.watchers();
        FrameWatcher watcher = watchers == null ? null : watchers.apply(name);
        SwitchPort port = adapter.connect(to, nic.vlan());
        if (watcher != null) {
            port.watch(watcher);
        }
        return new PartitionView.Adapter(adapter, port);
    }

    private void boot(BootImage image, byte @Nullable [] initrd) {
        AcpiTables tables = new AcpiTables(
                new AcpiConfig(config.cpus(), List.of(SerialPort.COM1), List.of(MemoryWindow.LOW, HIGH_WINDOW)),
                AcpiTables.USUAL_ADDRESS);
        tables.write(memory);
        Extras extras = new Extras(initrd, config.boot().append(), tables.address());
        processors.getFirst().boot(image.load(memory, extras));
    }

    private long timeStamp() {
        return hypervisor.timeStamp();
    }

    /// What the guest asks of its processors by hypercalls and synthetic registers.
    private final class Control implements ProcessorControl {
        @Override
        public void idle(int vp) {
            processors.get(vp).idle();
        }

        @Override
        public void forget(int vp, long[] of, Invalidation what) {
            engine.forget(vp, of, what);
        }
    }

    /// What devices may do to the life of this partition.
    private final class Power implements PowerSwitch {
        @Override
        public void off() {
            end(crashes.unlessCrashed(new Outcome.PoweredOff()));
        }

        @Override
        public void reset() {
            end(crashes.unlessCrashed(new Outcome.Reset()));
        }

        @Override
        public void exit(int status) {
            end(new Outcome.DebugExit(status));
        }
    }

    /// Ends the run with its first outcome; later ones do not count. From any thread; does not wait.
    void end(Outcome how) {
        if (outcome.complete(how)) {
            processors.forEach(VirtualProcessor::halt);
        }
    }

    private void failed(Throwable broken) {
        end(new Outcome.Failed(
                config.name() + ": a device broke: " + broken, EvidenceReport.of(config.name(), broken, null)));
    }

    /// {@return how the run ended, once it has}
    CompletableFuture<Outcome> outcome() {
        return outcome;
    }

    /// {@return the partition as its host sees it now}
    PartitionView view() {
        return new PartitionView(
                Objects.requireNonNull(chipset.uart(SerialPort.COM1)),
                engine.engine(),
                clock.nanos(),
                processors.stream()
                        .map(VirtualProcessor::processor)
                        .map(each -> new PartitionView.Counted(each.instructions(), each.exits()))
                        .toList(),
                hypervisor.vmbus(),
                List.copyOf(adapters),
                heartbeat,
                shutdown,
                timesync,
                keyValues,
                trace == null ? Map.of() : trace.counts());
    }

    /// {@return the registers of all processors, which stand still, for people}
    String registers() {
        StringBuilder text = new StringBuilder();
        for (VirtualProcessor each : processors) {
            text.append(each.name()).append(System.lineSeparator()).append(each.registers());
        }
        return text.toString();
    }

    private String reportingRegisters() {
        for (VirtualProcessor each : processors) {
            if (each.current()) {
                return each.name() + System.lineSeparator() + each.registers();
            }
        }
        return "";
    }

    void start() {
        agents.add(Threading.DEDICATED.start(timers, timersDoorbell, this::failed));
        hypervisor.start();
        processors.forEach(VirtualProcessor::start);
    }

    void pause() throws InterruptedException {
        processors.forEach(VirtualProcessor::pause);
        for (VirtualProcessor each : processors) {
            each.awaitPaused();
        }
        clock.pause();
    }

    void resume() {
        clock.resume();
        timersDoorbell.ring();
        processors.forEach(VirtualProcessor::resume);
    }

    /// Stops all threads and the time, and leaves the switches; memory and counters stay.
    void halt() {
        end(new Outcome.Stopped());
        processors.forEach(VirtualProcessor::stop);
        hypervisor.close();
        agents.forEach(Threading.Running::close);
        agents.clear();
        adapters.forEach(each -> each.vsp().disconnect());
        clock.pause();
        sumUp();
    }

    /// Sums up in the trace, once.
    private void sumUp() {
        if (trace != null && !halted) {
            for (int vp = 0; vp < processors.size(); vp++) {
                trace.exits(vp, processors.get(vp).processor().exits());
            }
            trace.summary();
        }
        halted = true;
    }

    /// Stops all threads, then gives memory back; without effect the second time.
    @Override
    public void close() {
        halt();
        if (!closed) {
            closed = true;
            engine.close();
            host.close();
        }
    }
}
