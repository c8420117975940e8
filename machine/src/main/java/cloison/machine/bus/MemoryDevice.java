package cloison.machine.bus;

/// A device in guest-physical address space. The bus holds the device's lock around each call.
public interface MemoryDevice {
    /// {@return what `size` (1, 2, 4 or 8) bytes at `offset` from the device's first address read, zero-extended}
    long memoryRead(long offset, int size);

    /// Stores the low `size` bytes of `value`.
    void memoryWrite(long offset, int size, long value);
}
