package cloison.chipset.apic;

import cloison.machine.interrupt.VectorSink;
import cloison.machine.processor.InterruptSource;
import cloison.machine.time.Clock;
import cloison.machine.time.TimerQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.LongSupplier;

/// The local APIC of one virtual processor, in xAPIC or x2APIC mode.
///
/// How its registers are reached is said by [ApicPage] and [ApicMsrs]; here is what they do. A new one is as firmware
/// leaves it for an operating system: on the bootstrap processor LINT0 carries the 8259 pair ("virtual wire").
///
/// **Owner:** the virtual processor's thread, but for what makes something pending: [#assertVector], [#assertNmi],
/// [#lint0], [#lint1] and messages come from any thread and take no lock.
public final class LocalApic implements InterruptSource, VectorSink {
    /// The version register: integrated APIC, highest LVT entry 5.
    static final int VERSION = 0x0005_0014;

    /// Indices of [#localVector].
    static final int TIMER = 0;

    static final int THERMAL = 1;
    static final int COUNTERS = 2;
    static final int LINT0 = 3;
    static final int LINT1 = 4;
    static final int ERROR = 5;

    static final int MASKED = 1 << 16;
    private static final int[] LOCAL_VECTOR_BITS = {0x7_00FF, 0x1_07FF, 0x1_07FF, 0x1_A7FF, 0x1_A7FF, 0x1_00FF};
    private static final int DELIVERY_STATUS = 1 << 12;
    private static final int REMOTE_IRR = 1 << 14;
    private static final int SPURIOUS_BITS = 0x3FF;
    private static final int ENABLED = 1 << 8;

    /// The error-status register.
    private static final int SENT_ILLEGAL_VECTOR = 1 << 5;

    private static final int RECEIVED_ILLEGAL_VECTOR = 1 << 6;
    static final int ILLEGAL_REGISTER = 1 << 7;

    // wiring
    private final int id;
    private final InterruptFabric fabric;
    private final ProcessorSignals signals;
    private final ExternalInterrupts external;
    private final ApicTimer timer;
    private final ApicBase base;
    private final boolean tscDeadline;
    private final ApicPage page;
    private final ApicMsrs msrs;

    // registers
    private volatile int taskPriority;
    private volatile int logicalDestination;
    private volatile int destinationFormat;
    private volatile int spurious;
    private final AtomicIntegerArray localVectors = new AtomicIntegerArray(6);
    private int errorStatus;
    private long command;
    private final VectorSet requested = new VectorSet();
    private final VectorSet inService = new VectorSet();
    private final VectorSet levelTriggered = new VectorSet();
    private final VectorSet selfEnding = new VectorSet();
    private final AtomicBoolean nmi = new AtomicBoolean();

    // transient
    private final AtomicInteger errors = new AtomicInteger();
    private volatile boolean externalHigh;

    /// The local APIC of virtual processor `id`, which is also its APIC id; the bootstrap processor is number 0.
    ///
    /// @param external the 8259 pair at LINT0
    /// @param timeStamp what this processor's RDTSC reads
    public LocalApic(
            int id,
            ApicConfig config,
            InterruptFabric fabric,
            ProcessorSignals signals,
            ExternalInterrupts external,
            LongSupplier timeStamp,
            Clock clock,
            TimerQueue timers) {
        this.id = id;
        this.fabric = fabric;
        this.signals = signals;
        this.external = external;
        timer = new ApicTimer(config, timeStamp, clock, timers, this::timerExpired);
        base = new ApicBase(id == 0, config.x2apic());
        tscDeadline = config.tscDeadline();
        page = new ApicPage(this, timer);
        msrs = new ApicMsrs(this, base, page, timer, tscDeadline);
        init();
        fabric.connect(this);
    }

    /// {@return the APIC id, which is the virtual processor's index}
    public int id() {
        return id;
    }

    /// Resets what INIT resets: everything but the id and the base register.
    public void init() {
        timer.reset();
        for (int i = 0; i < localVectors.length(); i++) {
            localVectors.set(i, MASKED);
        }
        if (base.bootstrap()) {
            localVectors.set(LINT0, Delivery.EXTERNAL << 8);
        }
        spurious = 0xFF;
        taskPriority = 0;
        destinationFormat = -1;
        logicalDestination = base.extended() ? x2apicLogicalId() : 0;
        errorStatus = 0;
        errors.set(0);
        command = 0;
        requested.clear();
        inService.clear();
        levelTriggered.clear();
        selfEnding.clear();
        nmi.set(false);
    }

    private int x2apicLogicalId() {
        return (id >>> 4) << 16 | 1 << (id & 15);
    }

    // how registers are reached

    /// {@return whether a guest-physical address is in this APIC's register page; another processor's may be elsewhere}
    public boolean owns(long gpa) {
        return base.paged() && (gpa & ~0xFFFL) == base.address();
    }

    /// {@return what the register page reads at an address that [#owns] accepted}
    public long read(long gpa, int size) {
        return page.read((int) gpa & 0xFFF, size);
    }

    /// Writes the register page at an address that [#owns] accepted.
    public void write(long gpa, int size, long value) {
        page.write((int) gpa & 0xFFF, size, value);
    }

    /// {@return whether an MSR is the APIC's: `IA32_APIC_BASE`, `IA32_TSC_DEADLINE`, 0x800 to 0x8FF}
    public static boolean ownsMsr(int index) {
        return ApicMsrs.owns(index);
    }

    /// {@return whether an own MSR can be read now; false means #GP}
    public boolean canReadMsr(int index) {
        return msrs.canRead(index);
    }

    /// {@return the MSR; only after [#canReadMsr] said yes}
    public long readMsr(int index) {
        return msrs.read(index);
    }

    /// Writes an own MSR; {@return false for #GP}
    public boolean writeMsr(int index, long value) {
        return msrs.write(index, value);
    }

    /// Follows a change of mode that the base register accepted.
    void modeChanged() {
        if (base.enabled()) {
            logicalDestination = base.extended() ? x2apicLogicalId() : 0;
            command &= 0xFFFF_FFFFL;
        } else {
            init();
        }
        reconsider();
    }

    // what the processor asks

    @Override
    public boolean pending() {
        if (externalHigh && externalWired()) {
            return true;
        }
        int vector = requested.highest();
        return vector >= 0 && vector >>> 4 > processorPriority() >>> 4;
    }

    /// {@return whether any interrupt waits, deliverable at the processor's priority or not}
    public boolean waiting() {
        return requested.highest() >= 0 || nmi.get() || externalHigh && externalWired();
    }

    @Override
    public int acknowledge() {
        if (externalHigh && externalWired()) {
            int vector = external.acknowledge();
            if (vector >= 0) {
                return vector;
            }
        }
        int vector = requested.highest();
        if (vector < 0 || vector >>> 4 <= processorPriority() >>> 4) {
            return NONE;
        }
        requested.remove(vector);
        if (!selfEnding.has(vector)) {
            inService.add(vector);
        }
        return vector;
    }

    @Override
    public boolean takeNmi() {
        return nmi.getPlain() && nmi.getAndSet(false);
    }

    @Override
    public int cr8() {
        return taskPriority >>> 4;
    }

    @Override
    public void cr8(int value) {
        taskPriority((value & 15) << 4);
    }

    /// Ends the interrupt in service with the highest priority: a write to the EOI register.
    public void endOfInterrupt() {
        int vector = inService.highest();
        if (vector < 0) {
            return;
        }
        inService.remove(vector);
        if (levelTriggered.has(vector)) {
            fabric.ended(vector);
        }
        signals.ended(vector);
        reconsider();
    }

    /// {@return the task-priority register}
    public int taskPriority() {
        return taskPriority;
    }

    /// Writes the task-priority register.
    public void taskPriority(int value) {
        taskPriority = value & 0xFF;
        reconsider();
    }

    int processorPriority() {
        int serving = Math.max(0, inService.highest()) & 0xF0;
        int task = taskPriority;
        return (task & 0xF0) >= serving ? task : serving;
    }

    private boolean externalWired() {
        return base.enabled()
                ? (localVectors.get(LINT0) & (MASKED | 0x700)) == Delivery.EXTERNAL << 8
                : base.bootstrap();
    }

    /// Tells the processor if something can be delivered that could not before.
    private void reconsider() {
        if (pending()) {
            signals.notice();
        }
    }

    // what makes something pending

    @Override
    public void assertVector(int vector) {
        request(vector, false, false);
    }

    /// Makes `vector` pending so that its delivery also ends it: a SINT with the AutoEOI bit.
    @Override
    public void assertSelfEnding(int vector) {
        request(vector, false, true);
    }

    @Override
    public boolean pending(int vector) {
        return requested.has(vector);
    }

    private void request(int vector, boolean level, boolean endsItself) {
        if (!accepting()) {
            return;
        }
        if (vector < 16) {
            error(RECEIVED_ILLEGAL_VECTOR);
            return;
        }
        mark(levelTriggered, vector, level);
        mark(selfEnding, vector, endsItself);
        if (requested.add(vector)) {
            signals.notice();
        }
    }

    private static void mark(VectorSet set, int vector, boolean member) {
        if (set.has(vector) == member) {
            return;
        }
        if (member) {
            set.add(vector);
        } else {
            set.remove(vector);
        }
    }

    /// Makes a non-maskable interrupt pending.
    public void assertNmi() {
        if (!nmi.getAndSet(true)) {
            signals.notice();
        }
    }

    /// Acts on a message of the fabric.
    void accept(int delivery, int vector, boolean level) {
        switch (delivery) {
            case Delivery.FIXED, Delivery.LOWEST_PRIORITY -> request(vector, level, false);
            case Delivery.NMI -> assertNmi();
            case Delivery.INIT -> signals.init();
            case Delivery.STARTUP -> signals.startup(vector);
            default -> {}
        }
    }

    /// Drives LINT0, the output of the 8259 pair.
    public void lint0(boolean high) {
        boolean rising = high && !externalHigh;
        externalHigh = high;
        if (!rising) {
            return;
        }
        if (externalWired()) {
            signals.notice();
        } else {
            local(LINT0);
        }
    }

    /// Pulses LINT1, the NMI wire.
    public void lint1() {
        if (base.enabled()) {
            local(LINT1);
        } else {
            assertNmi();
        }
    }

    private void timerExpired() {
        local(TIMER);
    }

    /// Delivers what a local vector says, if it is not masked.
    private void local(int which) {
        int entry = localVectors.get(which);
        if (!base.enabled() || (entry & MASKED) != 0) {
            return;
        }
        int delivery = which == TIMER || which == ERROR ? Delivery.FIXED : Delivery.of(entry);
        if (delivery == Delivery.FIXED || delivery == Delivery.NMI) {
            accept(delivery, entry & 0xFF, false);
        }
    }

    void error(int bit) {
        int before = errors.getAndUpdate(old -> old | bit);
        if ((before & bit) == 0 && (localVectors.get(ERROR) & 0xFF) >= 16) {
            local(ERROR);
        }
    }

    // what the fabric asks, from any thread

    /// {@return whether vectors are accepted: enabled by hardware and by software}
    boolean accepting() {
        return (spurious & ENABLED) != 0 && base.enabled();
    }

    /// {@return whether a logical destination means this APIC}
    boolean inLogical(int destination) {
        int own = logicalDestination;
        if (base.extended()) {
            return destination >>> 16 == own >>> 16 && (destination & own & 0xFFFF) != 0;
        }
        int mine = own >>> 24;
        if (destinationFormat >>> 28 == 15) {
            return (destination & mine & 0xFF) != 0;
        }
        return destination == 0xFF || (destination >>> 4 == mine >>> 4 && (destination & mine & 15) != 0);
    }

    // registers

    /// {@return the interrupt command that was written last}
    public long command() {
        return command;
    }

    /// Sends an interrupt command, as a write to the ICR or to `HV_X64_MSR_ICR` does. The destination is bits 63..32 in
    /// x2APIC mode, else bits 63..56.
    public void command(long value) {
        command = value;
        int low = (int) value;
        if (Delivery.isVectored(Delivery.of(low)) && (low & 0xFF) < 16) {
            error(SENT_ILLEGAL_VECTOR);
            return;
        }
        fabric.command(this, low, base.extended() ? (int) (value >>> 32) : (int) (value >>> 56), base.extended());
    }

    /// Sends `vector` to this processor itself: the x2APIC's self-IPI register.
    void toSelf(int vector) {
        if (vector < 16) {
            error(SENT_ILLEGAL_VECTOR);
        } else {
            request(vector, false, false);
        }
    }

    /// Replaces the high half of the interrupt command, which sends nothing.
    void commandHigh(int value) {
        command = command & 0xFFFF_FFFFL | (long) value << 32;
    }

    int logicalDestination() {
        return logicalDestination;
    }

    void logicalDestination(int value) {
        logicalDestination = value & 0xFF00_0000;
    }

    int destinationFormat() {
        return destinationFormat;
    }

    void destinationFormat(int value) {
        destinationFormat = value | 0x0FFF_FFFF;
    }

    int spurious() {
        return spurious;
    }

    void spurious(int value) {
        spurious = value & SPURIOUS_BITS;
        if ((value & ENABLED) == 0) {
            for (int i = 0; i < localVectors.length(); i++) {
                localVectors.set(i, localVectors.get(i) | MASKED);
            }
        }
    }

    int localVector(int which) {
        return localVectors.get(which);
    }

    /// {@return the bits of a local vector that can be set}
    int localVectorBits(int which) {
        return LOCAL_VECTOR_BITS[which] & (which == TIMER && !tscDeadline ? ~(1 << 18) : -1);
    }

    /// {@return the bits of a local vector that only say something: delivery status, and remote IRR of the pins}
    ///
    /// A write may have them set, and changes nothing by it.
    static int localVectorStatusBits(int which) {
        return which == LINT0 || which == LINT1 ? DELIVERY_STATUS | REMOTE_IRR : DELIVERY_STATUS;
    }

    void localVector(int which, int value) {
        int forced = (spurious & ENABLED) != 0 ? 0 : MASKED;
        localVectors.set(which, value & localVectorBits(which) | forced);
        if (which == TIMER) {
            timer.mode(value >>> 17 & (tscDeadline ? 3 : 1));
        }
        reconsider();
    }

    int errorStatus() {
        return errorStatus;
    }

    /// Makes the errors since the last call readable.
    void latchErrors() {
        errorStatus = errors.getAndSet(0);
    }

    VectorSet requested() {
        return requested;
    }

    VectorSet inService() {
        return inService;
    }

    VectorSet levelTriggered() {
        return levelTriggered;
    }
}
