package cloison.chipset.apic;

import cloison.machine.interrupt.MessageInterrupt;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What interrupt messages of one partition travel on: from APICs to APICs, from the I/O APIC and from devices.
///
/// **Owner:** wired before the first processor runs; then any thread sends.
public final class InterruptFabric implements MessageInterrupt {
    /// A destination in 32 bits that means every APIC.
    private static final int EVERYONE = -1;

    private static final long MESSAGE_WINDOW = 0xFEE0_0000L;
    private static final long MESSAGE_WINDOW_MASK = 0xFFFF_FFFF_FFF0_0000L;
    private static final int LOGICAL = 1 << 11;
    private static final int ASSERTED = 1 << 14;
    private static final int LEVEL = 1 << 15;

    // wiring
    private LocalApic[] apics = {};
    private LevelInterrupts levels = _ -> {};

    // state: where the search for the least busy processor starts
    private volatile int turn;

    /// The I/O APIC as the fabric tells it that a level-triggered interrupt was ended.
    interface LevelInterrupts {
        void ended(int vector);
    }

    /// A fabric without APICs; each connects itself when it is made, in the order of ids.
    public InterruptFabric() {}

    void connect(LocalApic apic) {
        if (apic.id() != apics.length) {
            throw new IllegalStateException("local APIC " + apic.id() + " is number " + apics.length);
        }
        LocalApic[] more = Arrays.copyOf(apics, apics.length + 1);
        more[apics.length] = apic;
        apics = more;
    }

    void connect(LevelInterrupts ioapic) {
        levels = ioapic;
    }

    /// {@return the local APIC of a virtual processor}
    public LocalApic apic(int processor) {
        return apics[processor];
    }

    /// {@return how many APICs there are}
    public int size() {
        return apics.length;
    }

    /// Drives LINT0, where the 8259 pair is, on all processors; only those that listen care.
    public void external(boolean high) {
        for (LocalApic apic : apics) {
            apic.lint0(high);
        }
    }

    /// Pulses the NMI wire, LINT1 of all processors.
    public void nmi() {
        for (LocalApic apic : apics) {
            apic.lint1();
        }
    }

    @Override
    public void send(long address, int data) {
        if ((address & MESSAGE_WINDOW_MASK) != MESSAGE_WINDOW) {
            return;
        }
        boolean level = (data & LEVEL) != 0;
        if (level && (data & ASSERTED) == 0) {
            return;
        }
        boolean logical = (address & 4) != 0;
        deliver((int) (address >>> 12) & 0xFF, logical, Delivery.of(data), data & 0xFF, level);
    }

    void ended(int vector) {
        levels.ended(vector);
    }

    /// Carries an inter-processor interrupt.
    ///
    /// @param low the low half of the interrupt command
    /// @param wide whether `destination` has 32 bits, else it has 8
    void command(LocalApic from, int low, int destination, boolean wide) {
        int delivery = Delivery.of(low);
        boolean level = (low & LEVEL) != 0;
        if (level && (low & ASSERTED) == 0 && delivery == Delivery.INIT) {
            return;
        }
        int vector = low & 0xFF;
        switch (low >>> 18 & 3) {
            case 0 -> {
                if (wide) {
                    deliverWide(destination, (low & LOGICAL) != 0, delivery, vector, false);
                } else {
                    deliver(destination & 0xFF, (low & LOGICAL) != 0, delivery, vector, false);
                }
            }
            case 1 -> from.accept(delivery, vector, false);
            default -> {
                boolean self = (low >>> 18 & 3) == 2;
                for (LocalApic apic : apics) {
                    if (self || apic != from) {
                        apic.accept(delivery, vector, false);
                    }
                }
            }
        }
    }

    /// Delivers to an 8-bit destination, in which 0xFF means everyone in physical mode.
    void deliver(int destination, boolean logical, int delivery, int vector, boolean level) {
        deliverWide(!logical && destination == 0xFF ? EVERYONE : destination, logical, delivery, vector, level);
    }

    private void deliverWide(int destination, boolean logical, int delivery, int vector, boolean level) {
        if (!logical && destination != EVERYONE) {
            if (destination >= 0 && destination < apics.length) {
                apics[destination].accept(delivery, vector, level);
            }
            return;
        }
        if (delivery == Delivery.LOWEST_PRIORITY) {
            deliverToOne(destination, logical, vector, level);
            return;
        }
        for (LocalApic apic : apics) {
            if (destination == EVERYONE || apic.inLogical(destination)) {
                apic.accept(delivery, vector, level);
            }
        }
    }

    /// Delivers to the processor with the lowest task priority; among equals they take turns.
    private void deliverToOne(int destination, boolean logical, int vector, boolean level) {
        int start = turn;
        @Nullable LocalApic best = null;
        for (int i = 0; i < apics.length; i++) {
            LocalApic apic = apics[(start + i) % apics.length];
            boolean meant = destination == EVERYONE || (logical && apic.inLogical(destination));
            if (meant && apic.accepting() && (best == null || apic.taskPriority() < best.taskPriority())) {
                best = apic;
            }
        }
        if (best != null) {
            turn = (best.id() + 1) % apics.length;
            best.accept(Delivery.FIXED, vector, level);
        }
    }
}
