package cloison.linux.signal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/// Where in its record a [Guard] notes a fault: what the host's processor and kernel said about it.
///
/// ```text
///  0        8      16      24          32    40       48
///  +--------+------+-------+-----------+-----+--------+------------------+
///  | signal | trap | error | address   | RIP | RFLAGS | CS | GS | FS | SS |
///  +--------+------+-------+-----------+-----+--------+------------------+
/// ```
///
/// `trap` is the exception's vector, `error` its error code, `address` CR2 (of the last page fault). Only what a signal
/// wrote is there: clear [#SIGNAL] before and look whether it is still 0.
public final class Fault {
    /// Number of the signal; never 0 after a fault.
    public static final int SIGNAL = 0;

    public static final int TRAP = 8;
    public static final int ERROR = 16;
    public static final int ADDRESS = 24;
    public static final int RIP = 32;
    public static final int FLAGS = 40;
    public static final int SELECTORS = 48;
    /// Bytes of a record.
    public static final int SIZE = 56;

    private Fault() {}

    /// {@return a field of the record at the start of `record`}
    public static long of(MemorySegment record, int field) {
        return record.get(JAVA_LONG, field);
    }
}
