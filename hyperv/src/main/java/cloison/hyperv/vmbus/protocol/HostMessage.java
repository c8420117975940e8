package cloison.hyperv.vmbus.protocol;

import cloison.machine.wire.Guid;
import cloison.machine.wire.Wire;

/// A control message from host to guest.
///
/// Each message names its fields in the order of the wire; they are 32 bits wide if nothing else is said. The
/// guest drops a message that says less than its full size.
public sealed interface HostMessage extends VmbusMessage {
    /// {@return the type on the wire}
    int type();

    /// {@return bytes on the wire}
    int size();

    /// Writes the fields after the header.
    void encodeBody(byte[] to);

    /// {@return the message on the wire}
    default byte[] encode() {
        byte[] bytes = new byte[size()];
        Wire.put32(bytes, 0, type());
        encodeBody(bytes);
        return bytes;
    }

    /// The host offers a channel.
    ///
    /// ```text
    ///  8         24       40       56    58    60        180   182   184   188     189      190    192    196
    ///  +---------+--------+--------+-----+-----+---------+-----+-----+-----+-------+--------+------+------+
    ///  | class   | inst.  | zero   |flags| MiB | user    | sub | zero|relid|monitor|monitor |dedic.|conn. |
    ///  | GUID    | GUID   |        | u16 | u16 | defined | u16 |     |     |id u8  |used u8 |u16   |id    |
    ///  +---------+--------+--------+-----+-----+---------+-----+-----+-----+-------+--------+------+------+
    /// ```
    ///
    /// No monitor is ever allocated and every channel has its own interrupt, so that the guest signals by
    /// hypercall.
    ///
    /// @param userDefined 120 bytes for the class's driver
    /// @param subchannel 0 for the primary channel
    /// @param connection what the guest signals
    record OfferChannel(
            Guid interfaceType,
            Guid instance,
            int flags,
            int mmioMegabytes,
            byte[] userDefined,
            int subchannel,
            int relid,
            int connection)
            implements HostMessage {
        public static final int TYPE = 1;
        public static final int SIZE = 196;

        private static final int USER_DEFINED_SIZE = 120;
        private static final int NO_MONITOR = 0xFF;
        private static final int DEDICATED_INTERRUPT = 1;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int size() {
            return SIZE;
        }

        @Override
        public void encodeBody(byte[] to) {
            interfaceType.encode(to, 8);
            instance.encode(to, 24);
            Wire.put16(to, 56, flags);
            Wire.put16(to, 58, mmioMegabytes);
            System.arraycopy(userDefined, 0, to, 60, Math.min(userDefined.length, USER_DEFINED_SIZE));
            Wire.put16(to, 180, subchannel);
            Wire.put32(to, 184, relid);
            Wire.put8(to, 188, NO_MONITOR);
            Wire.put16(to, 190, DEDICATED_INTERRUPT);
            Wire.put32(to, 192, connection);
        }

        @Override
        public String toString() {
            return "OfferChannel[relid=%d, class=%s, instance=%s, subchannel=%d, connection=0x%x]"
                    .formatted(relid, interfaceType, instance, subchannel, connection);
        }
    }

    /// The host withdraws an offer.
    record RescindChannelOffer(int relid) implements HostMessage {
        public static final int TYPE = 2;
        public static final int SIZE = 12;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int size() {
            return SIZE;
        }

        @Override
        public void encodeBody(byte[] to) {
            Wire.put32(to, 8, relid);
        }
    }

    /// The host has made all offers that there are at the moment.
    record AllOffersDelivered() implements HostMessage {
        public static final int TYPE = 4;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int size() {
            return HEADER_SIZE;
        }

        @Override
        public void encodeBody(byte[] to) {}
    }

    /// The host has opened a channel, or not.
    record OpenChannelResult(int relid, int openId, int status) implements HostMessage {
        public static final int TYPE = 6;
        public static final int SIZE = 20;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int size() {
            return SIZE;
        }

        @Override
        public void encodeBody(byte[] to) {
            Wire.put32(to, 8, relid);
            Wire.put32(to, 12, openId);
            Wire.put32(to, 16, status);
        }
    }

    /// The host has all pages of a GPADL, or refuses it.
    record GpadlCreated(int relid, int gpadl, int status) implements HostMessage {
        public static final int TYPE = 10;
        public static final int SIZE = 20;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int size() {
            return SIZE;
        }

        @Override
        public void encodeBody(byte[] to) {
            Wire.put32(to, 8, relid);
            Wire.put32(to, 12, gpadl);
            Wire.put32(to, 16, status);
        }
    }

    /// The host does not touch the pages any more.
    record GpadlTorndown(int gpadl) implements HostMessage {
        public static final int TYPE = 12;
        public static final int SIZE = 12;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int size() {
            return SIZE;
        }

        @Override
        public void encodeBody(byte[] to) {
            Wire.put32(to, 8, gpadl);
        }
    }

    /// The host speaks the version, or does not.
    ///
    /// ```text
    ///  8           9       10     12                 16
    ///  +-----------+-------+------+------------------+
    ///  | supported | state | zero | connection id or |
    ///  | u8        | u8    | u16  | version          |
    ///  +-----------+-------+------+------------------+
    /// ```
    ///
    /// @param connection from version 5.0 on, the connection for all further messages; below, the version
    record VersionResponse(boolean supported, int connection) implements HostMessage {
        public static final int TYPE = 15;
        public static final int SIZE = 16;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int size() {
            return SIZE;
        }

        @Override
        public void encodeBody(byte[] to) {
            Wire.put8(to, 8, supported ? 1 : 0);
            Wire.put32(to, 12, connection);
        }
    }

    /// The connection has ended.
    record UnloadResponse() implements HostMessage {
        public static final int TYPE = 17;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int size() {
            return HEADER_SIZE;
        }

        @Override
        public void encodeBody(byte[] to) {}
    }

    /// What became of a socket.
    record TlConnectResult(Guid endpoint, Guid service, int status) implements HostMessage {
        public static final int TYPE = 23;
        public static final int SIZE = 44;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int size() {
            return SIZE;
        }

        @Override
        public void encodeBody(byte[] to) {
            endpoint.encode(to, 8);
            service.encode(to, 24);
            Wire.put32(to, 40, status);
        }
    }

    /// The host has moved a channel's interrupt, or not.
    record ModifyChannelResponse(int relid, int status) implements HostMessage {
        public static final int TYPE = 24;
        public static final int SIZE = 16;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public int size() {
            return SIZE;
        }

        @Override
        public void encodeBody(byte[] to) {
            Wire.put32(to, 8, relid);
            Wire.put32(to, 12, status);
        }
    }
}
