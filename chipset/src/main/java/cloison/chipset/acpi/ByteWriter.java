package cloison.chipset.acpi;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Bytes in the making, little-endian.
final class ByteWriter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    ByteWriter u8(int value) {
        bytes.write(value);
        return this;
    }

    ByteWriter u16(int value) {
        return u8(value).u8(value >>> 8);
    }

    ByteWriter u32(int value) {
        return u16(value).u16(value >>> 16);
    }

    ByteWriter u64(long value) {
        return u32((int) value).u32((int) (value >>> 32));
    }

    ByteWriter ascii(String text) {
        return raw(text.getBytes(StandardCharsets.US_ASCII));
    }

    ByteWriter raw(byte[] more) {
        bytes.writeBytes(more);
        return this;
    }

    ByteWriter zeros(int count) {
        return raw(new byte[count]);
    }

    int size() {
        return bytes.size();
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
