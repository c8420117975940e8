package cloison.chipset.apic;

import cloison.machine.bus.MemoryDevice;
import cloison.machine.interrupt.InterruptLine;

/// An 82093AA I/O APIC with 24 pins, and the EOI register of its successors (version 0x20).
///
/// Not modelled: the APIC bus and its arbitration; pin polarity (a pin is driven asserted or not, whatever the entry's
/// polarity bit says); ExtINT and SMI delivery. An edge that finds its entry masked is lost, as on the real part.
///
/// **Owner:** any thread, under this object's monitor, which the memory bus holds too.
public final class IoApic implements MemoryDevice, InterruptFabric.LevelInterrupts {
    /// Where the registers are.
    public static final long ADDRESS = 0xFEC0_0000L;
    /// Bytes of register space.
    public static final long SIZE = 0x1000;
    /// Number of pins.
    public static final int PINS = 24;

    private static final int VERSION = 0x20 | (PINS - 1) << 16;

    private static final int SELECT = 0x00;
    private static final int WINDOW = 0x10;
    private static final int END_OF_INTERRUPT = 0x40;

    private static final int FIRST_ENTRY = 0x10;
    private static final long LOGICAL = 1 << 11;
    private static final long REMOTE_REQUEST = 1 << 14;
    private static final long LEVEL = 1 << 15;
    private static final long MASKED = 1 << 16;
    private static final long READ_ONLY = REMOTE_REQUEST | 1 << 12;
    private static final long LOW_BITS = 0x1_FFFF;

    // wiring
    private final InterruptFabric fabric;

    // registers
    private int select;
    private int id;
    private final long[] entries = new long[PINS];

    // transient
    private int high;

    /// An I/O APIC with all pins masked.
    public IoApic(InterruptFabric fabric) {
        this.fabric = fabric;
        for (int pin = 0; pin < PINS; pin++) {
            entries[pin] = MASKED;
        }
        fabric.connect(this);
    }

    /// {@return the wire into a pin; who shares a pin must combine wires before}
    public InterruptLine line(int pin) {
        return level -> drive(pin, level);
    }

    private synchronized void drive(int pin, boolean level) {
        boolean before = (high >>> pin & 1) != 0;
        if (!level) {
            high &= ~(1 << pin);
            return;
        }
        high |= 1 << pin;
        long entry = entries[pin];
        boolean wanted = (entry & LEVEL) != 0 ? (entry & REMOTE_REQUEST) == 0 : !before;
        if (wanted && (entry & MASKED) == 0) {
            deliver(pin);
        }
    }

    private void deliver(int pin) {
        long entry = entries[pin];
        int delivery = Delivery.of((int) entry);
        boolean level = (entry & LEVEL) != 0;
        if (level && Delivery.isVectored(delivery)) {
            entries[pin] = entry | REMOTE_REQUEST;
        }
        if (delivery != Delivery.EXTERNAL) {
            fabric.deliver((int) (entry >>> 56), (entry & LOGICAL) != 0, delivery, (int) entry & 0xFF, level);
        }
    }

    @Override
    public synchronized void ended(int vector) {
        for (int pin = 0; pin < PINS; pin++) {
            long entry = entries[pin];
            if (((int) entry & 0xFF) == vector && (entry & LEVEL) != 0 && (entry & REMOTE_REQUEST) != 0) {
                entries[pin] = entry & ~REMOTE_REQUEST;
                redeliver(pin);
            }
        }
    }

    /// Delivers a level-triggered interrupt whose pin is still high.
    private void redeliver(int pin) {
        boolean ready = (entries[pin] & (LEVEL | MASKED | REMOTE_REQUEST)) == LEVEL;
        if (ready && (high >>> pin & 1) != 0) {
            deliver(pin);
        }
    }

    @Override
    public long memoryRead(long offset, int size) {
        int register = (int) offset & 0xFF;
        int value = switch (register & ~3) {
            case SELECT -> select;
            case WINDOW -> indexed();
            default -> 0;
        };
        return (value & 0xFFFF_FFFFL) >>> (8 * (register & 3));
    }

    @Override
    public void memoryWrite(long offset, int size, long value) {
        switch ((int) offset & 0xFF) {
            case SELECT -> select = (int) value & 0xFF;
            case WINDOW -> indexed((int) value);
            case END_OF_INTERRUPT -> ended((int) value & 0xFF);
            default -> {}
        }
    }

    private int indexed() {
        int entry = select - FIRST_ENTRY >> 1;
        if (select >= FIRST_ENTRY && entry < PINS) {
            return (int) (entries[entry] >>> (32 * (select & 1)));
        }
        return switch (select) {
            case 0, 2 -> id;
            case 1 -> VERSION;
            default -> 0;
        };
    }

    private void indexed(int value) {
        int pin = select - FIRST_ENTRY >> 1;
        if (select == 0) {
            id = value & 0x0F00_0000;
        } else if (select >= FIRST_ENTRY && pin < PINS) {
            long entry = entries[pin];
            if ((select & 1) != 0) {
                entries[pin] = entry & 0xFFFF_FFFFL | (value & 0xFF00_0000L) << 32;
            } else {
                entries[pin] = configured(entry, value);
                redeliver(pin);
            }
        }
    }

    /// {@return an entry with a new low half; changing it to edge-triggered forgets the remote request}
    private static long configured(long entry, int low) {
        long keep = (low & LEVEL) != 0 ? READ_ONLY : 0;
        return entry & ~(LOW_BITS & ~keep) | low & LOW_BITS & ~READ_ONLY;
    }
}
