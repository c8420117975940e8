package cloison.hyperv.vmbus.protocol;

import cloison.machine.wire.Guid;
import cloison.machine.wire.Wire;
import java.util.Arrays;

/// A control message from guest to host.
///
/// Each message names its fields in the order of the wire; they are 32 bits wide if nothing else is said.
public sealed interface GuestMessage extends VmbusMessage {
    /// The guest asks for all offers.
    record RequestOffers() implements GuestMessage {
        public static final int TYPE = 3;
    }

    /// The guest opens a channel.
    ///
    /// @param openId returned with the answer
    /// @param ringGpadl the pages of both rings
    /// @param targetProcessor the virtual processor to interrupt
    /// @param downstreamPage first page of the ring from host to guest
    /// @param userData 120 bytes for the device
    record OpenChannel(int relid, int openId, int ringGpadl, int targetProcessor, int downstreamPage, byte[] userData)
            implements GuestMessage {
        public static final int TYPE = 5;
        public static final int SIZE = 148;

        private static final int USER_DATA_SIZE = 120;

        static OpenChannel decode(byte[] from) {
            return new OpenChannel(
                    Wire.i32(from, 8),
                    Wire.i32(from, 12),
                    Wire.i32(from, 16),
                    Wire.i32(from, 20),
                    Wire.i32(from, 24),
                    Arrays.copyOfRange(from, 28, 28 + USER_DATA_SIZE));
        }

        @Override
        public String toString() {
            return "OpenChannel[relid=%d, openId=%d, ringGpadl=0x%x, targetProcessor=%d, downstreamPage=%d]"
                    .formatted(relid, openId, ringGpadl, targetProcessor, downstreamPage);
        }
    }

    /// The guest closes a channel.
    record CloseChannel(int relid) implements GuestMessage {
        public static final int TYPE = 7;
        public static final int SIZE = 12;
    }

    /// The guest shares pages, and names the first of them.
    ///
    /// ```text
    ///  8       12      16          18      20           24            28
    ///  +-------+-------+-----------+-------+------------+-------------+--------+
    ///  | relid | gpadl | bytes of  | ranges| byte count | byte offset | pfns … |
    ///  |       |       | ranges u16| u16   |            |             | u64    |
    ///  +-------+-------+-----------+-------+------------+-------------+--------+
    /// ```
    ///
    /// @param rangeBytes bytes of all ranges, modulo 65536: not to be relied on
    /// @param ranges how many ranges there are; byte count and offset are those of the first
    /// @param pfns the pages named in this message
    record GpadlHeader(int relid, int gpadl, int rangeBytes, int ranges, long byteCount, long byteOffset, long[] pfns)
            implements GuestMessage {
        public static final int TYPE = 8;
        /// Bytes before the pages.
        public static final int SIZE = 28;
        /// Pages that fit into one message.
        public static final int LARGEST_PFNS = (LARGEST - SIZE) / 8;

        static GpadlHeader decode(byte[] from, int length) {
            return new GpadlHeader(
                    Wire.i32(from, 8),
                    Wire.i32(from, 12),
                    Wire.u16(from, 16),
                    Wire.u16(from, 18),
                    Wire.u32(from, 20),
                    Wire.u32(from, 24),
                    pagesFrom(from, SIZE, length));
        }

        @Override
        public String toString() {
            return "GpadlHeader[relid=%d, gpadl=0x%x, ranges=%d, byteCount=%d, byteOffset=%d, pfns=%d]"
                    .formatted(relid, gpadl, ranges, byteCount, byteOffset, pfns.length);
        }
    }

    /// The guest names more of the pages it shares.
    ///
    /// @param number the message's number; Linux always says 0
    record GpadlBody(int number, int gpadl, long[] pfns) implements GuestMessage {
        public static final int TYPE = 9;
        /// Bytes before the pages.
        public static final int SIZE = 16;
        /// Pages that fit into one message.
        public static final int LARGEST_PFNS = (LARGEST - SIZE) / 8;

        static GpadlBody decode(byte[] from, int length) {
            return new GpadlBody(Wire.i32(from, 8), Wire.i32(from, 12), pagesFrom(from, SIZE, length));
        }

        @Override
        public String toString() {
            return "GpadlBody[gpadl=0x%x, pfns=%d]".formatted(gpadl, pfns.length);
        }
    }

    /// The guest takes its pages back.
    record GpadlTeardown(int relid, int gpadl) implements GuestMessage {
        public static final int TYPE = 11;
        public static final int SIZE = 16;
    }

    /// The guest has forgotten a channel whose offer was withdrawn.
    record RelidReleased(int relid) implements GuestMessage {
        public static final int TYPE = 13;
        public static final int SIZE = 12;
    }

    /// The guest asks for a version.
    ///
    /// ```text
    ///  8         12          16                    24                    32                    40
    ///  +---------+-----------+---------------------+---------------------+---------------------+
    ///  | version | processor | interrupt page, or  | monitor page,       | monitor page,       |
    ///  |         |           | SINT u8, VTL u8     | parent to child     | child to parent     |
    ///  +---------+-----------+---------------------+---------------------+---------------------+
    /// ```
    ///
    /// @param targetProcessor the virtual processor that takes all control messages
    /// @param target a page's address below version 5.0; from there on, the interrupt source and trust level
    record InitiateContact(
            int version, int targetProcessor, long target, long parentToChildMonitor, long childToParentMonitor)
            implements GuestMessage {
        public static final int TYPE = 14;
        public static final int SIZE = 40;

        static InitiateContact decode(byte[] from) {
            return new InitiateContact(
                    Wire.i32(from, 8), Wire.i32(from, 12), Wire.u64(from, 16), Wire.u64(from, 24), Wire.u64(from, 32));
        }

        /// {@return the interrupt source that takes control messages, in versions that say it}
        public int sint() {
            return (int) target & 0xFF;
        }

        /// {@return the virtual trust level that takes control messages, in versions that say it}
        public int trustLevel() {
            return (int) (target >>> 8) & 0xFF;
        }

        @Override
        public String toString() {
            return "InitiateContact[version=%s, targetProcessor=%d, target=0x%x]"
                    .formatted(VmbusVersion.text(version), targetProcessor, target);
        }
    }

    /// The guest ends the connection.
    record Unload() implements GuestMessage {
        public static final int TYPE = 16;
    }

    /// The guest wants a socket to a service of the host.
    record TlConnectRequest(Guid endpoint, Guid service) implements GuestMessage {
        public static final int TYPE = 21;
        public static final int SIZE = 40;

        static TlConnectRequest decode(byte[] from) {
            return new TlConnectRequest(Guid.decode(from, 8), Guid.decode(from, 24));
        }
    }

    /// The guest moves a channel's interrupt to another processor.
    record ModifyChannel(int relid, int targetProcessor) implements GuestMessage {
        public static final int TYPE = 22;
        public static final int SIZE = 16;
    }

    /// A type that this host does not speak.
    record Unknown(int type, int size) implements GuestMessage {}

    /// Fewer bytes than the type needs.
    record Malformed(int type, int size) implements GuestMessage {}

    /// {@return the message in the first `length` of `from`; it keeps no reference to `from`}
    static GuestMessage decode(byte[] from, int length) {
        if (length < HEADER_SIZE) {
            return new Malformed(0, length);
        }
        int type = Wire.i32(from, 0);
        int needed = sizeOf(type);
        if (needed == 0) {
            return new Unknown(type, length);
        }
        return length < needed ? new Malformed(type, length) : decode(type, from, length);
    }

    private static GuestMessage decode(int type, byte[] from, int length) {
        return switch (type) {
            case RequestOffers.TYPE -> new RequestOffers();
            case OpenChannel.TYPE -> OpenChannel.decode(from);
            case CloseChannel.TYPE -> new CloseChannel(Wire.i32(from, 8));
            case GpadlHeader.TYPE -> GpadlHeader.decode(from, length);
            case GpadlBody.TYPE -> GpadlBody.decode(from, length);
            case GpadlTeardown.TYPE -> new GpadlTeardown(Wire.i32(from, 8), Wire.i32(from, 12));
            case RelidReleased.TYPE -> new RelidReleased(Wire.i32(from, 8));
            case InitiateContact.TYPE -> InitiateContact.decode(from);
            case Unload.TYPE -> new Unload();
            case TlConnectRequest.TYPE -> TlConnectRequest.decode(from);
            case ModifyChannel.TYPE -> new ModifyChannel(Wire.i32(from, 8), Wire.i32(from, 12));
            default -> new Unknown(type, length);
        };
    }

    /// {@return the least bytes that a message of this type has, or 0 for a type that this host does not speak}
    private static int sizeOf(int type) {
        return switch (type) {
            case RequestOffers.TYPE, Unload.TYPE -> HEADER_SIZE;
            case OpenChannel.TYPE -> OpenChannel.SIZE;
            case CloseChannel.TYPE -> CloseChannel.SIZE;
            case GpadlHeader.TYPE -> GpadlHeader.SIZE;
            case GpadlBody.TYPE -> GpadlBody.SIZE;
            case GpadlTeardown.TYPE -> GpadlTeardown.SIZE;
            case RelidReleased.TYPE -> RelidReleased.SIZE;
            case InitiateContact.TYPE -> InitiateContact.SIZE;
            case TlConnectRequest.TYPE -> TlConnectRequest.SIZE;
            case ModifyChannel.TYPE -> ModifyChannel.SIZE;
            default -> 0;
        };
    }

    private static long[] pagesFrom(byte[] from, int at, int length) {
        long[] pfns = new long[(length - at) / 8];
        for (int i = 0; i < pfns.length; i++) {
            pfns[i] = Wire.u64(from, at + 8 * i);
        }
        return pfns;
    }
}
