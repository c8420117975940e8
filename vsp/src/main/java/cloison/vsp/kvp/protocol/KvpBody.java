package cloison.vsp.kvp.protocol;

import cloison.machine.wire.Wire;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The body of an exchange, the same size for each operation. Linux: `struct hv_kvp_msg`.
///
/// ```text
///  0    1    2    4
///  +----+----+----+------ operation ------------------------------------------------------
///  | op |pool| 0  | set:        type, key size, value size, key (512), value (2048)
///  |    |    |    | delete:     key size, key (512)
///  |    |    |    | enumerate:  index, type, key size, value size, key (512), value (2048)
///  +----+----+----+-----------------------------------------------------------------------
/// ```
///
/// Texts are UTF-16 with a final NUL, which is part of the sizes.
public sealed interface KvpBody {
    /// Linux: `ICMSGTYPE_KVPEXCHANGE`.
    int TYPE = 2;
    /// Bytes of the body.
    int SIZE = 2580;

    /// Linux: `KVP_OP_SET`.
    int SET = 1;
    /// Linux: `KVP_OP_DELETE`.
    int DELETE = 2;
    /// Linux: `KVP_OP_ENUMERATE`.
    int ENUMERATE = 3;

    /// Bytes of a key, and of a value, with the final NUL.
    int KEY_LIMIT = 512;
    /// Bytes of a value with the final NUL.
    int VALUE_LIMIT = 2048;

    /// Where type, sizes and texts start in a set.
    int VALUE_AT_SET = 4;
    /// Where type, sizes and texts start in an enumeration.
    int VALUE_AT_ENUMERATE = 8;
    /// From there to the key; the value follows the key's room.
    int KEY_OFFSET = 12;
    /// The value is a text. Linux: `REG_SZ`.
    int TEXT = 1;
    /// The value is a number of 32 bits. Linux: `REG_U32`.
    int UNSIGNED32 = 4;
    /// The value is a number of 64 bits. Linux: `REG_U64`.
    int UNSIGNED64 = 8;
    /// The same for Windows: `REG_QWORD`.
    int UNSIGNED64_WINDOWS = 11;

    /// A pair.
    record Pair(String key, String value) implements KvpBody {}

    /// Fewer bytes than a body has, or sizes that do not fit.
    record Malformed(int size) implements KvpBody {}

    /// {@return the pair in the answer to a request with operation [#ENUMERATE]}
    static KvpBody decode(byte[] body) {
        if (body.length < SIZE) {
            return new Malformed(body.length);
        }
        int at = VALUE_AT_ENUMERATE;
        int type = Wire.i32(body, at);
        long keySize = Wire.u32(body, at + 4);
        long valueSize = Wire.u32(body, at + 8);
        if (keySize > KEY_LIMIT || valueSize > VALUE_LIMIT) {
            return new Malformed(body.length);
        }
        int keyAt = at + KEY_OFFSET;
        int valueAt = keyAt + KEY_LIMIT;
        String value = switch (type) {
            case UNSIGNED32 -> Long.toString(Wire.u32(body, valueAt));
            case UNSIGNED64, UNSIGNED64_WINDOWS -> Long.toUnsignedString(Wire.u64(body, valueAt));
            default -> text(body, valueAt, (int) valueSize);
        };
        return new Pair(text(body, keyAt, (int) keySize), value);
    }

    private static String text(byte[] from, int at, int size) {
        int end = at;
        while (end + 2 <= at + size && Wire.u16(from, end) != 0) {
            end += 2;
        }
        return new String(from, at, end - at, StandardCharsets.UTF_16LE);
    }

    /// {@return whether a text fits `limit` bytes}
    static boolean fits(String text, int limit) {
        return text.length() * 2 + 2 <= limit;
    }

    private static byte[] begin(int operation, int pool) {
        byte[] to = new byte[SIZE];
        Wire.put8(to, 0, operation);
        Wire.put8(to, 1, pool);
        return to;
    }

    private static int put(byte[] to, int at, String text) {
        byte[] encoded = Arrays.copyOf(text.getBytes(StandardCharsets.UTF_16LE), text.length() * 2 + 2);
        System.arraycopy(encoded, 0, to, at, encoded.length);
        return encoded.length;
    }

    /// {@return a request to write a pair}
    static byte[] set(int pool, String key, String value) {
        byte[] to = begin(SET, pool);
        Wire.put32(to, VALUE_AT_SET, TEXT);
        Wire.put32(to, VALUE_AT_SET + 4, put(to, VALUE_AT_SET + KEY_OFFSET, key));
        Wire.put32(to, VALUE_AT_SET + 8, put(to, VALUE_AT_SET + KEY_OFFSET + KEY_LIMIT, value));
        return to;
    }

    /// {@return a request to delete a pair}
    static byte[] delete(int pool, String key) {
        byte[] to = begin(DELETE, pool);
        Wire.put32(to, 4, put(to, 8, key));
        return to;
    }

    /// {@return a request for the pair at an index}
    static byte[] enumerate(int pool, int index) {
        byte[] to = begin(ENUMERATE, pool);
        Wire.put32(to, 4, index);
        return to;
    }
}
