package cloison.vm.boot;

import cloison.machine.memory.GuestMemory;
import java.util.ArrayList;
import java.util.List;

/// The guest-physical memory map that a partition's firmware reports.
///
/// @param ranges in ascending order
public record MemoryMap(List<Range> ranges) {
    /// Where the page of the extended BIOS data area would start.
    static final long LOW_END = 0x9_FC00L;

    /// Where ACPI tables lie, up to [#FIRMWARE_END].
    public static final long FIRMWARE_START = 0xE_0000L;

    /// Where the first megabyte ends.
    public static final long FIRMWARE_END = 0x10_0000L;

    /// Where ELF images may begin: nothing of ours is from here to 1 MiB, and linkers put the headers of an image for
    /// 1 MiB right below it.
    static final long IMAGE_START = 0xF_0000L;

    /// What a range is, with the numbers of ACPI 6.5, table 15.14 (address range types).
    public enum Kind {
        RAM(1),
        RESERVED(2),
        ACPI(3);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        /// {@return the number in an E820 entry}
        public int code() {
            return code;
        }
    }

    /// One range.
    public record Range(long start, long size, Kind kind) {}

    /// {@return the map of a partition with this memory}
    public static MemoryMap of(GuestMemory memory) {
        List<Range> ranges = new ArrayList<>();
        ranges.add(new Range(0, LOW_END, Kind.RAM));
        ranges.add(new Range(LOW_END, 0xA_0000L - LOW_END, Kind.RESERVED));
        ranges.add(new Range(FIRMWARE_START, FIRMWARE_END - FIRMWARE_START, Kind.RESERVED));
        ranges.add(new Range(FIRMWARE_END, memory.lowSize() - FIRMWARE_END, Kind.RAM));
        if (memory.highSize() > 0) {
            ranges.add(new Range(GuestMemory.HIGH_START, memory.highSize(), Kind.RAM));
        }
        return new MemoryMap(List.copyOf(ranges));
    }
}
