package cloison.vsp.shutdown.protocol;

import cloison.machine.wire.Wire;
import java.nio.charset.StandardCharsets;

/// The body of a shutdown request. Linux: `struct shutdown_msg_data`; the guest wants its full length.
///
/// ```text
///  0          4          8         12                    2060
///  +----------+----------+---------+---------------------+
///  | reason   | time-out | flags   | text, UTF-16        |
///  +----------+----------+---------+---------------------+
/// ```
public final class ShutdownBody {
    /// Linux: `ICMSGTYPE_SHUTDOWN`.
    public static final int TYPE = 3;
    /// Bytes of the body.
    public static final int SIZE = 2060;

    /// Ends programs that refuse to.
    public static final int FLAG_FORCED = 1;
    /// Restarts instead of powering off.
    public static final int FLAG_RESTART = 2;
    /// Hibernates instead of powering off.
    public static final int FLAG_HIBERNATE = 4;

    /// Windows: `SHTDN_REASON_FLAG_PLANNED`.
    private static final int REASON_PLANNED = 0x8000_0000;

    private static final int TEXT_AT = 12;

    private ShutdownBody() {}

    /// {@return a planned request}
    public static byte[] encode(int timeoutSeconds, int flags, String text) {
        byte[] to = new byte[SIZE];
        Wire.put32(to, 0, REASON_PLANNED);
        Wire.put32(to, 4, timeoutSeconds);
        Wire.put32(to, 8, flags);
        byte[] encoded = text.getBytes(StandardCharsets.UTF_16LE);
        System.arraycopy(encoded, 0, to, TEXT_AT, encoded.length);
        return to;
    }
}
