package cloison.chipset.acpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.chipset.uart.SerialPort;
import cloison.machine.memory.GuestMemory;
import cloison.machine.wire.Wire;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AcpiTablesTest {
    private static final long ADDRESS = AcpiTables.USUAL_ADDRESS;
    private static final MemoryWindow HIGH = new MemoryWindow(0x10_0000_0000L, 0x1000_0000L);

    private final AcpiTables tables = tables(2);
    private final byte[] image = tables.image();

    private static AcpiTables tables(int processors) {
        return new AcpiTables(
                new AcpiConfig(processors, List.of(SerialPort.COM1, SerialPort.COM2), List.of(MemoryWindow.LOW, HIGH)),
                ADDRESS);
    }

    private static int sum(byte[] of, int from, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += of[from + i];
        }
        return sum & 0xFF;
    }

    private static String text(byte[] of, int at, int length) {
        return new String(of, at, length, StandardCharsets.US_ASCII);
    }

    /// {@return the table at a physical address, its signature and checksum seen to}
    private static byte[] table(byte[] image, long address, String signature) {
        int at = (int) (address - ADDRESS);
        int length = Wire.i32(image, at + 4);
        assertThat(text(image, at, 4)).isEqualTo(signature);
        assertThat(sum(image, at, length)).as(signature + " checksum").isZero();
        byte[] table = new byte[length];
        System.arraycopy(image, at, table, 0, length);
        return table;
    }

    private static byte[] listed(byte[] image, String signature) {
        byte[] xsdt = table(image, Wire.u64(image, 24), "XSDT");
        for (int at = 36; at < xsdt.length; at += 8) {
            long address = Wire.u64(xsdt, at);
            if (text(image, (int) (address - ADDRESS), 4).equals(signature)) {
                return table(image, address, signature);
            }
        }
        throw new AssertionError("no " + signature);
    }

    private byte[] fadt() {
        return listed(image, "FACP");
    }

    private static Map<String, Object> namespace(byte[] image) {
        byte[] dsdt = table(image, Wire.u64(listed(image, "FACP"), 140), "DSDT");
        return AmlReader.read(dsdt, 36);
    }

    @Test
    void theRootPointerHasBothChecksumsAndLeadsToAnXsdt() {
        assertThat(text(image, 0, 8)).isEqualTo("RSD PTR ");
        assertThat(sum(image, 0, 20)).isZero();
        assertThat(sum(image, 0, 36)).isZero();
        assertThat(image[15]).isEqualTo((byte) 2);
        table(image, Wire.u64(image, 24), "XSDT");
    }

    @Test
    void theFadtIsOfRevision6AndTellsOfFixedHardware() {
        byte[] fadt = fadt();

        assertThat(fadt).hasSize(276);
        assertThat(fadt[8]).isEqualTo((byte) 6);
        assertThat(Wire.u16(fadt, 46)).as("SCI").isEqualTo(9);
        assertThat(Wire.i32(fadt, 48)).as("SMI command").isZero();
        assertThat(Wire.i32(fadt, 56)).isEqualTo(0x400);
        assertThat(Wire.i32(fadt, 64)).isEqualTo(0x404);
        assertThat(Wire.i32(fadt, 76)).isEqualTo(0x408);
        assertThat(fadt[88]).isEqualTo((byte) 4);
        assertThat(fadt[89]).isEqualTo((byte) 2);
        assertThat(fadt[91]).isEqualTo((byte) 4);
        assertThat(Wire.u16(fadt, 96)).isEqualTo(101);
        assertThat(Wire.u16(fadt, 98)).isEqualTo(1001);
        assertThat(fadt[108]).as("century").isEqualTo((byte) 0x32);
    }

    @Test
    void theFadtIsHonestAboutLegacyDevicesAndReset() {
        byte[] fadt = fadt();
        int boot = Wire.u16(fadt, 109);
        int flags = Wire.i32(fadt, 112);

        assertThat(boot).as("ISA devices, no 8042, no VGA, an RTC").isEqualTo(0b101);
        assertThat(flags >>> 20 & 1).as("hardware-reduced").isZero();
        assertThat(flags >>> 10 & 1).as("reset register").isOne();
        assertThat(flags >>> 8 & 1).as("32-bit timer").isOne();
        assertThat(fadt[116]).as("in port space").isEqualTo((byte) 1);
        assertThat(Wire.u64(fadt, 120)).isEqualTo(0xCF9);
        assertThat(fadt[128]).isEqualTo((byte) 6);
    }

    @Test
    void theExtendedRegistersAgreeWithTheOldOnes() {
        byte[] fadt = fadt();
        int[][] pairs = {{56, 148, 32}, {60, 160, 0}, {64, 172, 16}, {68, 184, 0}, {72, 196, 0}, {76, 208, 32}};
        for (int[] pair : pairs) {
            assertThat(Wire.u64(fadt, pair[1] + 4)).isEqualTo(Wire.u32(fadt, pair[0]));
            assertThat(fadt[pair[1] + 1]).isEqualTo((byte) pair[2]);
        }
        assertThat(Wire.u64(fadt, 140)).isEqualTo(Wire.u32(fadt, 40));
    }

    @Test
    void theFirmwareControlStructureIsAlignedAndItsLockIsFree() {
        long address = Wire.u32(fadt(), 36);
        int at = (int) (address - ADDRESS);

        assertThat(address % 64).isZero();
        assertThat(text(image, at, 4)).isEqualTo("FACS");
        assertThat(Wire.i32(image, at + 4)).isEqualTo(64);
        assertThat(Wire.i32(image, at + 16)).isZero();
    }

    private static List<byte[]> entries(byte[] madt, int type) {
        List<byte[]> found = new ArrayList<>();
        for (int at = 44; at < madt.length; at += madt[at + 1]) {
            if (madt[at] == type) {
                byte[] entry = new byte[madt[at + 1]];
                System.arraycopy(madt, at, entry, 0, entry.length);
                found.add(entry);
            }
        }
        return found;
    }

    @Test
    void theMadtListsProcessorsIoapicOverridesAndTheNmiWire() {
        byte[] madt = listed(image, "APIC");

        assertThat(Wire.u32(madt, 36)).isEqualTo(0xFEE0_0000L);
        assertThat(Wire.i32(madt, 40)).as("has 8259").isOne();
        assertThat(entries(madt, 0))
                .containsExactly(new byte[] {0, 8, 0, 0, 1, 0, 0, 0}, new byte[] {0, 8, 1, 1, 1, 0, 0, 0});
        byte[] ioapic = entries(madt, 1).getFirst();
        assertThat(Wire.u32(ioapic, 4)).isEqualTo(0xFEC0_0000L);
        assertThat(Wire.u32(ioapic, 8)).isZero();
        assertThat(entries(madt, 2))
                .containsExactly(
                        new byte[] {2, 10, 0, 0, 2, 0, 0, 0, 0, 0}, new byte[] {2, 10, 0, 9, 9, 0, 0, 0, 13, 0});
        assertThat(entries(madt, 4)).containsExactly(new byte[] {4, 6, -1, 0, 0, 1});
    }

    @Test
    void processorsBeyond255AreX2apics() {
        byte[] madt = listed(tables(300).image(), "APIC");

        assertThat(entries(madt, 0)).hasSize(255);
        assertThat(entries(madt, 9)).hasSize(45);
        assertThat(Wire.i32(entries(madt, 9).getFirst(), 4)).isEqualTo(255);
        assertThat(entries(madt, 10)).hasSize(1);
    }

    @Test
    void theVmbusIsBelowAModuleThatHoldsTheWindows() {
        Map<String, Object> names = namespace(image);

        assertThat(names)
                .containsEntry("\\_SB_.VMOD._HID", "ACPI0004")
                .containsEntry("\\_SB_.VMOD.VMBS._HID", "VMBus")
                .containsEntry("\\_SB_.VMOD.VMBS._UID", 0L)
                .containsEntry("\\_SB_.VMOD.VMBS._STA", 15L);
        assertThat((byte[]) names.get("\\_SB_.VMOD.VMBS._CRS")).containsExactly(0x79, 0);
        byte[] windows = (byte[]) names.get("\\_SB_.VMOD._CRS");
        assertThat(windows[0]).isEqualTo((byte) 0x87);
        assertThat(Wire.u16(windows, 1)).isEqualTo(23);
        assertThat(Wire.u32(windows, 10)).isEqualTo(0xF800_0000L);
        assertThat(Wire.u32(windows, 14)).isEqualTo(0xFEBF_FFFFL);
        assertThat(Wire.u32(windows, 22)).isEqualTo(0x06C0_0000L);
        assertThat(windows[26]).isEqualTo((byte) 0x8A);
        assertThat(Wire.u16(windows, 27)).isEqualTo(43);
        assertThat(Wire.u64(windows, 40)).isEqualTo(HIGH.first());
        assertThat(Wire.u64(windows, 48)).isEqualTo(HIGH.first() + HIGH.size() - 1);
        assertThat(Wire.u64(windows, 64)).isEqualTo(HIGH.size());
        assertThat(windows[72]).isEqualTo((byte) 0x79);
    }

    @Test
    void thePciRootHasOneBusPortsAndMemory() {
        Map<String, Object> names = namespace(image);

        assertThat(names)
                .containsEntry("\\_SB_.PCI0._HID", 0x030A_D041L)
                .containsEntry("\\_SB_.PCI0._BBN", 0L)
                .containsEntry("\\_SB_.PCI0._STA", 15L);
        byte[] resources = (byte[]) names.get("\\_SB_.PCI0._CRS");
        assertThat(resources)
                .startsWith(0x88, 13, 0, 2, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0)
                .containsSequence(0x47, 1, 0xF8, 0x0C, 0xF8, 0x0C, 1, 8)
                .containsSequence(0x88, 13, 0, 1, 12, 3, 0, 0, 0, 0x10, 0xFF, 0xFF, 0, 0, 0, 0xF0)
                .endsWith(0x79, 0);
        int memory = 16 + 8 + 16;
        assertThat(resources[memory]).isEqualTo((byte) 0x87);
        assertThat(Wire.u32(resources, memory + 10)).isEqualTo(GuestMemory.HOLE_START);
        assertThat(Wire.u32(resources, memory + 14)).isEqualTo(MemoryWindow.LOW.first() - 1);
        assertThat(Wire.u32(resources, memory + 22)).isEqualTo(0x3800_0000L);
    }

    @Test
    void everyProcessorHasAnObjectWithTheUidOfItsMadtEntry() {
        Map<String, Object> names = namespace(tables(40).image());
        for (int i = 0; i < 40; i++) {
            String path = "\\_SB_.C%03X".formatted(i);
            assertThat(names)
                    .containsEntry(path + "._HID", "ACPI0007")
                    .containsEntry(path + "._UID", (long) i)
                    .containsEntry(path + "._STA", 15L);
        }
    }

    @Test
    void serialPortsAndClockTellTheirPortsAndInterrupts() {
        Map<String, Object> names = namespace(image);

        assertThat(names)
                .containsEntry("\\_SB_.COM1._HID", 0x0105_D041L)
                .containsEntry("\\_SB_.COM1._UID", 1L)
                .containsEntry("\\_SB_.COM2._UID", 2L)
                .containsEntry("\\_SB_.RTC_._HID", 0x000B_D041L);
        assertThat((byte[]) names.get("\\_SB_.COM1._CRS"))
                .containsExactly(0x47, 1, 0xF8, 3, 0xF8, 3, 1, 8, 0x22, 0x10, 0, 0x79, 0);
        assertThat((byte[]) names.get("\\_SB_.COM2._CRS"))
                .containsExactly(0x47, 1, 0xF8, 2, 0xF8, 2, 1, 8, 0x22, 0x08, 0, 0x79, 0);
        assertThat((byte[]) names.get("\\_SB_.RTC_._CRS"))
                .containsExactly(0x47, 1, 0x70, 0, 0x70, 0, 1, 2, 0x22, 0, 1, 0x79, 0);
    }

    @Test
    void soft0ffHasTheSleepTypeThatTheHardwareTakes() {
        assertThat(namespace(image)).containsEntry("\\_S5_", List.of(5L, 0L, 0L, 0L));
    }

    @Test
    void aPackageOfAnySizeReadsBack() {
        for (int length : new int[] {1, 50, 56, 57, 58, 59, 60, 61, 62, 63, 64, 4083, 4090, 4096, 70_000}) {
            byte[] code = Aml.named("BUFF", Aml.buffer(new byte[length]));

            assertThat(AmlReader.read(code, 0))
                    .hasEntrySatisfying(
                            ".BUFF", value -> assertThat((byte[]) value).hasSize(length));
        }
    }

    @Test
    void integersReadBackWhateverTheirSize() {
        for (long value : new long[] {0, 1, 2, 0xFF, 0x100, 0xFFFF, 0x1_0000, 0xFFFF_FFFFL, 0x1_0000_0000L, -1}) {
            assertThat(AmlReader.read(Aml.named("X", Aml.integer(value)), 0)).containsEntry(".X___", value);
        }
    }

    @Test
    void theTablesAreWrittenToGuestMemory() {
        try (Arena arena = Arena.ofConfined()) {
            long ram = 1 << 20;
            GuestMemory memory = new GuestMemory(arena.allocate(GuestMemory.storeSize(ram, 0), 4096), ram, 0);

            tables.write(memory);

            byte[] read = new byte[image.length];
            assertThat(memory.read(ADDRESS, read, 0, read.length)).isTrue();
            assertThat(read).isEqualTo(image);
            assertThat(tables.size()).isEqualTo(image.length);
        }
    }

    @Test
    void memoryThatIsNotThereIsRefusedWithTheAddress() {
        try (Arena arena = Arena.ofConfined()) {
            GuestMemory memory = new GuestMemory(arena.allocate(4096, 4096), 4096, 0);

            assertThatThrownBy(() -> tables.write(memory)).hasMessageContaining("0xe0000");
        }
    }

    @Test
    void tablesOfTheMostProcessorsFitIntoTheBiosArea() {
        assertThat(tables(1024).size()).isLessThan(0x2_0000);
    }

    @Test
    void windowsThatAreNoneAreRefused() {
        assertThatThrownBy(() -> new MemoryWindow(0x1000, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new MemoryWindow(0x1001, 4096)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new MemoryWindow(0xFFFF_F000L, 8192)).isInstanceOf(IllegalArgumentException.class);
    }
}
