package cloison.chipset.acpi;

import cloison.chipset.apic.IoApic;
import cloison.chipset.power.AcpiPower;
import cloison.chipset.power.ResetPorts;
import cloison.chipset.rtc.CmosRtc;
import cloison.machine.memory.GuestMemory;
import cloison.machine.wire.Wire;
import java.nio.charset.StandardCharsets;

/// The ACPI tables of one partition, laid out for a guest-physical address.
///
/// ```text
///  RSDP ──► XSDT ──► FADT ──► FACS
///                │       └──► DSDT
///                └─► MADT
/// ```
///
/// The RSDP comes first, where a guest that scans for it finds it if the address is a multiple of 16 in the area of the
/// BIOS, 0xE0000 to 0xFFFFF.
public final class AcpiTables {
    /// Where the RSDP is by custom.
    public static final long USUAL_ADDRESS = 0xE_0000L;

    private static final int RSDP_SIZE = 36;
    private static final int HEADER_SIZE = 36;
    private static final int CHECKSUM_AT = 9;
    private static final int ALIGNMENT = 64;

    /// APIC ids from here on need an x2APIC.
    private static final int SHORT_IDS = 255;

    private static final int LOCAL_APIC_ADDRESS = 0xFEE0_0000;

    private final byte[] image;
    private final long address;

    /// Makes the tables for `address`, a multiple of 64.
    public AcpiTables(AcpiConfig config, long address) {
        if (address % ALIGNMENT != 0) {
            throw new IllegalArgumentException("ACPI tables start at a multiple of 64, not at 0x%x".formatted(address));
        }
        this.address = address;
        ByteWriter to = new ByteWriter().zeros(RSDP_SIZE);
        long facs = append(to, facs());
        long dsdt = append(to, table("DSDT", 2, Dsdt.definition(config)));
        long fadt = append(to, table("FACP", 6, fadt(facs, dsdt)));
        long madt = append(to, table("APIC", 4, madt(config)));
        long xsdt =
                append(to, table("XSDT", 1, new ByteWriter().u64(fadt).u64(madt).bytes()));
        image = to.bytes();
        byte[] rsdp = rsdp(xsdt);
        System.arraycopy(rsdp, 0, image, 0, rsdp.length);
    }

    /// {@return where the RSDP is}
    public long address() {
        return address;
    }

    /// {@return bytes from the RSDP to the end of the last table; a memory map must reserve them}
    public long size() {
        return image.length;
    }

    /// {@return a copy of the tables}
    public byte[] image() {
        return image.clone();
    }

    /// Writes the tables into guest memory, which must be there.
    public void write(GuestMemory memory) {
        if (!memory.write(address, image, 0, image.length)) {
            throw new IllegalArgumentException(
                    "no memory for the ACPI tables at 0x%x; give the partition more".formatted(address));
        }
    }

    private long append(ByteWriter to, byte[] table) {
        to.zeros(Math.floorMod(-to.size(), ALIGNMENT));
        long at = address + to.size();
        to.raw(table);
        return at;
    }

    private static void checksum(byte[] of, int length, int at) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += of[i];
        }
        of[at] = (byte) (of[at] - sum);
    }

    private static byte[] rsdp(long xsdt) {
        byte[] rsdp = new ByteWriter()
                .ascii("RSD PTR ")
                .u8(0)
                .ascii("CLOISN")
                .u8(2)
                .u32(0)
                .u32(RSDP_SIZE)
                .u64(xsdt)
                .u32(0)
                .bytes();
        checksum(rsdp, 20, 8);
        checksum(rsdp, RSDP_SIZE, 32);
        return rsdp;
    }

    private static byte[] table(String signature, int revision, byte[] body) {
        byte[] table = new ByteWriter()
                .ascii(signature)
                .u32(HEADER_SIZE + body.length)
                .u8(revision)
                .u8(0)
                .ascii("CLOISN")
                .ascii("CLOISON ")
                .u32(1)
                .ascii("CLSN")
                .u32(1)
                .raw(body)
                .bytes();
        checksum(table, table.length, CHECKSUM_AT);
        return table;
    }

    private static byte[] facs() {
        byte[] facs = new byte[64];
        byte[] signature = "FACS".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(signature, 0, facs, 0, signature.length);
        Wire.put32(facs, 4, facs.length);
        facs[32] = 2;
        return facs;
    }

    /// Fixed ACPI description table, from byte 36 on.
    private static byte[] fadt(long facs, long dsdt) {
        ByteWriter to = new ByteWriter();
        to.u32((int) facs).u32((int) dsdt);
        // 44: no interrupt model any more, unspecified profile, the SCI, no SMI command: always in ACPI mode
        to.u8(0).u8(0).u16(AcpiPower.SCI).u32(0).zeros(4);
        // 56: PM1a event, PM1b event, PM1a control, PM1b control, PM2 control, PM timer, GPE0, GPE1
        to.u32(AcpiPower.PORT).u32(0).u32(AcpiPower.CONTROL_PORT).u32(0).u32(0).u32(AcpiPower.TIMER_PORT);
        to.u32(0).u32(0);
        // 88: their lengths, GPE1 base, no _CST
        to.u8(4).u8(2).u8(0).u8(4).u8(0).u8(0).u8(0).u8(0);
        // 96: C2 and C3 latencies so long that there is neither; no flush; no duty cycle
        to.u16(101).u16(1001).u16(0).u16(0).u8(0).u8(0);
        // 106: no day and month alarm; the century's place
        to.u8(0).u8(0).u8(CmosRtc.CENTURY);
        // 109: boot flags: devices on ISA, no keyboard controller, no VGA; a CMOS clock
        to.u16(1 | 1 << 2).u8(0);
        // 112: WBINVD, C1, no sleep button, no RTC wake status, 32-bit PM timer, reset register
        to.u32(1 | 1 << 2 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 10);
        portRegister(to, ResetPorts.RESET_CONTROL, 1, 1);
        to.u8(ResetPorts.RESET_VALUE).u16(0).u8(5);
        // 132: 64-bit FACS and DSDT. The FACS is given in 32 bits only, as a table below 4 GiB must be
        to.u64(0).u64(dsdt);
        // 148: the registers again, as generic addresses
        portRegister(to, AcpiPower.PORT, 4, 2);
        portRegister(to, 0, 0, 0);
        portRegister(to, AcpiPower.CONTROL_PORT, 2, 2);
        portRegister(to, 0, 0, 0);
        portRegister(to, 0, 0, 0);
        portRegister(to, AcpiPower.TIMER_PORT, 4, 3);
        // 220: GPE0, GPE1, sleep control and status
        to.zeros(4 * 12);
        // 268: hypervisor vendor
        to.ascii("CLOISON").u8(0);
        return to.bytes();
    }

    /// A generic address structure in port space, or none.
    ///
    /// @param access 1 for bytes, 2 for words, 3 for double words
    private static void portRegister(ByteWriter to, int port, int bytes, int access) {
        to.u8(port == 0 ? 0 : 1).u8(8 * bytes).u8(0).u8(access).u64(port);
    }

    /// Multiple APIC description table, from byte 36 on.
    private static byte[] madt(AcpiConfig config) {
        ByteWriter to = new ByteWriter();
        to.u32(LOCAL_APIC_ADDRESS).u32(1);
        for (int i = 0; i < config.processors(); i++) {
            if (i < SHORT_IDS) {
                to.u8(0).u8(8).u8(i).u8(i).u32(1);
            } else {
                to.u8(9).u8(16).u16(0).u32(i).u32(1).u32(i);
            }
        }
        to.u8(1).u8(12).u8(0).u8(0).u32((int) IoApic.ADDRESS).u32(0);
        // ISA interrupt 0 is at pin 2; the SCI is level-triggered and active high
        to.u8(2).u8(10).u8(0).u8(0).u32(2).u16(0);
        to.u8(2).u8(10).u8(0).u8(AcpiPower.SCI).u32(AcpiPower.SCI).u16(0xD);
        // LINT1 of every processor carries NMI
        to.u8(4).u8(6).u8(0xFF).u16(0).u8(1);
        if (config.processors() > SHORT_IDS) {
            to.u8(10).u8(12).u16(0).u32(-1).u8(1).zeros(3);
        }
        return to.bytes();
    }
}
