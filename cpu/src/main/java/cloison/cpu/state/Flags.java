package cloison.cpu.state;

/// Bits of RFLAGS, and the arithmetic of the six status flags kept lazily in [CpuState].
///
/// The status flags live in two longs that every flag-setting operation stores and no condition needs a switch to read:
///
/// ```text
///  result   the operation's result, sign-extended from its operand size to 64 bits
///  aux      63 CF | 62 carry into the most significant bit | 15..8 PF correction | 3 AF | 0 SF correction
///
///  ZF = result == 0        SF = result<63> ^ aux<0>      CF = aux<63>      OF = aux<63> ^ aux<62>
///  AF = aux<3>             PF = even parity of (result ^ aux >> 8) & 0xFF
/// ```
///
/// The corrections are zero after arithmetic; they let any combination be loaded ([CpuState#statusFlags(int)]), such as
/// ZF together with SF. `shift` is 64 minus the operand size in bits: 0, 32, 48 or 56.
public final class Flags {
    public static final int CF = 1;
    public static final int PF = 1 << 2;
    public static final int AF = 1 << 4;
    public static final int ZF = 1 << 6;
    public static final int SF = 1 << 7;
    public static final int TF = 1 << 8;
    public static final int IF = 1 << 9;
    public static final int DF = 1 << 10;
    public static final int OF = 1 << 11;
    public static final int IOPL = 3 << 12;
    public static final int NT = 1 << 14;
    public static final int RF = 1 << 16;
    public static final int VM = 1 << 17;
    public static final int AC = 1 << 18;
    public static final int VIF = 1 << 19;
    public static final int VIP = 1 << 20;
    public static final int ID = 1 << 21;

    /// The six status flags.
    public static final int STATUS = CF | PF | AF | ZF | SF | OF;

    static final long CARRY = 1L << 63;
    static final long CARRY_IN = 1L << 62;
    static final long ADJUST = 1L << 3;
    static final long SIGN_CORRECTION = 1;

    private Flags() {}

    /// {@return `aux` from a vector whose bit n is the carry (or borrow) out of bit n}
    public static long aux(long carries, int shift) {
        return (carries << shift) & (CARRY | CARRY_IN) | carries & ADJUST;
    }

    /// {@return the carry vector of `a + b (+ carry) = sum`}
    public static long addCarries(long a, long b, long sum) {
        return a & b | (a | b) & ~sum;
    }

    /// {@return the borrow vector of `a - b (- borrow) = difference`}
    public static long subBorrows(long a, long b, long difference) {
        return ~a & b | (~a | b) & difference;
    }

    /// {@return `value` sign-extended from 64 - `shift` bits}
    public static long extend(long value, int shift) {
        return value << shift >> shift;
    }
}
