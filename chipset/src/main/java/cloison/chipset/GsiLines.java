package cloison.chipset;

import cloison.chipset.apic.IoApic;
import cloison.chipset.pic.PicPair;
import cloison.machine.interrupt.InterruptLine;

/// The interrupt wires of the board: each global system interrupt goes to a pin of the I/O APIC and, if it is one of
/// the ISA's, to an input of the 8259 pair. Pin 2 carries ISA interrupt 0, as the MADT says.
///
/// Several devices may drive one wire; it is high while any of them drives it high.
final class GsiLines {
    /// Where ISA interrupt 0 arrives.
    static final int TIMER_GSI = 2;

    /// One wire, whose monitor keeps the order of its edges on the way to both controllers.
    private static final class Wire {
        private final InterruptLine pin;
        private final InterruptLine input;
        private int drivers;

        Wire(InterruptLine pin, InterruptLine input) {
            this.pin = pin;
            this.input = input;
        }

        private void drive(boolean high) {
            int before = drivers;
            drivers += high ? 1 : -1;
            if (before == 0 || drivers == 0) {
                input.level(high);
                pin.level(high);
            }
        }
    }

    /// One device's end of a wire.
    private static final class End implements InterruptLine {
        private final Wire wire;
        private boolean driven;

        End(Wire wire) {
            this.wire = wire;
        }

        @Override
        public void level(boolean high) {
            synchronized (wire) {
                if (high != driven) {
                    driven = high;
                    wire.drive(high);
                }
            }
        }
    }

    private final Wire[] wires = new Wire[IoApic.PINS];

    GsiLines(IoApic ioapic, PicPair pics) {
        for (int gsi = 0; gsi < wires.length; gsi++) {
            wires[gsi] = new Wire(ioapic.line(gsi), input(gsi, pics));
        }
    }

    private static InterruptLine input(int gsi, PicPair pics) {
        if (gsi == TIMER_GSI) {
            return pics.line(0);
        }
        return gsi == 0 || gsi > 15 ? InterruptLine.NONE : pics.line(gsi);
    }

    /// {@return a new end of the wire `gsi`}
    InterruptLine line(int gsi) {
        if (gsi < 0 || gsi >= wires.length) {
            throw new IllegalArgumentException("there is no interrupt " + gsi);
        }
        return new End(wires[gsi]);
    }

    /// {@return a new end of the wire that carries an ISA interrupt}
    InterruptLine isa(int irq) {
        return line(irq == 0 ? TIMER_GSI : irq);
    }
}
