package cloison.chipset.acpi;

import java.nio.charset.StandardCharsets;

/// Writes the ACPI machine language: each method returns the encoding of one object or of several in a row.
///
/// Only what the DSDT needs: scopes, devices, names, packages, and data.
final class Aml {
    private static final int ZERO = 0x00;
    private static final int ONE = 0x01;
    private static final int NAME = 0x08;
    private static final int BYTE = 0x0A;
    private static final int WORD = 0x0B;
    private static final int DOUBLE_WORD = 0x0C;
    private static final int STRING = 0x0D;
    private static final int QUAD_WORD = 0x0E;
    private static final int SCOPE = 0x10;
    private static final int BUFFER = 0x11;
    private static final int PACKAGE = 0x12;
    private static final int EXTENDED = 0x5B;
    private static final int DEVICE = 0x82;

    private Aml() {}

    /// {@return the body of a scope, named from the root}
    static byte[] scope(String path, byte[]... objects) {
        return sized(new ByteWriter().u8(SCOPE), join(name(path), objects));
    }

    static byte[] device(String segment, byte[]... objects) {
        return sized(new ByteWriter().u8(EXTENDED).u8(DEVICE), join(name(segment), objects));
    }

    /// {@return `Name (segment, value)`}
    static byte[] named(String segment, byte[] value) {
        return new ByteWriter().u8(NAME).raw(name(segment)).raw(value).bytes();
    }

    static byte[] packageOf(byte[]... elements) {
        return sized(new ByteWriter().u8(PACKAGE), join(new byte[] {(byte) elements.length}, elements));
    }

    static byte[] buffer(byte[] content) {
        return sized(new ByteWriter().u8(BUFFER), join(integer(content.length), content));
    }

    static byte[] string(String text) {
        return new ByteWriter().u8(STRING).ascii(text).u8(0).bytes();
    }

    static byte[] integer(long value) {
        ByteWriter to = new ByteWriter();
        if (value == 0) {
            to.u8(ZERO);
        } else if (value == 1) {
            to.u8(ONE);
        } else if (value >>> 8 == 0) {
            to.u8(BYTE).u8((int) value);
        } else if (value >>> 16 == 0) {
            to.u8(WORD).u16((int) value);
        } else if (value >>> 32 == 0) {
            to.u8(DOUBLE_WORD).u32((int) value);
        } else {
            to.u8(QUAD_WORD).u64(value);
        }
        return to.bytes();
    }

    /// {@return the integer that stands for a plug-and-play id such as `PNP0501`: three letters in five bits each, then
    ///     four hexadecimal digits, in the byte order of EISA}
    static byte[] eisaId(String id) {
        int letters = 0;
        for (int i = 0; i < 3; i++) {
            letters = letters << 5 | (id.charAt(i) - '@');
        }
        int swapped = Integer.reverseBytes(letters << 16 | Integer.parseInt(id.substring(3), 16));
        return integer(swapped & 0xFFFF_FFFFL);
    }

    /// {@return a name string: an optional root sign and one segment of four letters, padded with `_`}
    private static byte[] name(String name) {
        boolean fromRoot = name.startsWith("\\");
        String segment = fromRoot ? name.substring(1) : name;
        String padded = segment + "_".repeat(4 - segment.length());
        return ((fromRoot ? "\\" : "") + padded).getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] join(byte[] first, byte[]... more) {
        ByteWriter to = new ByteWriter().raw(first);
        for (byte[] part : more) {
            to.raw(part);
        }
        return to.bytes();
    }

    /// Puts the length of a package between an operator and what it holds. The length counts its own bytes.
    private static byte[] sized(ByteWriter operator, byte[] content) {
        return operator.raw(packageLength(content.length)).raw(content).bytes();
    }

    private static byte[] packageLength(int content) {
        if (content + 1 < 1 << 6) {
            return new byte[] {(byte) (content + 1)};
        }
        int following = content + 2 < 1 << 12 ? 1 : content + 3 < 1 << 20 ? 2 : 3;
        int length = content + 1 + following;
        ByteWriter to = new ByteWriter().u8(following << 6 | length & 15);
        for (int i = 0; i < following; i++) {
            to.u8(length >>> 4 + 8 * i);
        }
        return to.bytes();
    }
}
