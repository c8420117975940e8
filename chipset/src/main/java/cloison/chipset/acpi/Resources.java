package cloison.chipset.acpi;

/// A resource template in the making: what a device's `_CRS` holds.
final class Resources {
    private static final int INTERRUPT = 0x22;
    private static final int PORTS = 0x47;
    private static final int END = 0x79;
    private static final int DOUBLE_WORD_RANGE = 0x87;
    private static final int QUAD_WORD_RANGE = 0x8A;

    private static final int DECODES_16_BITS = 1;
    private static final int MEMORY = 0;
    /// A window with fixed ends that the device produces for others.
    private static final int FIXED_WINDOW = 0x0C;
    /// Cacheable, read and write.
    private static final int CACHEABLE = 0x03;

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

    /// A window of memory addresses for the devices below.
    Resources window(MemoryWindow window) {
        long last = window.first() + window.size() - 1;
        if (last >>> 32 == 0) {
            bytes.u8(DOUBLE_WORD_RANGE).u16(23).u8(MEMORY).u8(FIXED_WINDOW).u8(CACHEABLE);
            bytes.u32(0).u32((int) window.first()).u32((int) last).u32(0).u32((int) window.size());
        } else {
            bytes.u8(QUAD_WORD_RANGE).u16(43).u8(MEMORY).u8(FIXED_WINDOW).u8(CACHEABLE);
            bytes.u64(0).u64(window.first()).u64(last).u64(0).u64(window.size());
        }
        return this;
    }

    /// {@return the template as a buffer; a checksum of 0 in its end tag means that nobody checks}
    byte[] template() {
        return Aml.buffer(new ByteWriter().raw(bytes.bytes()).u8(END).u8(0).bytes());
    }
}
