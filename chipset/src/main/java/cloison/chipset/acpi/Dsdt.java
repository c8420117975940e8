package cloison.chipset.acpi;

import cloison.chipset.pci.PciBus;
import cloison.chipset.power.AcpiPower;
import cloison.chipset.rtc.CmosRtc;
import cloison.chipset.uart.SerialPort;
import cloison.chipset.uart.Uart;
import java.util.ArrayList;
import java.util.List;

/// The definition block of the DSDT: what a partition has that cannot be found by itself.
///
/// ```text
///  \_S5
///  \_SB ── VMOD (ACPI0004: memory windows) ── VMBS (VMBus)
///       ├─ C000 … (ACPI0007: processors)
///       ├─ PCI0 (PNP0A03: PCI bus 0)
///       ├─ COM1 … (PNP0501)
///       └─ RTC  (PNP0B00)
/// ```
final class Dsdt {
    private static final int PRESENT = 0xF;
    private static final int RTC_IRQ = 8;
    private static final int CONFIGURATION_PORTS = 8;

    private Dsdt() {}

    static byte[] definition(AcpiConfig config) {
        List<byte[]> bus = new ArrayList<>();
        bus.add(memoryModule(config.windows()));
        for (int i = 0; i < config.processors(); i++) {
            bus.add(Aml.device(
                    "C%03X".formatted(i),
                    Aml.named("_HID", Aml.string("ACPI0007")),
                    Aml.named("_UID", Aml.integer(i)),
                    present()));
        }
        bus.add(pciRoot());
        for (SerialPort port : config.serialPorts()) {
            bus.add(serialPort(port));
        }
        bus.add(realTimeClock());
        return new ByteWriter()
                .raw(Aml.scope("\\_SB", bus.toArray(byte[][]::new)))
                .raw(Aml.named(
                        "\\_S5",
                        Aml.packageOf(
                                Aml.integer(AcpiPower.SLEEP_TYPE_OFF), Aml.integer(0), Aml.integer(0), Aml.integer(0))))
                .bytes();
    }

    private static byte[] present() {
        return Aml.named("_STA", Aml.integer(PRESENT));
    }

    private static byte[] memoryModule(List<MemoryWindow> windows) {
        Resources resources = new Resources();
        for (MemoryWindow window : windows) {
            resources.window(window);
        }
        byte[] vmbus = Aml.device(
                "VMBS",
                Aml.named("_HID", Aml.string("VMBus")),
                Aml.named("_DDN", Aml.string("VMBUS")),
                Aml.named("_UID", Aml.integer(0)),
                present(),
                Aml.named("_CRS", new Resources().template()));
        return Aml.device(
                "VMOD",
                Aml.named("_HID", Aml.string("ACPI0004")),
                Aml.named("_UID", Aml.integer(0)),
                Aml.named("_CRS", resources.template()),
                vmbus);
    }

    /// Interrupts of its functions are not routed: there is none that has one.
    private static byte[] pciRoot() {
        return Aml.device(
                "PCI0",
                Aml.named("_HID", Aml.eisaId("PNP0A03")),
                Aml.named("_UID", Aml.integer(0)),
                Aml.named("_ADR", Aml.integer(0)),
                Aml.named("_BBN", Aml.integer(0)),
                present(),
                Aml.named(
                        "_CRS",
                        new Resources()
                                .buses(0, 0)
                                .ports(PciBus.ADDRESS_PORT, CONFIGURATION_PORTS)
                                .pciPorts(PciBus.FIRST_PORT, PciBus.LAST_PORT)
                                .pciWindow(MemoryWindow.PCI)
                                .template()));
    }

    private static byte[] serialPort(SerialPort port) {
        return Aml.device(
                port.name(),
                Aml.named("_HID", Aml.eisaId("PNP0501")),
                Aml.named("_UID", Aml.integer(port.ordinal() + 1)),
                present(),
                Aml.named(
                        "_CRS",
                        new Resources()
                                .ports(port.port(), Uart.PORTS)
                                .interrupt(port.irq())
                                .template()));
    }

    private static byte[] realTimeClock() {
        return Aml.device(
                "RTC",
                Aml.named("_HID", Aml.eisaId("PNP0B00")),
                present(),
                Aml.named(
                        "_CRS",
                        new Resources()
                                .ports(CmosRtc.PORT, 2)
                                .interrupt(RTC_IRQ)
                                .template()));
    }
}
