package cloison.chipset.pic;

import cloison.chipset.apic.ExternalInterrupts;
import cloison.chipset.isa.ByteWideDevice;
import cloison.machine.interrupt.InterruptLine;

/// The two 8259A of a PC/AT: inputs 0 to 7 at the master, 8 to 15 at the slave behind the master's input 2.
///
/// A new pair is as firmware leaves it: all inputs masked, the system-control interrupt level-triggered. An input that
/// is withdrawn before the acknowledge gives the default vector, the master's input 7. An edge stays latched even if
/// its wire falls again before the acknowledge.
///
/// **Owner:** any thread, under this object's monitor, which the port bus holds too.
public final class PicPair implements ByteWideDevice, ExternalInterrupts {
    /// Ports of the master; the slave's, and those of the edge/level control registers.
    public static final int MASTER_PORT = 0x20;

    public static final int SLAVE_PORT = 0xA0;
    public static final int LEVEL_PORT = 0x4D0;

    static final int CASCADE = 2;
    private static final int SPURIOUS = 7;
    /// The ACPI system-control interrupt, which firmware makes level-triggered.
    private static final int SCI_LEVEL = 1 << 1;

    // wiring
    private final InterruptLine output;

    // registers
    private final PicChip master = new PicChip(true, 0xF8, 0);
    private final PicChip slave = new PicChip(false, 0xDE, SCI_LEVEL);

    // transient
    private boolean outputHigh;

    /// A pair that has not been initialized yet, with `output` wired to LINT0.
    public PicPair(InterruptLine output) {
        this.output = output;
    }

    /// {@return the wire into input `irq`, 0 to 15 but 2; who shares an input must combine wires before}
    public InterruptLine line(int irq) {
        return level -> drive(irq, level);
    }

    private synchronized void drive(int irq, boolean level) {
        if (irq < 8) {
            master.drive(irq, level);
        } else {
            slave.drive(irq - 8, level);
        }
        settle();
    }

    /// Carries a change through the cascade to the output.
    private void settle() {
        master.cascade(slave.candidate() >= 0);
        boolean next = master.candidate() >= 0;
        if (next != outputHigh) {
            outputHigh = next;
            output.level(next);
        }
    }

    @Override
    public synchronized int acknowledge() {
        int input = master.candidate();
        if (input < 0) {
            return master.vector(SPURIOUS);
        }
        master.acknowledge(input);
        int vector = master.vector(input);
        if (input == CASCADE) {
            int behind = slave.candidate();
            slave.acknowledge(behind);
            vector = slave.vector(behind);
        }
        settle();
        return vector;
    }

    @Override
    public int read(int port) {
        int result = switch (port) {
            case MASTER_PORT -> master.status();
            case MASTER_PORT + 1 -> master.data();
            case SLAVE_PORT -> slave.status();
            case SLAVE_PORT + 1 -> slave.data();
            case LEVEL_PORT -> master.levels();
            case LEVEL_PORT + 1 -> slave.levels();
            default -> NOTHING;
        };
        settle();
        return result;
    }

    @Override
    public void write(int port, int value) {
        switch (port) {
            case MASTER_PORT -> master.command(value);
            case MASTER_PORT + 1 -> master.data(value);
            case SLAVE_PORT -> slave.command(value);
            case SLAVE_PORT + 1 -> slave.data(value);
            case LEVEL_PORT -> master.levels(value);
            case LEVEL_PORT + 1 -> slave.levels(value);
            default -> {}
        }
        settle();
    }
}
