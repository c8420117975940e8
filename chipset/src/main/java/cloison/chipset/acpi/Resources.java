package cloison.chipset.acpi;

/// A resource template in the making: what a device's `_CRS` holds.
final class Resources {
    private static final int INTERRUPT = 0x22;
    private static final int PORTS = 0x47;
    private static final int END = 0x79;
    private static final int DOUBLE_WORD_RANGE = 0x87;
    private static final int WORD_RANGE = 0x88;
    private static final int QUAD_WORD_RANGE = 0x8A;

    private static final int DECODES_16_BITS = 1;
    private static final int MEMORY = 0;
    private static final int IO = 1;
    private static final int BUS = 2;
    /// A window with fixed ends that the device produces for others.
    private static final int FIXED_WINDOW = 0x0C;
    /// Cacheable, read and write.
    private static final int CACHEABLE = 0x03;

    private static final int UNCACHEABLE = 0x01;
    /// ISA and other addresses alike.
    private static final int ENTIRE_RANGE = 0x03;

    private final ByteWriter bytes = new ByteWriter();

    Resources ports(int first, int count) {
        bytes.u8(PORTS).u8(DECODES_16_BITS).u16(first).u16(first).u8(1).u8(count);
        return this;
    }

    /// An edge-triggered, active-high ISA interrupt.
    Resources interrupt(int irq) {
        bytes.u8(INTERRUPT).u16(1 << irq);
        return this;
    }

    /// A window of memory addresses for the devices on VMBus below.
    Resources window(MemoryWindow window) {
        return window(window, CACHEABLE);
    }

    /// A window of memory addresses for the functions of a PCI bus.
    Resources pciWindow(MemoryWindow window) {
        return window(window, UNCACHEABLE);
    }

    /// A window of ports for the functions of a PCI bus.
    Resources pciPorts(int first, int last) {
        return words(IO, ENTIRE_RANGE, first, last);
    }

    /// The numbers of the buses below a PCI root.
    Resources buses(int first, int last) {
        return words(BUS, 0, first, last);
    }

    private Resources words(int type, int flags, int first, int last) {
        bytes.u8(WORD_RANGE).u16(13).u8(type).u8(FIXED_WINDOW).u8(flags);
        bytes.u16(0).u16(first).u16(last).u16(0).u16(last - first + 1);
        return this;
    }

    private Resources window(MemoryWindow window, int flags) {
        long last = window.first() + window.size() - 1;
        if (last >>> 32 == 0) {
            bytes.u8(DOUBLE_WORD_RANGE).u16(23).u8(MEMORY).u8(FIXED_WINDOW).u8(flags);
            bytes.u32(0).u32((int) window.first()).u32((int) last).u32(0).u32((int) window.size());
        } else {
            bytes.u8(QUAD_WORD_RANGE).u16(43).u8(MEMORY).u8(FIXED_WINDOW).u8(flags);
            bytes.u64(0).u64(window.first()).u64(last).u64(0).u64(window.size());
        }
        return this;
    }

    /// {@return the template as a buffer; a checksum of 0 in its end tag means that nobody checks}
    byte[] template() {
        return Aml.buffer(new ByteWriter().raw(bytes.bytes()).u8(END).u8(0).bytes());
    }
}
