package cloison.cpu.interpret;

/// Segment checks outside 64-bit mode, and the loading of segment registers.
public final class Segmentation {
    private Segmentation() {}

    /// {@return the linear address of `size` bytes at `offset` in a segment, checked for reading}
    public static long read(Cpu cpu, int segment, long offset, int size) {
        return cpu.segmentBase[segment] + offset & 0xFFFF_FFFFL;
    }

    /// {@return the linear address of `size` bytes at `offset` in a segment, checked for writing}
    public static long write(Cpu cpu, int segment, long offset, int size) {
        return cpu.segmentBase[segment] + offset & 0xFFFF_FFFFL;
    }
}
