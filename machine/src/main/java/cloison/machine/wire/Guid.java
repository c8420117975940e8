package cloison.machine.wire;

import java.util.UUID;

/// A GUID as Microsoft's protocols write it: the first three fields little-endian, the last eight bytes in order.
///
/// @param uuid the same identifier in the order in which it is printed
public record Guid(UUID uuid) {
    /// Bytes on the wire.
    public static final int SIZE = 16;

    /// {@return the GUID printed as `text`, for example `f8615163-df3e-46c5-913f-f2d2f965ed0e`}
    public static Guid of(String text) {
        return new Guid(UUID.fromString(text));
    }

    /// {@return the GUID at `at`}
    public static Guid decode(byte[] from, int at) {
        long high = (Wire.u32(from, at) << 32) | ((long) Wire.u16(from, at + 4) << 16) | Wire.u16(from, at + 6);
        return new Guid(new UUID(high, Long.reverseBytes(Wire.u64(from, at + 8))));
    }

    /// Writes the sixteen bytes at `at`.
    public void encode(byte[] to, int at) {
        long high = uuid.getMostSignificantBits();
        Wire.put32(to, at, (int) (high >>> 32));
        Wire.put16(to, at + 4, (int) (high >>> 16));
        Wire.put16(to, at + 6, (int) high);
        Wire.put64(to, at + 8, Long.reverseBytes(uuid.getLeastSignificantBits()));
    }

    @Override
    public String toString() {
        return uuid.toString();
    }
}
