package cloison.machine;

import java.util.Arrays;

/// Decisions of a script, taken from bytes: a fuzzer's or a random generator's. When the bytes run out, every choice
/// is the first one.
public final class Choices {
    private final byte[] bytes;
    private int at;

    public Choices(byte[] bytes) {
        this.bytes = bytes;
    }

    /// {@return whether there are bytes left}
    public boolean more() {
        return at < bytes.length;
    }

    /// {@return the next byte, unsigned}
    public int octet() {
        return at < bytes.length ? bytes[at++] & 0xFF : 0;
    }

    /// {@return a number from 0 up to but not including `limit`}
    public int below(int limit) {
        int value = limit <= 256 ? octet() : octet() | octet() << 8 | (octet() & 0x7F) << 16;
        return value % limit;
    }

    /// {@return true or false}
    public boolean flag() {
        return (octet() & 1) != 0;
    }

    /// {@return true once in `n` times}
    public boolean once(int n) {
        return below(n) == n - 1;
    }

    /// {@return a number of 32 bits: small, near a power of two, negative, or anything}
    public int word() {
        return switch (octet() & 3) {
            case 0 -> octet();
            case 1 -> (1 << (octet() & 31)) + (octet() & 7) - 4;
            case 2 -> -octet();
            default -> octet() | octet() << 8 | octet() << 16 | octet() << 24;
        };
    }

    /// {@return a number of 64 bits}
    public long wide() {
        return flag() ? word() : (long) word() << 32 | word() & 0xFFFF_FFFFL;
    }

    /// {@return up to `most` bytes}
    public byte[] some(int most) {
        int count = Math.min(below(most + 1), bytes.length - Math.min(at, bytes.length));
        byte[] taken = Arrays.copyOfRange(bytes, at, at + count);
        at += count;
        return taken;
    }
}
