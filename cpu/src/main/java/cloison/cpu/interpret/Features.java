package cloison.cpu.interpret;

/// What the engine implements beyond the baseline, as CPUID and the control registers must agree on it.
final class Features {
    /// XSAVE and XSAVEOPT with x87 and SSE state.
    static final boolean XSAVE = true;

    /// RDRAND and RDSEED.
    static final boolean RANDOM = true;

    private Features() {}
}
