package cloison.hyperv.protocol;

/// The input value of a hypercall, taken apart without an object.
///
/// ```text
///  63   60 59       48 47   44 43       32 31     30   27 26       17 16    15      0
///  +------+-----------+-------+-----------+------+-------+-----------+------+--------+
///  | zero | rep start | zero  | rep count |nested| zero  | variable  | fast | call   |
///  |      |           |       |           |      |       | header    |      | code   |
///  +------+-----------+-------+-----------+------+-------+-----------+------+--------+
/// ```
public final class HypercallControl {
    private static final long RESERVED = 0xF000_F000_7800_0000L;
    private static final long NESTED = 1L << 31;
    private static final long FAST = 1L << 16;

    private HypercallControl() {}

    /// {@return the call code}
    public static int code(long control) {
        return (int) control & 0xFFFF;
    }

    /// {@return whether the parameters are in registers}
    public static boolean fast(long control) {
        return (control & FAST) != 0;
    }

    /// {@return 8-byte units of variable header}
    public static int variableHeader(long control) {
        return (int) (control >>> 17) & 0x3FF;
    }

    /// {@return how many repetitions there are}
    public static int repCount(long control) {
        return (int) (control >>> 32) & 0xFFF;
    }

    /// {@return the first repetition to do}
    public static int repStart(long control) {
        return (int) (control >>> 48) & 0xFFF;
    }

    /// {@return the result value of a call whose first `count` repetitions are done}
    public static long completed(int count) {
        return (long) count << 32;
    }

    /// {@return whether a bit is set that must not be, or the call is meant for a hypervisor below this one}
    public static boolean malformed(long control) {
        return (control & (RESERVED | NESTED)) != 0;
    }
}
