package cloison.machine.bus;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The devices in the guest-physical address space of one partition.
///
/// A read that no device answers gives all ones. Devices come and go while processors run (PCI BARs move): the table is
/// an immutable array, replaced whole.
///
/// **Owner:** any thread.
public final class MemoryBus {
    private record Range(long first, long size, MemoryDevice device) {}

    private volatile Range[] ranges = {};

    /// An empty bus.
    public MemoryBus() {}

    /// Gives `size` bytes from guest-physical address `first` to `device`.
    public synchronized void attach(long first, long size, MemoryDevice device) {
        Range[] old = ranges;
        for (Range range : old) {
            if (first < range.first() + range.size() && range.first() < first + size) {
                throw new IllegalArgumentException("0x%x has a device already".formatted(first));
            }
        }
        Range[] next = new Range[old.length + 1];
        System.arraycopy(old, 0, next, 0, old.length);
        next[old.length] = new Range(first, size, device);
        ranges = next;
    }

    /// Takes all addresses of `device` away.
    public synchronized void detach(MemoryDevice device) {
        ranges = Arrays.stream(ranges).filter(range -> range.device() != device).toArray(Range[]::new);
    }

    private @Nullable Range find(long gpa) {
        for (Range range : ranges) {
            if (gpa - range.first() >= 0 && gpa - range.first() < range.size()) {
                return range;
            }
        }
        return null;
    }

    /// {@return what the address reads}
    public long read(long gpa, int size) {
        long mask = -1L >>> (64 - 8 * size);
        Range range = find(gpa);
        if (range == null) {
            return mask;
        }
        MemoryDevice device = range.device();
        synchronized (device) {
            return device.memoryRead(gpa - range.first(), size) & mask;
        }
    }

    /// Writes the address.
    public void write(long gpa, int size, long value) {
        Range range = find(gpa);
        if (range != null) {
            MemoryDevice device = range.device();
            synchronized (device) {
                device.memoryWrite(gpa - range.first(), size, value);
            }
        }
    }
}
