package cloison.vsp.ic.protocol;

import cloison.machine.wire.Wire;
import java.util.Arrays;
import java.util.List;

/// A message that a guest sends on the channel of an integration service.
///
/// ```text
///  0        4        8       10      12     14      16      18     20       24    25      26    28
///  +--------+--------+-------+-------+------+-------+-------+------+--------+-----+-------+-----+-----
///  | 1      | size   | frame | frame | type | msg   | msg   | size | status | id  | flags | 0   | body
///  |        | (pipe) | major | minor |      | major | minor |      |        |     |       |     |
///  +--------+--------+-------+-------+------+-------+-------+------+--------+-----+-------+-----+-----
/// ```
///
/// The body of a negotiation: the number of framing versions and of message versions (16 bits each), 32 bits zero,
/// and then all these versions.
public sealed interface IcMessage {
    /// Bytes before the body.
    int HEADER_SIZE = 28;

    /// The message type of a negotiation. Linux: `ICMSGTYPE_NEGOTIATE`.
    int NEGOTIATE = 0;

    /// The status of what went well. Linux: `HV_S_OK`.
    int STATUS_OK = 0;
    /// The status of what did not. Linux: `HV_E_FAIL`.
    int STATUS_FAILED = 0x80004005;
    /// The status of an enumeration that has ended. Linux: `HV_S_CONT`.
    int STATUS_NO_MORE_ITEMS = 0x80070103;

    /// Largest message in either direction.
    int LIMIT = 13_312;

    /// The pipe header's type of data.
    int PIPE_DATA = 1;

    /// Asks for an answer. Linux: `ICMSGHDRFLAG_TRANSACTION`.
    int FLAG_TRANSACTION = 1;
    /// Linux: `ICMSGHDRFLAG_REQUEST`.
    int FLAG_REQUEST = 2;
    /// Linux: `ICMSGHDRFLAG_RESPONSE`.
    int FLAG_RESPONSE = 4;

    /// The guest chose among the versions that it was offered.
    ///
    /// @param framing the framing's version
    /// @param version the version of the service's messages
    record Agreed(IcVersion framing, IcVersion version, int transaction) implements IcMessage {}

    /// The guest knows none of the versions that it was offered.
    record Disagreed(int transaction) implements IcMessage {}

    /// The answer to a request.
    ///
    /// @param type the service's message type
    /// @param status [#STATUS_OK] or what went wrong
    /// @param body a copy of what follows the header
    record Answer(int type, int status, int transaction, byte[] body) implements IcMessage {}

    /// Something that is no answer.
    record Unknown(int type, int flags) implements IcMessage {}

    /// Fewer bytes than the header or the negotiation needs.
    record Malformed(int size) implements IcMessage {}

    /// {@return the message in the first `length` bytes of `from`}
    static IcMessage decode(byte[] from, int length) {
        if (length < HEADER_SIZE) {
            return new Malformed(length);
        }
        int type = Wire.u16(from, 12);
        int transaction = Wire.u8(from, 24);
        int flags = Wire.u8(from, 25);
        if ((flags & FLAG_RESPONSE) == 0) {
            return new Unknown(type, flags);
        }
        if (type == NEGOTIATE) {
            return negotiation(from, length, transaction);
        }
        return new Answer(type, Wire.i32(from, 20), transaction, Arrays.copyOfRange(from, HEADER_SIZE, length));
    }

    private static IcMessage negotiation(byte[] from, int length, int transaction) {
        if (length < HEADER_SIZE + 8 + 2 * IcVersion.SIZE) {
            return new Malformed(length);
        }
        if (Wire.u16(from, HEADER_SIZE) != 1 || Wire.u16(from, HEADER_SIZE + 2) != 1) {
            return new Disagreed(transaction);
        }
        return new Agreed(version(from, HEADER_SIZE + 8), version(from, HEADER_SIZE + 12), transaction);
    }

    private static IcVersion version(byte[] from, int at) {
        return new IcVersion(Wire.u16(from, at), Wire.u16(from, at + 2));
    }

    /// {@return a negotiation that offers these versions}
    static byte[] negotiate(List<IcVersion> framings, List<IcVersion> versions, int transaction) {
        int size = 8 + (framings.size() + versions.size()) * IcVersion.SIZE;
        byte[] to = new byte[HEADER_SIZE + size];
        header(to, new IcVersion(1, 0), NEGOTIATE, new IcVersion(1, 0), transaction);
        Wire.put16(to, HEADER_SIZE, framings.size());
        Wire.put16(to, HEADER_SIZE + 2, versions.size());
        int at = HEADER_SIZE + 8;
        for (List<IcVersion> list : List.of(framings, versions)) {
            for (IcVersion version : list) {
                Wire.put16(to, at, version.major());
                Wire.put16(to, at + 2, version.minor());
                at += IcVersion.SIZE;
            }
        }
        return to;
    }

    /// {@return a request of a service}
    static byte[] request(IcVersion framing, int type, IcVersion version, int transaction, byte[] body) {
        byte[] to = new byte[HEADER_SIZE + body.length];
        header(to, framing, type, version, transaction);
        System.arraycopy(body, 0, to, HEADER_SIZE, body.length);
        return to;
    }

    private static void header(byte[] to, IcVersion framing, int type, IcVersion version, int transaction) {
        Wire.put32(to, 0, PIPE_DATA);
        Wire.put32(to, 4, to.length - 8);
        Wire.put16(to, 8, framing.major());
        Wire.put16(to, 10, framing.minor());
        Wire.put16(to, 12, type);
        Wire.put16(to, 14, version.major());
        Wire.put16(to, 16, version.minor());
        Wire.put16(to, 18, to.length - HEADER_SIZE);
        Wire.put32(to, 20, STATUS_OK);
        Wire.put8(to, 24, transaction);
        Wire.put8(to, 25, FLAG_TRANSACTION | FLAG_REQUEST);
    }
}
