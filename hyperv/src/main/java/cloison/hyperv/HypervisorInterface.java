package cloison.hyperv;

import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.GuestEvents;
import cloison.hyperv.guest.ProcessorControl;
import cloison.hyperv.hypercall.HypercallDispatcher;
import cloison.hyperv.msr.CpuidLeaves;
import cloison.hyperv.msr.PartitionRegisters;
import cloison.hyperv.msr.ProcessorRegisters;
import cloison.hyperv.page.OverlayRegister;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.synic.Synic;
import cloison.hyperv.time.ReferenceTime;
import cloison.hyperv.trace.Trace;
import cloison.hyperv.trace.TraceEvent;
import cloison.hyperv.vmbus.server.GuestPort;
import cloison.hyperv.vmbus.server.VmbusServer;
import cloison.machine.agent.Threading;
import cloison.machine.interrupt.VectorSink;
import cloison.machine.memory.GuestMemory;
import cloison.machine.time.Clock;
import cloison.machine.time.TimerQueue;
import java.util.List;
import java.util.function.Consumer;

/// What one partition's guest sees of its hypervisor: CPUID leaves, synthetic registers, hypercalls, and VMBus.
///
/// A machine answers the intercepts of an engine with the methods here that have the same shapes, plus the
/// number of the virtual processor.
///
/// **Owner:** methods with a `vp` are that virtual processor's thread's; [#start], [#reset] and [#close] are the
/// partition's; [#timeStamp], [#endOfInterrupt] and [#vmbus] are for any thread.
public final class HypervisorInterface implements AutoCloseable {
    private static final int PARTITION_OVERLAYS = 2;
    private static final int PROCESSOR_OVERLAYS = 3;

    /// What a partition is made of, as far as this interface reaches it.
    ///
    /// @param name the partition's name, first part of the names of threads
    /// @param memory with at least [#overlays] spare pages from `firstOverlay` on
    /// @param firstOverlay the first spare page that is not somebody else's
    /// @param processors the local APIC of each virtual processor
    /// @param control reaches the virtual processors themselves
    /// @param timers the partition's timers, run by the machine
    /// @param threading chooses the threads of the bus and of open channels
    /// @param events hears crashes and misdeeds of the guest
    /// @param failed hears what an agent threw: a fault of ours, after which the partition must stop
    public record Partition(
            String name,
            GuestMemory memory,
            int firstOverlay,
            List<VectorSink> processors,
            ProcessorControl control,
            Clock clock,
            TimerQueue timers,
            Threading threading,
            Trace trace,
            GuestEvents events,
            Consumer<Throwable> failed) {
        /// Takes a copy.
        public Partition {
            processors = List.copyOf(processors);
        }
    }

    // wiring
    private final Trace trace;
    private final ReferenceTime time;
    private final CpuidLeaves leaves;
    private final PartitionRegisters shared;
    private final ProcessorRegisters[] own;
    private final Synic[] synics;
    private final HypercallDispatcher hypercalls;
    private final VmbusServer vmbus;

    /// The interface of a partition whose processors do not run yet.
    public HypervisorInterface(HypervisorConfig config, Partition partition) {
        int count = partition.processors().size();
        GuestMemory memory = partition.memory();
        trace = partition.trace();
        time = new ReferenceTime(partition.clock(), config.tscHz());
        leaves = new CpuidLeaves(config.features(), count);
        int overlay = partition.firstOverlay();
        shared = new PartitionRegisters(
                memory,
                new OverlayRegister(memory, overlay).readOnly(),
                new OverlayRegister(memory, overlay + 1),
                time,
                config.apicHz(),
                config.features(),
                partition.events());
        own = new ProcessorRegisters[count];
        synics = new Synic[count];
        vmbus = new VmbusServer(
                new VmbusServer.Wiring(
                        partition.name(),
                        memory,
                        new Port(),
                        partition.threading(),
                        trace,
                        partition.events(),
                        partition.failed()),
                config.vmbus());
        overlay += PARTITION_OVERLAYS;
        for (int vp = 0; vp < count; vp++, overlay += PROCESSOR_OVERLAYS) {
            VectorSink sink = partition.processors().get(vp);
            synics[vp] = new Synic(
                    new OverlayRegister(memory, overlay),
                    new OverlayRegister(memory, overlay + 1),
                    sink,
                    time,
                    config.queuedMessages(),
                    config.features().has(Feature.SINT_POLLING),
                    vmbus::messagesTaken);
            own[vp] = new ProcessorRegisters(
                    vp,
                    config.features(),
                    synics[vp],
                    new OverlayRegister(memory, overlay + 2),
                    sink,
                    time,
                    partition.timers(),
                    partition.control());
        }
        hypercalls = new HypercallDispatcher(
                memory,
                config.features(),
                vmbus,
                partition.processors().toArray(VectorSink[]::new),
                partition.control());
    }

    /// {@return how many spare pages of guest memory a partition with `processors` virtual processors needs}
    public static int overlays(int processors) {
        return PARTITION_OVERLAYS + PROCESSOR_OVERLAYS * processors;
    }

    /// The SynICs, as the bus reaches them.
    private final class Port implements GuestPort {
        @Override
        public int processors() {
            return synics.length;
        }

        @Override
        public boolean post(int vp, int sint, byte[] payload) {
            return synics[vp].post(sint, VmbusServer.MESSAGE_TYPE, 0, payload) == HvStatus.SUCCESS;
        }

        @Override
        public void discard(int vp, int sint) {
            synics[vp].discard(sint);
        }

        @Override
        public void signal(int vp, int sint, int flag) {
            synics[vp].signal(sint, flag);
        }
    }

    // the partition's life

    /// Lets VMBus work.
    public void start() {
        vmbus.start();
    }

    /// Puts everything into the state after creation: channels are closed, overlays gone, timers still. The
    /// processors stand still. VMBus keeps its devices, and works on if it worked.
    public void reset() {
        vmbus.reset();
        shared.reset();
        for (ProcessorRegisters processor : own) {
            processor.reset();
        }
    }

    /// Stops VMBus: all channels are closed when this returns. The processors stand still.
    @Override
    public void close() {
        vmbus.close();
    }

    /// {@return the partition's VMBus: devices are added and removed there}
    public VmbusServer vmbus() {
        return vmbus;
    }

    // intercepts

    /// Fills the hypervisor's part of the answer of CPUID in: its own leaves, and the bit of leaf 1 that
    /// announces it.
    public void cpuid(int leaf, int[] registers) {
        leaves.fill(leaf, registers);
    }

    /// {@return whether virtual processor `vp` has the synthetic MSR `index` and may read it}
    public boolean canReadMsr(int vp, int index) {
        boolean can = shared.has(index) || own[vp].has(index);
        if (!can && trace.on()) {
            trace.event(new TraceEvent.MsrRefused(vp, index));
        }
        return can;
    }

    /// {@return the MSR's value; only after [#canReadMsr] said yes}
    public long readMsr(int vp, int index) {
        long value = shared.has(index) ? shared.read(index) : own[vp].read(index);
        if (trace.on()) {
            trace.event(new TraceEvent.MsrRead(vp, index, value));
        }
        return value;
    }

    /// Writes an MSR; {@return false for #GP}
    public boolean writeMsr(int vp, int index, long value) {
        boolean accepted;
        if (shared.has(index)) {
            accepted = shared.write(index, value);
        } else {
            accepted = own[vp].has(index) && own[vp].write(index, value);
        }
        if (trace.on()) {
            trace.event(new TraceEvent.MsrWritten(vp, index, value, accepted));
        }
        return accepted;
    }

    /// {@return whether the hypercall instruction exists now; false means #UD}
    public boolean hypercallsEnabled() {
        return shared.hypercallsEnabled();
    }

    /// {@return the result value of a hypercall}
    public long hypercall(int vp, long control, long input, long output) {
        long result = hypercalls.call(vp, control, input, output);
        if (trace.on()) {
            trace.event(new TraceEvent.Hypercall(vp, control, input, output, result));
        }
        return result;
    }

    /// {@return the time-stamp counter of every virtual processor, from which the reference time is computed}
    public long timeStamp() {
        return time.tsc();
    }

    /// The local APIC of virtual processor `vp` ended the interrupt `vector`.
    public void endOfInterrupt(int vp, int vector) {
        synics[vp].endOfInterrupt(vector);
    }
}
