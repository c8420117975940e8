package cloison.net;

import cloison.net.frame.Frame;
import cloison.net.frame.FramePool;
import cloison.net.frame.MacAddress;
import cloison.net.port.SwitchPort;
import java.util.Arrays;

/// Makes frames for tests.
public final class Frames {
    public static final MacAddress A = MacAddress.parse("00:15:5d:00:00:0a");
    public static final MacAddress B = MacAddress.parse("00:15:5d:00:00:0b");
    public static final MacAddress C = MacAddress.parse("00:15:5d:00:00:0c");
    public static final MacAddress MULTICAST = new MacAddress(0x01005E_000001L);

    private static final int ETHERTYPE_EXPERIMENTAL = 0x88B5;

    private Frames() {}

    /// {@return the bytes of a frame of `length` bytes whose payload is derived from `seed`}
    public static byte[] bytes(MacAddress to, MacAddress from, int length, int seed) {
        byte[] bytes = new byte[length];
        for (int i = 14; i < length; i++) {
            bytes[i] = (byte) (seed * 31 + i);
        }
        to.encode(bytes, 0);
        from.encode(bytes, 6);
        bytes[12] = (byte) (ETHERTYPE_EXPERIMENTAL >>> 8);
        bytes[13] = (byte) ETHERTYPE_EXPERIMENTAL;
        return bytes;
    }

    /// {@return a frame of the pool with these bytes}
    public static Frame frame(FramePool pool, byte[] bytes) {
        Frame frame = pool.take();
        if (frame == null) {
            throw new AssertionError("the pool is empty");
        }
        System.arraycopy(bytes, 0, frame.bytes(), 0, bytes.length);
        frame.length(bytes.length);
        return frame;
    }

    /// Sends a frame of 64 bytes.
    public static void send(FramePool pool, SwitchPort port, MacAddress to, MacAddress from) {
        port.send(frame(pool, bytes(to, from, 64, 0)));
    }

    /// {@return a copy of what the frame holds}
    public static byte[] copy(Frame frame) {
        return Arrays.copyOf(frame.bytes(), frame.length());
    }
}
