package cloison.chipset;

import cloison.chipset.apic.InterruptFabric;
import cloison.chipset.apic.IoApic;
import cloison.chipset.apic.LocalApic;
import cloison.chipset.pci.HostBridge;
import cloison.chipset.pci.PciBus;
import cloison.chipset.pic.PicPair;
import cloison.chipset.pit.Pit8254;
import cloison.chipset.power.AcpiPower;
import cloison.chipset.power.DebugExit;
import cloison.chipset.power.ResetPorts;
import cloison.chipset.rtc.CmosRtc;
import cloison.chipset.uart.SerialPort;
import cloison.chipset.uart.Uart;
import cloison.machine.bus.PortBus;
import cloison.machine.interrupt.InterruptLine;
import cloison.machine.interrupt.MessageInterrupt;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The chipset of one partition, wired: devices are on the buses, interrupts lead to the local APICs.
///
/// Left to the partition: an access of a processor to memory asks that processor's [LocalApic#owns] before the memory
/// bus; an access to an MSR that [LocalApic#ownsMsr] goes there.
///
/// **Owner:** wired before the first processor runs; what it hands out says who may call it.
public final class Chipset {
    private static final int TIMER_IRQ = 0;
    private static final int CLOCK_IRQ = 8;

    private final InterruptFabric fabric = new InterruptFabric();
    private final GsiLines lines;
    private final AcpiPower acpiPower;
    private final Map<SerialPort, Uart> uarts = new EnumMap<>(SerialPort.class);

    /// Makes the devices and attaches them to the buses of `wiring`.
    public Chipset(ChipsetConfig config, ChipsetWiring wiring) {
        PicPair pics = new PicPair(fabric::external);
        IoApic ioapic = new IoApic(fabric);
        lines = new GsiLines(ioapic, pics);
        for (int i = 0; i < config.processors(); i++) {
            new LocalApic(
                    i,
                    config.apic(),
                    fabric,
                    wiring.signals().apply(i),
                    pics,
                    wiring.timeStamps().apply(i),
                    wiring.clock(),
                    wiring.timers());
        }
        Pit8254 pit = new Pit8254(wiring.clock(), wiring.timers(), lines.isa(TIMER_IRQ));
        CmosRtc rtc = new CmosRtc(wiring.clock(), wiring.timers(), lines.isa(CLOCK_IRQ));
        acpiPower = new AcpiPower(wiring.clock(), wiring.timers(), lines.line(AcpiPower.SCI), wiring.power());
        ResetPorts reset = new ResetPorts(wiring.power());
        PciBus pci = new PciBus();
        pci.attach(0, 0, new HostBridge());

        wiring.memory().attach(IoApic.ADDRESS, IoApic.SIZE, ioapic);
        PortBus ports = wiring.ports();
        ports.attach(PicPair.MASTER_PORT, 2, pics);
        ports.attach(PicPair.SLAVE_PORT, 2, pics);
        ports.attach(PicPair.LEVEL_PORT, 2, pics);
        ports.attach(Pit8254.PORT, 4, pit);
        ports.attach(Pit8254.SYSTEM_PORT, 1, pit);
        ports.attach(CmosRtc.PORT, 2, rtc);
        ports.attach(AcpiPower.PORT, AcpiPower.PORTS, acpiPower);
        ports.attach(PciBus.ADDRESS_PORT, 1, pci);
        ports.attach(PciBus.DATA_PORT, PciBus.DATA_PORTS, pci);
        ports.attach(ResetPorts.RESET_CONTROL, 1, reset);
        ports.attach(ResetPorts.SYSTEM_CONTROL, 1, reset);
        ports.attach(ResetPorts.KEYBOARD_DATA, 1, reset);
        ports.attach(ResetPorts.KEYBOARD_COMMAND, 1, reset);
        for (OptionalDevice device : config.devices()) {
            switch (device) {
                case OptionalDevice.Serial serial -> attach(serial, wiring);
                case OptionalDevice.DebugExit exit ->
                    ports.attach(exit.port(), DebugExit.PORTS, new DebugExit(wiring.power()));
            }
        }
    }

    private void attach(OptionalDevice.Serial serial, ChipsetWiring wiring) {
        SerialPort port = serial.port();
        Uart uart = new Uart(port.port(), lines.isa(port.irq()), serial.output(), wiring.clock(), wiring.timers());
        wiring.ports().attach(port.port(), Uart.PORTS, uart);
        uarts.put(port, uart);
    }

    /// {@return the local APIC of a virtual processor: its interrupt source and the sink for vectors}
    public LocalApic apic(int processor) {
        return fabric.apic(processor);
    }

    /// {@return where message-signalled interrupts are sent to}
    public MessageInterrupt messages() {
        return fabric;
    }

    /// {@return a new wire to a global system interrupt, 0 to 23; several wires to one are combined}
    public InterruptLine line(int gsi) {
        return lines.line(gsi);
    }

    /// {@return a serial port, or null if the partition has none of this name}
    public @Nullable Uart uart(SerialPort port) {
        return uarts.get(port);
    }

    /// Presses the power button: an ACPI guest shuts down in good order.
    public void pressPowerButton() {
        acpiPower.pressButton();
    }

    /// Pulses the NMI wire of all processors: a guest that is set up for it panics and dumps.
    public void injectNmi() {
        fabric.nmi();
    }
}
