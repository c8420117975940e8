package cloison.machine.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Little-endian, unaligned access to the fields of a structure in a byte array.
///
/// Unsigned 8- and 16-bit fields come back as `int`, unsigned 32-bit fields as `long` ([#u32]) where they are
/// lengths or offsets, and as raw `int` ([#i32]) where they are codes or flags.
public final class Wire {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Wire() {}

    /// {@return the unsigned byte at `at`}
    public static int u8(byte[] from, int at) {
        return from[at] & 0xFF;
    }

    /// {@return the unsigned 16-bit field at `at`}
    public static int u16(byte[] from, int at) {
        return (short) SHORT.get(from, at) & 0xFFFF;
    }

    /// {@return the unsigned 32-bit field at `at`}
    public static long u32(byte[] from, int at) {
        return (int) INT.get(from, at) & 0xFFFF_FFFFL;
    }

    /// {@return the raw 32-bit field at `at`}
    public static int i32(byte[] from, int at) {
        return (int) INT.get(from, at);
    }

    /// {@return the raw 64-bit field at `at`}
    public static long u64(byte[] from, int at) {
        return (long) LONG.get(from, at);
    }

    /// Stores the low 8 bits of `value`.
    public static void put8(byte[] to, int at, int value) {
        to[at] = (byte) value;
    }

    /// Stores the low 16 bits of `value`.
    public static void put16(byte[] to, int at, int value) {
        SHORT.set(to, at, (short) value);
    }

    /// Stores 32 bits.
    public static void put32(byte[] to, int at, int value) {
        INT.set(to, at, value);
    }

    /// Stores 64 bits.
    public static void put64(byte[] to, int at, long value) {
        LONG.set(to, at, value);
    }
}
