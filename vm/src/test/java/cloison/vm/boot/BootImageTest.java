package cloison.vm.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import cloison.machine.wire.Wire;
import cloison.vm.boot.BootImage.Extras;
import cloison.vm.config.ConfigurationException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BootImageTest {
    private static final int MIB = 1 << 20;

    @TempDir
    private Path folder;

    private final GuestMemory memory = memory(64);

    private static GuestMemory memory(int mib) {
        long size = (long) mib * MIB;
        return new GuestMemory(Arena.ofAuto().allocate(GuestMemory.storeSize(size, 0), 4096), size, 0);
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("kernel"), bytes);
    }

    private byte[] guest(long address, int length) {
        byte[] bytes = new byte[length];
        assertThat(memory.read(address, bytes, 0, length)).isTrue();
        return bytes;
    }

    /// A bzImage with one setup sector and a recognisable payload.
    private static byte[] linux(long preferred, int initSize) {
        byte[] file = new byte[4096];
        Wire.put8(file, 0x1F1, 1);
        Wire.put32(file, 0x1F4, (file.length - 1024) / 16);
        Wire.put16(file, 0x1FE, 0xAA55);
        Wire.put8(file, 0x201, 0x66);
        Wire.put32(file, 0x202, 0x5372_6448);
        Wire.put16(file, 0x206, 0x20F);
        Wire.put32(file, 0x22C, 0x7FFF_FFFF);
        Wire.put32(file, 0x230, 0x20_0000);
        Wire.put8(file, 0x234, 1);
        Wire.put16(file, 0x236, 1);
        Wire.put32(file, 0x238, 2047);
        Wire.put64(file, 0x258, preferred);
        Wire.put32(file, 0x260, initSize);
        Wire.put32(file, 1024, 0x1234_5678);
        return file;
    }

    @Test
    void linuxIsEnteredInLongModeAtItsPreferredAddress() throws IOException {
        ProcessorState state =
                BootImage.read(file(linux(0x100_0000, MIB))).load(memory, new Extras(null, "quiet", 0xE0000));

        assertThat(state.rip).isEqualTo(0x100_0200);
        assertThat(state.efer).isEqualTo(0x500);
        assertThat(state.gpr[ProcessorState.RSI]).isEqualTo(0x2000);
        assertThat(Wire.i32(guest(0x100_0000, 4), 0)).isEqualTo(0x1234_5678);
    }

    @Test
    void zeroPageNamesCommandLineRsdpAndMemoryMap() throws IOException {
        BootImage.read(file(linux(0x100_0000, MIB))).load(memory, new Extras(null, "quiet", 0xE0000));

        byte[] page = guest(0x2000, 4096);
        assertThat(new String(guest(Wire.u32(page, 0x228), 6), StandardCharsets.US_ASCII))
                .isEqualTo("quiet\0");
        assertThat(Wire.u64(page, 0x070)).isEqualTo(0xE0000);
        assertThat(Wire.u8(page, 0x210)).isEqualTo(0xFF);
        assertThat(Wire.u8(page, 0x1E8)).isEqualTo(4);
        assertThat(Wire.u64(page, 0x2D0 + 3 * 20)).isEqualTo(MIB);
        assertThat(Wire.u64(page, 0x2D0 + 3 * 20 + 8)).isEqualTo(63 * MIB);
    }

    @Test
    void pageTablesMapTheFirstFourGibOneToOne() throws IOException {
        ProcessorState state = BootImage.read(file(linux(0x100_0000, MIB))).load(memory, new Extras(null, "", 0));

        long pdpt = Wire.u64(guest(state.cr3, 8), 0) & -4096;
        long directory = Wire.u64(guest(pdpt + 3 * 8, 8), 0) & -4096;
        assertThat(Wire.u64(guest(directory + 511 * 8, 8), 0)).isEqualTo(0xFFE0_0000L | 0x83);
    }

    @Test
    void initrdLiesAsHighAsPossible() throws IOException {
        BootImage.read(file(linux(0x100_0000, MIB))).load(memory, new Extras(new byte[5000], "", 0));

        byte[] page = guest(0x2000, 4096);
        assertThat(Wire.u32(page, 0x218)).isEqualTo(64 * MIB - 8192);
        assertThat(Wire.u32(page, 0x21C)).isEqualTo(5000);
    }

    @Test
    void kernelMovesDownWhereItsPreferredPlaceIsNotMemory() throws IOException {
        ProcessorState state = BootImage.read(file(linux(0x800_0000, MIB))).load(memory, new Extras(null, "", 0));

        assertThat(state.rip).isEqualTo(0x20_0200);
    }

    @Test
    void initrdThatDoesNotFitIsRefused() throws IOException {
        BootImage image = BootImage.read(file(linux(0x100_0000, MIB)));

        assertThatThrownBy(() -> image.load(memory, new Extras(new byte[60 * MIB], "", 0)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("initrd of 60 MiB does not fit into 64 MiB of memory beside the kernel; raise --memory");
    }

    @Test
    void kernelThatDoesNotFitIsRefused() throws IOException {
        BootImage image = BootImage.read(file(linux(0x100_0000, 80 * MIB)));

        assertThatThrownBy(() -> image.load(memory, new Extras(null, "", 0)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("needs 82 MiB of memory to start, the partition has 64 MiB; raise --memory");
    }

    @Test
    void fileThatIsNoKernelIsRefused() throws IOException {
        Path file = file(new byte[20000]);

        assertThatThrownBy(() -> BootImage.read(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("not a Linux bzImage");
    }

    @Test
    void kernelThatIsCutShortIsRefused() throws IOException {
        Path file = file(Arrays.copyOf(linux(0x100_0000, MIB), 4000));

        assertThatThrownBy(() -> BootImage.read(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageEndingWith("kernel: is cut short; copy it again");
    }

    @Test
    void fileOfEndlessSizeIsRefused() {
        Path endless = Path.of("/dev/zero");

        assertThatThrownBy(() -> BootImage.read(endless))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("kernel /dev/zero: is larger than 256 MiB;");
        assertThatThrownBy(() -> BootImage.initrd(endless, 64 * MIB))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("initrd /dev/zero: is larger than the 64 MiB of memory; raise --memory");
    }

    @Test
    void missingFileIsRefused() {
        assertThatThrownBy(() -> BootImage.read(folder.resolve("none")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageEndingWith("none: no such file; check the path");
    }

    /// A 32-bit ELF file with one segment of eight bytes at 2 MiB and, if asked, a PVH note.
    private static byte[] elf(boolean pvh) {
        byte[] file = new byte[512];
        Wire.put32(file, 0, 0x464C_457F);
        Wire.put8(file, 4, 1);
        Wire.put8(file, 5, 1);
        Wire.put16(file, 0x12, 3);
        Wire.put32(file, 0x18, 0x20_0004);
        Wire.put32(file, 0x1C, 0x40);
        Wire.put16(file, 0x2A, 0x20);
        Wire.put16(file, 0x2C, pvh ? 2 : 1);
        Wire.put32(file, 0x40, 1);
        Wire.put32(file, 0x44, 0x100);
        Wire.put32(file, 0x48, 0x20_0000);
        Wire.put32(file, 0x4C, 0x20_0000);
        Wire.put32(file, 0x50, 8);
        Wire.put32(file, 0x54, 0x1000);
        if (pvh) {
            Wire.put32(file, 0x60, 4);
            Wire.put32(file, 0x64, 0x180);
            Wire.put32(file, 0x70, 20);
            Wire.put32(file, 0x74, 20);
            Wire.put32(file, 0x180, 4);
            Wire.put32(file, 0x184, 4);
            Wire.put32(file, 0x188, 18);
            Wire.put32(file, 0x18C, 0x006E_6558);
            Wire.put32(file, 0x190, 0x20_0006);
        }
        Wire.put64(file, 0x100, 0x1122_3344_5566_7788L);
        return file;
    }

    @Test
    void pvhImageIsEnteredAtItsNoteWithStartInfo() throws IOException {
        ProcessorState state = BootImage.read(file(elf(true))).load(memory, new Extras(new byte[3], "x", 0xE0000));

        assertThat(state.rip).isEqualTo(0x20_0006);
        assertThat(state.cr0 & 0x8000_0001L).isEqualTo(1);
        byte[] info = guest(state.gpr[ProcessorState.RBX], 56);
        assertThat(Wire.i32(info, 0)).isEqualTo(0x336E_C578);
        assertThat(Wire.u64(info, 32)).isEqualTo(0xE0000);
        assertThat(Wire.i32(info, 12)).isEqualTo(1);
        assertThat(Wire.u64(guest(Wire.u64(info, 16), 16), 8)).isEqualTo(3);
        assertThat(Wire.u64(guest(0x20_0000, 8), 0)).isEqualTo(0x1122_3344_5566_7788L);
    }

    @Test
    void multibootElfImageIsEnteredWithItsMagic() throws IOException {
        byte[] file = elf(false);
        Wire.put32(file, 0x1C0, 0x1BAD_B002);
        Wire.put32(file, 0x1C4, 3);
        Wire.put32(file, 0x1C8, -(0x1BAD_B002 + 3));

        ProcessorState state = BootImage.read(file(file)).load(memory, new Extras(new byte[3], "args", 0));

        assertThat(state.rip).isEqualTo(0x20_0004);
        assertThat(state.gpr[ProcessorState.RAX]).isEqualTo(0x2BAD_B002);
        byte[] info = guest(state.gpr[ProcessorState.RBX], 120);
        assertThat(Wire.u32(info, 8)).isEqualTo(63 * 1024);
        assertThat(Wire.i32(info, 20)).isEqualTo(1);
        assertThat(new String(guest(Wire.u32(info, 16), 5), StandardCharsets.US_ASCII))
                .isEqualTo("args\0");
    }

    @Test
    void multibootImageMayNameItsLoadAddresses() throws IOException {
        byte[] file = new byte[256];
        Wire.put32(file, 0x40, 0x1BAD_B002);
        Wire.put32(file, 0x44, 1 << 16);
        Wire.put32(file, 0x48, -(0x1BAD_B002 + (1 << 16)));
        Wire.put32(file, 0x4C, 0x10_0040);
        Wire.put32(file, 0x50, 0x10_0000);
        Wire.put32(file, 0x54, 0);
        Wire.put32(file, 0x58, 0x10_2000);
        Wire.put32(file, 0x5C, 0x10_0080);
        Wire.put8(file, 0x80, 0xF4);

        ProcessorState state = BootImage.read(file(file)).load(memory, new Extras(null, "", 0));

        assertThat(state.rip).isEqualTo(0x10_0080);
        assertThat(guest(0x10_0080, 1)[0]).isEqualTo((byte) 0xF4);
    }

    @Test
    void elfSegmentMayLieRightBelowOneMib() throws IOException {
        byte[] file = elf(true);
        Wire.put32(file, 0x4C, 0xF_F000);

        BootImage.read(file(file)).load(memory, new Extras(null, "", 0));

        assertThat(Wire.u64(guest(0xF_F000, 8), 0)).isEqualTo(0x1122_3344_5566_7788L);
    }

    @Test
    void elfSegmentOverFirmwareIsRefused() throws IOException {
        byte[] file = elf(true);
        Wire.put32(file, 0x4C, 0xE_F000);
        BootImage image = BootImage.read(file(file));

        assertThatThrownBy(() -> image.load(memory, new Extras(null, "", 0)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("lies outside");
    }

    @Test
    void elfSegmentOutsideMemoryIsRefused() throws IOException {
        byte[] file = elf(true);
        Wire.put32(file, 0x4C, 0x7000_0000);
        BootImage image = BootImage.read(file(file));

        assertThatThrownBy(() -> image.load(memory, new Extras(null, "", 0)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("lies outside the partition's 64 MiB");
    }
}
