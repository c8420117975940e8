package cloison.net.capture;

import cloison.machine.wire.Wire;
import cloison.net.frame.Frame;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Writes blocks of a pcapng file into a buffer, little-endian.
///
/// ```text
///  0        4        8                     n-4      n
///  +--------+--------+---------------------+--------+
///  | type   | length | body, options       | length |
///  +--------+--------+---------------------+--------+
/// ```
///
/// **Owner:** the thread of its capture.
final class PcapngBlocks {
    private static final int SECTION = 0x0A0D0D0A;
    private static final int INTERFACE = 1;
    private static final int STATISTICS = 5;
    private static final int PACKET = 6;
    private static final int BYTE_ORDER_MAGIC = 0x1A2B3C4D;
    private static final int LINK_ETHERNET = 1;

    private static final int OPTION_END = 0;
    private static final int SECTION_APPLICATION = 4;
    private static final int INTERFACE_NAME = 2;
    private static final int INTERFACE_RESOLUTION = 9;
    private static final int PACKET_FLAGS = 2;
    private static final int STATISTICS_RECEIVED = 4;
    private static final int STATISTICS_DROPPED = 5;

    private static final int INBOUND = 1;
    private static final int OUTBOUND = 2;

    private byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;

    byte[] buffer() {
        return buffer;
    }

    int length() {
        return end;
    }

    void clear() {
        end = 0;
    }

    void section() {
        begin(SECTION, 128);
        put32(BYTE_ORDER_MAGIC);
        put16(1);
        put16(0);
        put64(-1);
        option(SECTION_APPLICATION, "Cloison".getBytes(StandardCharsets.UTF_8));
        finish();
    }

    void describe(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        begin(INTERFACE, 64 + bytes.length);
        put16(LINK_ETHERNET);
        put16(0);
        put32(0);
        option(INTERFACE_NAME, bytes);
        option(INTERFACE_RESOLUTION, new byte[] {9});
        finish();
    }

    /// A packet; the VLAN tag with which it passed is put where it would be on a wire.
    void packet(int point, long wallNanos, boolean sent, Frame frame, int tag) {
        int inserted = tag == Frame.UNTAGGED || frame.length() < Frame.HEADER_SIZE ? 0 : Frame.TAG_SIZE;
        int length = frame.length() + inserted;
        begin(PACKET, 64 + length);
        put32(point);
        put32((int) (wallNanos >>> 32));
        put32((int) wallNanos);
        put32(length);
        put32(length);
        int addresses = inserted == 0 ? 0 : 12;
        System.arraycopy(frame.bytes(), 0, buffer, end, addresses);
        end += addresses;
        if (inserted != 0) {
            buffer[end++] = (byte) (Frame.TAG_PROTOCOL >>> 8);
            buffer[end++] = (byte) Frame.TAG_PROTOCOL;
            buffer[end++] = (byte) (tag >>> 8);
            buffer[end++] = (byte) tag;
        }
        System.arraycopy(frame.bytes(), addresses, buffer, end, frame.length() - addresses);
        end += frame.length() - addresses;
        pad();
        // Seen from the adapter: what it sends leaves the machine.
        put16(PACKET_FLAGS);
        put16(4);
        put32(sent ? OUTBOUND : INBOUND);
        finish();
    }

    void statistics(int point, long wallNanos, long seen, long dropped) {
        begin(STATISTICS, 96);
        put32(point);
        put32((int) (wallNanos >>> 32));
        put32((int) wallNanos);
        put16(STATISTICS_RECEIVED);
        put16(8);
        put64(seen);
        put16(STATISTICS_DROPPED);
        put16(8);
        put64(dropped);
        finish();
    }

    private void begin(int type, int room) {
        if (end + room > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, end + room));
        }
        start = end;
        put32(type);
        put32(0);
    }

    private void option(int code, byte[] value) {
        put16(code);
        put16(value.length);
        System.arraycopy(value, 0, buffer, end, value.length);
        end += value.length;
        pad();
    }

    /// Ends the options and the block.
    private void finish() {
        put16(OPTION_END);
        put16(0);
        int length = end + 4 - start;
        put32(length);
        Wire.put32(buffer, start + 4, length);
    }

    private void pad() {
        while ((end - start & 3) != 0) {
            buffer[end++] = 0;
        }
    }

    private void put16(int value) {
        Wire.put16(buffer, end, value);
        end += 2;
    }

    private void put32(int value) {
        Wire.put32(buffer, end, value);
        end += 4;
    }

    private void put64(long value) {
        Wire.put64(buffer, end, value);
        end += 8;
    }
}
