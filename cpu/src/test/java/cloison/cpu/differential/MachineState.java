package cloison.cpu.differential;

/// What a program sees of the processor at one moment, and the fault that stopped it there.
final class MachineState {
    /// Offsets in the FXSAVE image (SDM volume 1, 10.5.1): control, status, tags, opcode, MXCSR, ST0, XMM0.
    static final int FCW = 0;

    static final int FSW = 2;
    static final int FTW = 4;
    static final int FOP = 6;
    static final int MXCSR = 24;
    static final int MXCSR_MASK = 28;
    static final int ST = 32;
    static final int XMM = 160;
    static final int FX_END = 416;
    static final int FX_SIZE = 512;
    static final int HIGH_SIZE = 256;

    /// No fault.
    static final int NONE = -1;

    final long[] gpr = new long[16];
    long rip;
    long rflags = 0x202;
    final byte[] fx = new byte[FX_SIZE];
    /// Upper halves of YMM0..15.
    final byte[] high = new byte[HIGH_SIZE];
    long fsBase;
    long gsBase;
    /// Selectors ES, CS, SS, DS, FS, GS, in the order of `ProcessorState`.
    final int[] selectors = {0x2B, 0x33, 0x2B, 0x2B, 0, 0};

    /// Exception vector, or [#NONE].
    int vector = NONE;

    long error;
    /// CR2, after a page fault.
    long address;

    void copyFrom(MachineState other) {
        System.arraycopy(other.gpr, 0, gpr, 0, 16);
        rip = other.rip;
        rflags = other.rflags;
        System.arraycopy(other.fx, 0, fx, 0, FX_SIZE);
        System.arraycopy(other.high, 0, high, 0, HIGH_SIZE);
        fsBase = other.fsBase;
        gsBase = other.gsBase;
        System.arraycopy(other.selectors, 0, selectors, 0, 6);
        vector = other.vector;
        error = other.error;
        address = other.address;
    }
}
