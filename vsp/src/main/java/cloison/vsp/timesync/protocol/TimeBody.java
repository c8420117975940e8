package cloison.vsp.timesync.protocol;

import cloison.machine.wire.Wire;

/// The body of a time message. Linux: `struct ictimesync_ref_data`, before version 4.0 `struct ictimesync_data`.
///
/// ```text
///  version 4.0                                        before
///  0           8            16    17   18      24     0           8       16          24    28
///  +-----------+------------+-----+----+-------+      +-----------+-------+-----------+-----+
///  | host time | reference  |flags|leap|stratum|      | host time | 0     | round trip|flags|
///  +-----------+------------+-----+----+-------+      +-----------+-------+-----------+-----+
/// ```
///
/// Times are in units of 100 ns, the host's since 1601.
public final class TimeBody {
    /// Linux: `ICMSGTYPE_TIMESYNC`.
    public static final int TYPE = 4;
    /// Bytes of the body in version 4.0.
    public static final int SIZE = 24;
    /// Bytes of the body before.
    public static final int OLD_SIZE = 28;

    /// The guest must set its clock.
    public static final int FLAG_ORDER = 1;
    /// The guest may use it.
    public static final int FLAG_SAMPLE = 2;

    /// 100 ns between 1601 and 1970. Linux: `WLTIMEDELTA`.
    public static final long EPOCH = 116_444_736_000_000_000L;

    private TimeBody() {}

    /// {@return a body of version 4.0}
    public static byte[] encode(long wallNanos, long partitionNanos, boolean order) {
        byte[] to = new byte[SIZE];
        Wire.put64(to, 0, wallNanos / 100 + EPOCH);
        Wire.put64(to, 8, partitionNanos / 100);
        Wire.put8(to, 16, order ? FLAG_ORDER : FLAG_SAMPLE);
        return to;
    }

    /// {@return a body of an older version}
    public static byte[] encodeOld(long wallNanos, boolean order) {
        byte[] to = new byte[OLD_SIZE];
        Wire.put64(to, 0, wallNanos / 100 + EPOCH);
        Wire.put8(to, 24, order ? FLAG_ORDER : FLAG_SAMPLE);
        return to;
    }
}
