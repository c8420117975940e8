package cloison.chipset.acpi;

/// A range of guest-physical addresses in which devices that a guest finds may be given memory.
///
/// @param first the first address
/// @param size bytes
public record MemoryWindow(long first, long size) {
    /// The window for VMBus below 4 GiB: up to the interrupt controllers.
    public static final MemoryWindow LOW = new MemoryWindow(0xF800_0000L, 0x06C0_0000L);

    /// The window for functions of the PCI bus: from where RAM ends at the latest up to [#LOW].
    public static final MemoryWindow PCI = new MemoryWindow(0xC000_0000L, 0x3800_0000L);

    private static final long PAGE = 4096;

    /// Refuses what is not a positive number of pages, and what straddles 4 GiB.
    public MemoryWindow {
        boolean whole = first >= 0 && size > 0 && (first | size) % PAGE == 0 && first + size > first;
        if (!whole || first >>> 32 == 0 && first + size > 1L << 32) {
            throw new IllegalArgumentException("not a memory window: 0x%x bytes at 0x%x".formatted(size, first));
        }
    }
}
