package cloison.cpu.mmu;

/// Memory as the instructions of one virtual processor see it: linear addresses, current privilege, little-endian.
///
/// Every access checks translation and permission (CPL, U/S, R/W with CR0.WP, NX, SMEP, SMAP), sets accessed and dirty
/// bits, and throws `GuestFault` (#PF with CR2 loaded, #GP or #SS for a non-canonical address) before anything
/// is changed. An access of any alignment may cross pages; a store that crosses checks both first. Where there is no
/// memory the intercepts answer. Values smaller than 64 bits come back zero-extended and are stored from the low bits.
///
/// A store to a page that holds cached code throws `CodeStore` instead of storing, unless the block's loop is
/// executing that one instruction alone: see `Block`.
///
/// **Owner:** the thread that runs the processor.
public final class Mmu {
    public Mmu() {}

    public long read8(long linear) {
        throw new IllegalStateException();
    }

    public long read16(long linear) {
        throw new IllegalStateException();
    }

    public long read32(long linear) {
        throw new IllegalStateException();
    }

    public long read64(long linear) {
        throw new IllegalStateException();
    }

    public void write8(long linear, long value) {
        throw new IllegalStateException();
    }

    public void write16(long linear, long value) {
        throw new IllegalStateException();
    }

    public void write32(long linear, long value) {
        throw new IllegalStateException();
    }

    public void write64(long linear, long value) {
        throw new IllegalStateException();
    }

    /// {@return the `size` (1, 2, 4, 8) bytes at `linear`}
    public long read(long linear, int size) {
        return switch (size) {
            case 1 -> read8(linear);
            case 2 -> read16(linear);
            case 4 -> read32(linear);
            default -> read64(linear);
        };
    }

    /// Stores the low `size` bytes of `value`.
    public void write(long linear, int size, long value) {
        switch (size) {
            case 1 -> write8(linear, value);
            case 2 -> write16(linear, value);
            case 4 -> write32(linear, value);
            default -> write64(linear, value);
        }
    }

    /// {@return the `size` bytes at `linear`, which is checked for writing: the first half of a read-modify-write}
    public long readForWrite(long linear, int size) {
        throw new IllegalStateException();
    }

    /// Atomically replaces the `size` bytes at `linear` if they are `expected`; {@return what was found}
    public long compareAndExchange(long linear, int size, long expected, long value) {
        throw new IllegalStateException();
    }

    /// Atomically replaces the 16 aligned bytes at `linear` if they are `expected`; `found` receives low and high.
    ///
    /// @return whether they were replaced
    public boolean compareAndExchange16(
            long linear, long expectedLow, long expectedHigh, long low, long high, long[] found) {
        throw new IllegalStateException();
    }

    /// Stores 16 bytes, checking all of them first.
    public void write128(long linear, long low, long high) {
        throw new IllegalStateException();
    }

    /// Throws what reading `length` bytes would throw.
    public void probeRead(long linear, int length) {
        throw new IllegalStateException();
    }

    /// Throws what writing `length` bytes would throw.
    public void probeWrite(long linear, int length) {
        throw new IllegalStateException();
    }
}
