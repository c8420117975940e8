package cloison.chipset;

import cloison.chipset.apic.ApicConfig;
import cloison.chipset.apic.LocalApic;
import cloison.chipset.apic.ProcessorSignals;
import cloison.chipset.isa.Frequency;
import cloison.chipset.power.PowerSwitch;
import cloison.chipset.uart.SerialPort;
import cloison.chipset.uart.Uart;
import cloison.machine.StepClock;
import cloison.machine.agent.Doorbell;
import cloison.machine.bus.MemoryBus;
import cloison.machine.bus.PortBus;
import cloison.machine.processor.InterruptSource;
import cloison.machine.time.TimerQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// A whole chipset without processors: a test speaks to it as a guest does, moves its time by hand, and sees what it
/// told the outside.
public final class Board {
    /// Rate of the time-stamp counter, which starts at zero with the partition.
    public static final Frequency TSC = new Frequency(2_000_000_000L);

    private static final long APIC_PAGE = 0xFEE0_0000L;
    private static final long IOAPIC_PAGE = 0xFEC0_0000L;

    /// What the devices told their surroundings, in order, such as `off` or `1 init`.
    public final List<String> events = new ArrayList<>();

    /// What the guest sent over COM1.
    public final List<Integer> sent = new ArrayList<>();

    /// How many bytes COM1's sink still takes.
    public int room = Integer.MAX_VALUE;

    public final StepClock clock = new StepClock();
    public final PortBus ports = new PortBus();
    public final MemoryBus memory = new MemoryBus();
    public final TimerQueue timers = new TimerQueue("timers", clock, new Doorbell());
    public final Chipset chipset;
    private final int[] notices;

    /// A board for some processors, with COM1, COM2 and a debug exit at port 0xf4.
    public Board(int processors) {
        notices = new int[processors];
        chipset = new Chipset(
                new ChipsetConfig(
                        processors,
                        new ApicConfig(ApicConfig.USUAL_TIMER, TSC, true, true),
                        List.of(
                                new OptionalDevice.Serial(SerialPort.COM1, this::take),
                                new OptionalDevice.Serial(SerialPort.COM2, _ -> true),
                                new OptionalDevice.DebugExit(0xF4))),
                new ChipsetWiring(
                        ports,
                        memory,
                        clock,
                        timers,
                        new RecordedPower(),
                        RecordedSignals::new,
                        _ -> () -> TSC.ticks(clock.nanos())));
    }

    private boolean take(int value) {
        if (room == 0) {
            return false;
        }
        room--;
        sent.add(value);
        return true;
    }

    private final class RecordedPower implements PowerSwitch {
        @Override
        public void off() {
            events.add("off");
        }

        @Override
        public void reset() {
            events.add("reset");
        }

        @Override
        public void exit(int status) {
            events.add("exit " + status);
        }
    }

    private final class RecordedSignals implements ProcessorSignals {
        private final int processor;

        RecordedSignals(int processor) {
            this.processor = processor;
        }

        @Override
        public void notice() {
            notices[processor]++;
        }

        @Override
        public void init() {
            events.add(processor + " init");
        }

        @Override
        public void startup(int vector) {
            events.add(processor + " startup " + vector);
        }

        @Override
        public void ended(int vector) {
            events.add(processor + " ended " + vector);
        }
    }

    /// {@return how often processor `processor` was told to look, since this was last asked}
    public int notices(int processor) {
        int count = notices[processor];
        notices[processor] = 0;
        return count;
    }

    /// Lets time pass; timers fire when they are due, not all at the end.
    public void advance(long nanos) {
        long left = nanos;
        timers.turn();
        while (timers.dueInNanos() <= left) {
            long step = timers.dueInNanos();
            clock.advance(step);
            left -= step;
            timers.turn();
        }
        clock.advance(left);
    }

    public int in(int port) {
        return ports.read(port, 1);
    }

    public void out(int port, int value) {
        ports.write(port, 1, value);
    }

    public LocalApic apic(int processor) {
        return chipset.apic(processor);
    }

    public Uart com1() {
        return Objects.requireNonNull(chipset.uart(SerialPort.COM1));
    }

    /// {@return a register of a local APIC in xAPIC mode}
    public int apicRead(int processor, int offset) {
        return (int) apic(processor).read(APIC_PAGE + offset, 4);
    }

    public void apicWrite(int processor, int offset, int value) {
        apic(processor).write(APIC_PAGE + offset, 4, value);
    }

    /// {@return an indirect register of the I/O APIC}
    public int ioapicRead(int index) {
        memory.write(IOAPIC_PAGE, 4, index);
        return (int) memory.read(IOAPIC_PAGE + 0x10, 4);
    }

    public void ioapicWrite(int index, int value) {
        memory.write(IOAPIC_PAGE, 4, index);
        memory.write(IOAPIC_PAGE + 0x10, 4, value & 0xFFFF_FFFFL);
    }

    /// Routes a pin of the I/O APIC, as an operating system does.
    public void route(int pin, int low, int destination) {
        ioapicWrite(0x11 + 2 * pin, destination << 24);
        ioapicWrite(0x10 + 2 * pin, low);
    }

    /// Switches all local APICs on by software, as an operating system does.
    public Board enableApics() {
        for (int i = 0; i < notices.length; i++) {
            apicWrite(i, 0xF0, 0x1FF);
            notices(i);
        }
        return this;
    }

    /// Switches all local APICs to x2APIC mode and on.
    public Board enableX2apics() {
        for (int i = 0; i < notices.length; i++) {
            apic(i).writeMsr(0x1B, apic(i).readMsr(0x1B) | 1 << 10);
            apic(i).writeMsr(0x80F, 0x1FF);
            notices(i);
        }
        return this;
    }

    /// {@return the vectors that the processor takes now, one after the other, each ended at once}
    public List<Integer> take(LocalApic apic) {
        List<Integer> taken = new ArrayList<>();
        while (apic.pending() && taken.size() < 1000) {
            int vector = apic.acknowledge();
            if (vector != InterruptSource.NONE) {
                taken.add(vector);
                apic.endOfInterrupt();
            }
        }
        return taken;
    }

    /// {@return the vectors that processor `processor` takes now}
    public List<Integer> taken(int processor) {
        return take(apic(processor));
    }
}
