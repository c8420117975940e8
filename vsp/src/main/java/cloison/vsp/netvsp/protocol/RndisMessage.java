package cloison.vsp.netvsp.protocol;

import cloison.machine.wire.Wire;

/// A control message of RNDIS: type and length, then fields of 32 bits. Offsets in it count from byte 8.
///
/// ```text
///  type                      8           12          16             20        24
///    2  initialize           request id  major       minor          max transfer
///    3  halt                 request id
///    4  query, 5 set         request id  OID         info length    offset    0
///    6  reset                0
///    8  keep alive           request id
///    7  indicate status      status      length      offset
///  answers (type | 0x80000000)
///    2  initialize           request id  status      major 1, minor 0, flags 1, medium 0, packets per
///                                                    message, max transfer, alignment factor, 0, 0
///    4  query                request id  status      info length    offset
///    5  set, 8 keep alive    request id  status
///    6  reset                status      addressing reset
/// ```
public sealed interface RndisMessage {
    /// Bytes of type and length.
    int HEADER_SIZE = 8;
    /// The bit that makes an answer's type of a request's.
    int ANSWER = 0x8000_0000;

    /// The type of a message that carries a frame: see [RndisPacket].
    int PACKET = 1;
    int INITIALIZE = 2;
    int HALT = 3;
    int QUERY = 4;
    int SET = 5;
    int RESET = 6;
    int INDICATE = 7;
    int KEEP_ALIVE = 8;

    /// Linux: `RNDIS_MSG_INIT`.
    record Initialize(int request, int major, int minor, long maxTransfer) implements RndisMessage {}

    /// Linux: `RNDIS_MSG_HALT`.
    record Halt(int request) implements RndisMessage {}

    /// Linux: `RNDIS_MSG_QUERY`.
    ///
    /// @param at where in the message the input object is
    /// @param length bytes of the input object
    record Query(int request, int oid, int at, int length) implements RndisMessage {}

    /// Linux: `RNDIS_MSG_SET`.
    ///
    /// @param at where in the message the object is
    /// @param length bytes of the object
    record Set(int request, int oid, int at, int length) implements RndisMessage {}

    /// A query or set whose object is not inside the message.
    record Astray(int type, int request) implements RndisMessage {}

    /// Linux: `RNDIS_MSG_RESET`.
    record Reset() implements RndisMessage {}

    /// Linux: `RNDIS_MSG_KEEPALIVE`.
    record KeepAlive(int request) implements RndisMessage {}

    /// A type that a host does not take.
    record Unknown(int type) implements RndisMessage {}

    /// Fewer bytes than the type needs, or a length that is not true.
    record Malformed(int type, int size) implements RndisMessage {}

    /// {@return the message in the first `size` bytes of `from`}
    static RndisMessage decode(byte[] from, int size) {
        if (size < HEADER_SIZE) {
            return new Malformed(0, size);
        }
        int type = Wire.i32(from, 0);
        long length = Wire.u32(from, 4);
        if (length > size || length < sizeOf(type)) {
            return new Malformed(type, size);
        }
        return switch (type) {
            case INITIALIZE ->
                new Initialize(Wire.i32(from, 8), Wire.i32(from, 12), Wire.i32(from, 16), Wire.u32(from, 20));
            case HALT -> new Halt(Wire.i32(from, 8));
            case QUERY, SET -> object(type, from, (int) length);
            case RESET -> new Reset();
            case KEEP_ALIVE -> new KeepAlive(Wire.i32(from, 8));
            default -> new Unknown(type);
        };
    }

    private static RndisMessage object(int type, byte[] from, int messageLength) {
        int request = Wire.i32(from, 8);
        int oid = Wire.i32(from, 12);
        long length = Wire.u32(from, 16);
        long at = HEADER_SIZE + Wire.u32(from, 20);
        if (length == 0) {
            at = 0;
        } else if (at < HEADER_SIZE + 20 || at + length > messageLength) {
            return new Astray(type, request);
        }
        return type == QUERY
                ? new Query(request, oid, (int) at, (int) length)
                : new Set(request, oid, (int) at, (int) length);
    }

    /// {@return the least length of a message}
    static int sizeOf(int type) {
        return switch (type) {
            case INITIALIZE -> 24;
            case QUERY, SET -> 28;
            case HALT, RESET, KEEP_ALIVE -> 12;
            default -> HEADER_SIZE;
        };
    }

    /// {@return the answer to [Initialize]}
    ///
    /// @param packetsPerMessage how many frames the guest may put into one packet
    /// @param alignment the base-2 logarithm of the alignment of each of them
    static byte[] initialized(int request, int packetsPerMessage, int maxTransfer, int alignment) {
        byte[] to = begin(INITIALIZE | ANSWER, 52);
        Wire.put32(to, 8, request);
        Wire.put32(to, 12, RndisStatus.SUCCESS);
        Wire.put32(to, 16, 1);
        Wire.put32(to, 24, 1);
        Wire.put32(to, 32, packetsPerMessage);
        Wire.put32(to, 36, maxTransfer);
        Wire.put32(to, 40, alignment);
        return to;
    }

    /// {@return the answer to [Query], with `length` bytes of `object`}
    static byte[] queried(int request, int status, byte[] object, int length) {
        byte[] to = begin(QUERY | ANSWER, 24 + length);
        Wire.put32(to, 8, request);
        Wire.put32(to, 12, status);
        Wire.put32(to, 16, length);
        Wire.put32(to, 20, 16);
        System.arraycopy(object, 0, to, 24, length);
        return to;
    }

    /// {@return the answer to [Set] or [KeepAlive]}
    static byte[] answered(int type, int request, int status) {
        byte[] to = begin(type | ANSWER, 16);
        Wire.put32(to, 8, request);
        Wire.put32(to, 12, status);
        return to;
    }

    /// {@return the answer to [Reset]}
    ///
    /// @param addressing whether the guest must set its packet filter again
    static byte[] reset(int status, boolean addressing) {
        byte[] to = begin(RESET | ANSWER, 16);
        Wire.put32(to, 8, status);
        Wire.put32(to, 12, addressing ? 1 : 0);
        return to;
    }

    /// {@return an indication without further data}
    static byte[] indicate(int status) {
        byte[] to = begin(INDICATE, 20);
        Wire.put32(to, 8, status);
        return to;
    }

    private static byte[] begin(int type, int length) {
        byte[] to = new byte[length];
        Wire.put32(to, 0, type);
        Wire.put32(to, 4, length);
        return to;
    }
}
