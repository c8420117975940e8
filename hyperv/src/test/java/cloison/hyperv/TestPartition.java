package cloison.hyperv;

import cloison.hyperv.guest.CrashReport;
import cloison.hyperv.guest.GuestEvents;
import cloison.hyperv.guest.ProcessorControl;
import cloison.hyperv.trace.Trace;
import cloison.hyperv.trace.TraceEvent;
import cloison.hyperv.vmbus.GuestRam;
import cloison.machine.StepClock;
import cloison.machine.agent.Doorbell;
import cloison.machine.agent.SteppedThreading;
import cloison.machine.agent.Threading;
import cloison.machine.interrupt.VectorSink;
import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.GuestPages;
import cloison.machine.processor.Invalidation;
import cloison.machine.time.TimerQueue;
import cloison.machine.wire.Wire;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// A partition without processors: its hypervisor interface, RAM, a clock moved by hand, and local APICs that
/// note what they are asked.
///
/// Agents are turned by hand: [#settle]. What went wrong on our side fails the test at once.
public final class TestPartition {
    /// RAM of a partition when nothing else is said: 4 MiB.
    public static final int RAM_PAGES = 1024;

    /// A local APIC that only remembers.
    public static final class Apic implements VectorSink {
        private final List<Integer> vectors = new ArrayList<>();
        private final List<Integer> selfEnding = new ArrayList<>();
        private final Doorbell asserted = new Doorbell();

        private Apic() {}

        @Override
        public void assertVector(int vector) {
            note(vectors, vector);
        }

        @Override
        public void assertSelfEnding(int vector) {
            note(selfEnding, vector);
        }

        /// A vector is pending until it is taken.
        @Override
        public synchronized boolean pending(int vector) {
            return vectors.contains(vector) || selfEnding.contains(vector);
        }

        private synchronized void note(List<Integer> where, int vector) {
            where.add(vector);
            asserted.ring();
        }

        /// Waits until a vector is asserted, or was since this was last asked.
        public void await() {
            asserted.await(Long.MAX_VALUE);
        }

        /// {@return the vectors asserted since this was last asked}
        public synchronized List<Integer> take() {
            List<Integer> taken = List.copyOf(vectors);
            vectors.clear();
            return taken;
        }

        /// {@return the vectors asserted with an automatic end since this was last asked}
        public synchronized List<Integer> takeSelfEnding() {
            List<Integer> taken = List.copyOf(selfEnding);
            selfEnding.clear();
            return taken;
        }
    }

    /// Notes what the guest asks of its processors.
    private final class Noted implements ProcessorControl {
        @Override
        public void idle(int vp) {
            asked.add("idle " + vp);
        }

        @Override
        public void forget(int vp, long[] of, Invalidation what) {
            asked.add("forget " + vp);
        }
    }

    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final GuestRam ram;
    private final StepClock clock = new StepClock();
    private final TimerQueue timers = new TimerQueue("timers", clock, new Doorbell());
    private final Threading threading;
    private final List<Apic> apics = new ArrayList<>();
    private final List<CrashReport> crashes = Collections.synchronizedList(new ArrayList<>());
    private final List<String> misdeeds = Collections.synchronizedList(new ArrayList<>());
    private final List<TraceEvent> events = new ArrayList<>();
    private final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    private volatile int resets;
    private final HypervisorInterface hypervisor;

    /// A partition with one virtual processor and the standard interface.
    public TestPartition() {
        this(1, HypervisorConfig.standard());
    }

    /// A partition with `processors` virtual processors.
    public TestPartition(int processors, HypervisorConfig config) {
        this(processors, RAM_PAGES, config);
    }

    /// A partition with `processors` virtual processors and `pages` pages of RAM.
    public TestPartition(int processors, int pages, HypervisorConfig config) {
        this(processors, pages, config, new SteppedThreading());
    }

    /// A partition whose agents run as `threading` decides.
    public TestPartition(int processors, int pages, HypervisorConfig config, Threading threading) {
        this.threading = threading;
        ram = new GuestRam(pages, HypervisorInterface.overlays(processors));
        for (int vp = 0; vp < processors; vp++) {
            apics.add(new Apic());
        }
        GuestEvents told = new GuestEvents() {
            @Override
            public void crashed(CrashReport report) {
                crashes.add(report);
            }

            @Override
            public void resetRequested() {
                resets = resets + 1;
            }

            @Override
            public void misbehaved(String what) {
                misdeeds.add(what);
            }
        };
        Trace trace = new Trace() {
            @Override
            public boolean on() {
                return true;
            }

            @Override
            public synchronized void event(TraceEvent event) {
                if (events.size() < 100_000) {
                    events.add(event);
                }
            }
        };
        hypervisor = new HypervisorInterface(
                config,
                new HypervisorInterface.Partition(
                        "test",
                        ram.memory(),
                        0,
                        List.copyOf(apics),
                        new Noted(),
                        clock,
                        timers,
                        threading,
                        trace,
                        told,
                        this::fail));
        hypervisor.start();
    }

    private void fail(Throwable broken) {
        failures.add(broken);
        throw new AssertionError("an agent failed", broken);
    }

    /// {@return what agents threw: where they are stepped, it has failed the test already}
    public List<Throwable> failures() {
        return failures;
    }

    /// {@return what is tested}
    public HypervisorInterface hypervisor() {
        return hypervisor;
    }

    public GuestRam ram() {
        return ram;
    }

    public GuestMemory memory() {
        return ram.memory();
    }

    public StepClock clock() {
        return clock;
    }

    /// {@return what steps the agents}
    public SteppedThreading threading() {
        if (threading instanceof SteppedThreading stepped) {
            return stepped;
        }
        throw new IllegalStateException("the agents have threads of their own");
    }

    /// {@return whether agents take turns by hand}
    public boolean stepped() {
        return threading instanceof SteppedThreading;
    }

    public Apic apic(int vp) {
        return apics.get(vp);
    }

    public int processors() {
        return apics.size();
    }

    /// {@return the crashes that the guest reported}
    public List<CrashReport> crashes() {
        return crashes;
    }

    /// {@return what the guest was told off for}
    public List<String> misdeeds() {
        return misdeeds;
    }

    /// {@return what the guest asked of its processors}
    public List<String> asked() {
        return asked;
    }

    /// {@return how often the guest asked for a reset}
    public int resets() {
        return resets;
    }

    /// {@return what was traced so far}
    public List<TraceEvent> events() {
        return events;
    }

    /// Moves time on and lets timers expire.
    public void advance(long nanos) {
        clock.advance(nanos);
        timers.turn();
    }

    /// Lets all agents turn until they rest, unless they have threads of their own.
    public void settle() {
        timers.turn();
        if (threading instanceof SteppedThreading stepped) {
            stepped.settle();
        }
    }

    /// Reads an MSR that must be there.
    public long rdmsr(int vp, int index) {
        if (!hypervisor.canReadMsr(vp, index)) {
            throw new AssertionError("MSR 0x%x raises #GP".formatted(index));
        }
        return hypervisor.readMsr(vp, index);
    }

    /// Writes an MSR, which must be accepted.
    public void wrmsr(int vp, int index, long value) {
        if (!hypervisor.writeMsr(vp, index, value)) {
            throw new AssertionError("MSR 0x%x raises #GP".formatted(index));
        }
    }

    /// {@return the page that the guest sees at a page number, overlays included: as a processor would}
    public GuestPages page(long pfn) {
        GuestMemory memory = memory();
        long offset = memory.offsetOf(pfn << GuestMemory.PAGE_SHIFT);
        long spare = (offset - memory.ramSize()) >> GuestMemory.PAGE_SHIFT;
        return spare >= 0 ? memory.overlay((int) spare) : ram.pages(pfn, 1);
    }

    /// {@return the status of HvCallPostMessage with an input block at page `page`}
    public int postMessage(long page, int connection, int type, byte[] payload) {
        byte[] block = new byte[256];
        Wire.put32(block, 0, connection);
        Wire.put32(block, 8, type);
        Wire.put32(block, 12, payload.length);
        System.arraycopy(payload, 0, block, 16, payload.length);
        // Under the hypercall page this changes nothing, and the call finds what is there.
        memory().write(page << GuestMemory.PAGE_SHIFT, block, 0, block.length);
        return (int) hypervisor.hypercall(0, 0x5C, page << GuestMemory.PAGE_SHIFT, 0) & 0xFFFF;
    }

    /// {@return the status of a fast HvCallSignalEvent}
    public int signalEvent(int connection, int flag) {
        return signalEvent(0, connection, flag);
    }

    /// {@return the status of a fast HvCallSignalEvent on virtual processor `vp`}
    public int signalEvent(int vp, int connection, int flag) {
        return (int) hypervisor.hypercall(vp, 0x1_005D, (long) flag << 32 | connection & 0xFFFF_FFFFL, 0) & 0xFFFF;
    }
}
