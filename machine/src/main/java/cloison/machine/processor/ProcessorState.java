package cloison.machine.processor;

/// The registers of a virtual processor, to boot with, to report and to save.
///
/// A mutable bag on purpose: loaders fill in what they need. A new one holds what the
/// SDM (volume 3, 10.1.1) says a processor holds after INIT.
public final class ProcessorState {
    /// Indices of [#gpr]: the order in which instructions encode them.
    public static final int RAX = 0;
    public static final int RCX = 1;
    public static final int RDX = 2;
    public static final int RBX = 3;
    public static final int RSP = 4;
    public static final int RBP = 5;
    public static final int RSI = 6;
    public static final int RDI = 7;

    /// Indices of [#segments].
    public static final int ES = 0;
    public static final int CS = 1;
    public static final int SS = 2;
    public static final int DS = 3;
    public static final int FS = 4;
    public static final int GS = 5;
    public static final int LDTR = 6;
    public static final int TR = 7;

    /// A segment register with its hidden part.
    ///
    /// @param selector the visible part
    /// @param base linear base address
    /// @param limit in bytes, after scaling by the granularity bit
    /// @param attributes bits 3..0 type, 4 S, 6..5 DPL, 7 P, 12 AVL, 13 L, 14 D/B, 15 G: descriptor bits
    ///     55..40 with the limit's bits zero; 0 where unusable
    public record Segment(int selector, long base, int limit, int attributes) {}

    /// A descriptor-table register.
    public record Table(long base, int limit) {}

    public final long[] gpr = new long[16];
    public long rip;
    public long rflags = 2;
    public final Segment[] segments = new Segment[8];
    public Table gdtr = new Table(0, 0xFFFF);
    public Table idtr = new Table(0, 0xFFFF);
    public long cr0 = 0x6000_0010L;
    public long cr2;
    public long cr3;
    public long cr4;
    public long cr8;
    public long efer;
    public long xcr0 = 1;
    public final long[] dr = {0, 0, 0, 0, 0, 0, 0xFFFF_0FF0L, 0x400};
    public long star;
    public long lstar;
    public long cstar;
    public long fmask;
    public long kernelGsBase;
    public long sysenterCs;
    public long sysenterEsp;
    public long sysenterEip;
    public long pat = 0x0007_0406_0007_0406L;
    public long tscAux;

    /// x87, MMX and vector state in the standard (non-compacted) XSAVE format: legacy region, header, then components.
    public byte[] xsave = new byte[0];

    /// Makes the state after INIT, at the reset vector in real mode.
    public ProcessorState() {
        for (int i = 0; i < segments.length; i++) {
            segments[i] = new Segment(0, 0, 0xFFFF, 0x93);
        }
        segments[CS] = new Segment(0xF000, 0xFFFF_0000L, 0xFFFF, 0x9B);
        segments[LDTR] = new Segment(0, 0, 0xFFFF, 0x82);
        segments[TR] = new Segment(0, 0, 0xFFFF, 0x8B);
        rip = 0xFFF0;
    }

    /// {@return the state in which a start-up IPI with `vector` starts a processor}
    public static ProcessorState startup(int vector) {
        ProcessorState state = new ProcessorState();
        state.segments[CS] = new Segment(vector << 8, (long) vector << 12, 0xFFFF, 0x9B);
        state.rip = 0;
        return state;
    }
}
