package cloison.cpu.state;

/// The architectural registers of one virtual processor, in the form in which the engines use them.
///
/// Public fields on purpose: every operation of the interpreter touches them, and nothing outside `cloison.cpu` can see
/// this type.
///
/// **Owner:** the thread that runs the processor.
public class CpuState {
    /// Entry of [#gpr] that always reads 0: the base or index of an address that has none.
    public static final int ZERO = 16;
    /// Entry of [#segmentBase] that always reads 0: a segment whose base does not count.
    public static final int FLAT = 8;
    /// Entry of [#xmm] where an instruction keeps the source operand that it took from memory.
    public static final int XMM_SOURCE = 32;
    /// Entry of [#xmm] where a VEX instruction makes its result before it is certain.
    public static final int XMM_RESULT = 34;

    // general registers
    /// RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8..R15, then [#ZERO].
    public final long[] gpr = new long[17];
    /// Address (offset in CS) of the instruction to execute next; exact only at instruction boundaries where the
    /// interpreter says so: see `Block`.
    public long rip;

    // flags
    /// Lazy status flags: see [Flags].
    public long flagResult = 1;

    public long flagAux;
    /// RFLAGS without the status flags; bit 1 is set.
    public int flagRest = 2;

    // segments, indexed as `ProcessorState` does: ES, CS, SS, DS, FS, GS, LDTR, TR
    public final int[] segmentSelector = new int[8];
    public final long[] segmentBase = new long[9];
    /// Limits in bytes, unsigned.
    public final int[] segmentLimit = new int[8];
    /// As in `ProcessorState.Segment`; 0 where unusable.
    public final int[] segmentAttributes = new int[8];

    public long gdtBase;
    public int gdtLimit;
    public long idtBase;
    public int idtLimit;

    // control
    public long cr0;
    public long cr2;
    public long cr3;
    public long cr4;
    public long efer;
    public long xcr0 = 1;
    public final long[] dr = new long[8];
    /// What the next #DB reports in DR6, gathered while an instruction executes.
    public long debugCause;
    /// Current privilege level.
    public int cpl;
    /// Whether CS is a 64-bit code segment in long mode.
    public boolean longMode;

    // model-specific registers
    public long star;
    public long lstar;
    public long cstar;
    public long fmask;
    public long kernelGsBase;
    public long sysenterCs;
    public long sysenterEsp;
    public long sysenterEip;
    public long pat;
    public long tscAux;

    // vector registers
    /// XMM0..15, two longs each: low, high; then [#XMM_SOURCE] and [#XMM_RESULT].
    public final long[] xmm = new long[36];
    /// Upper halves (bits 255..128) of YMM0..15, indexed as [#xmm]; at [#XMM_SOURCE] that of the source from memory.
    public final long[] ymmHigh = new long[34];
    public int mxcsr = 0x1F80;

    // x87: physical registers R0..R7, not relative to TOP
    /// Significands; the MMX registers are the same bits.
    public final long[] x87Significand = new long[8];
    /// Sign (bit 15) and biased exponent.
    public final int[] x87Exponent = new int[8];
    /// FCW.
    public int x87Control = 0x37F;
    /// FSW without TOP.
    public int x87Status;

    public int x87Top;
    /// Bit n set: R*n* is not empty (the abridged tag word of FXSAVE).
    public int x87Valid;

    public int x87Opcode;
    public long x87Instruction;
    public int x87InstructionSelector;
    public long x87Operand;
    public int x87OperandSelector;

    /// {@return the six status flags at their places in RFLAGS}
    public final int statusFlags() {
        long aux = flagAux;
        long result = flagResult;
        int parity = Integer.bitCount((int) (result ^ aux >>> 8) & 0xFF) & 1;
        return (int) (aux >>> 63) * Flags.CF
                | (parity ^ 1) << 2
                | (int) (aux >>> 3 & 1) << 4
                | (result == 0 ? Flags.ZF : 0)
                | (int) (result >>> 63 ^ aux & 1) << 7
                | (int) ((aux >>> 63) ^ (aux >>> 62 & 1)) << 11;
    }

    /// Loads the six status flags from their places in RFLAGS.
    public final void statusFlags(int flags) {
        long result = (flags & Flags.ZF) != 0 ? 0 : 1;
        boolean wantParity = (flags & Flags.PF) != 0;
        boolean hasParity = (Integer.bitCount((int) result & 0xFF) & 1) == 0;
        long carry = flags & Flags.CF;
        long overflow = flags >>> 11 & 1;
        flagResult = result;
        flagAux = carry << 63
                | (carry ^ overflow) << 62
                | (wantParity == hasParity ? 0 : 1L << 8)
                | (flags >>> 4 & 1L) << 3
                | flags >>> 7 & 1;
    }

    /// {@return RFLAGS}
    public final int rflags() {
        return flagRest | statusFlags();
    }

    public final boolean carry() {
        return flagAux < 0;
    }

    public final boolean overflow() {
        return (flagAux ^ flagAux << 1) < 0;
    }

    public final boolean zero() {
        return flagResult == 0;
    }

    public final boolean sign() {
        return (flagResult ^ flagAux << 63) < 0;
    }

    public final boolean parity() {
        return (Integer.bitCount((int) (flagResult ^ flagAux >>> 8) & 0xFF) & 1) == 0;
    }

    /// Stores the lazy flags of an addition `a + b (+ carry) = sum`; the operands' bits above the size do not matter.
    public final void flagsAdd(long a, long b, long sum, int shift) {
        flagResult = Flags.extend(sum, shift);
        flagAux = Flags.aux(Flags.addCarries(a, b, sum), shift);
    }

    /// Stores the lazy flags of a subtraction `a - b (- borrow) = difference`.
    public final void flagsSub(long a, long b, long difference, int shift) {
        flagResult = Flags.extend(difference, shift);
        flagAux = Flags.aux(Flags.subBorrows(a, b, difference), shift);
    }

    /// Stores the lazy flags of a logical operation: CF, OF and AF clear.
    public final void flagsLogic(long result, int shift) {
        flagResult = Flags.extend(result, shift);
        flagAux = 0;
    }
}
