package cloison.machine.processor;

/// A feature of a virtual processor that CPUID reports and that decides which instructions it has.
///
/// Bits: SDM volume 2, CPUID. The names are those of the opcode table's attribute `cpuid=`.
public enum CpuFeature {
    FPU("fpu", 1, 0, Register.EDX, 0),
    CX8("cx8", 1, 0, Register.EDX, 8),
    CMOV("cmov", 1, 0, Register.EDX, 15),
    CLFSH("clfsh", 1, 0, Register.EDX, 19),
    MMX("mmx", 1, 0, Register.EDX, 23),
    FXSR("fxsr", 1, 0, Register.EDX, 24),
    SSE("sse", 1, 0, Register.EDX, 25),
    SSE2("sse2", 1, 0, Register.EDX, 26),
    SSE3("sse3", 1, 0, Register.ECX, 0),
    PCLMULQDQ("pclmulqdq", 1, 0, Register.ECX, 1),
    SSSE3("ssse3", 1, 0, Register.ECX, 9),
    FMA("fma", 1, 0, Register.ECX, 12),
    CX16("cx16", 1, 0, Register.ECX, 13),
    SSE4_1("sse4.1", 1, 0, Register.ECX, 19),
    SSE4_2("sse4.2", 1, 0, Register.ECX, 20),
    MOVBE("movbe", 1, 0, Register.ECX, 22),
    POPCNT("popcnt", 1, 0, Register.ECX, 23),
    AES("aes", 1, 0, Register.ECX, 25),
    XSAVE("xsave", 1, 0, Register.ECX, 26),
    AVX("avx", 1, 0, Register.ECX, 28),
    F16C("f16c", 1, 0, Register.ECX, 29),
    RDRAND("rdrand", 1, 0, Register.ECX, 30),
    BMI1("bmi1", 7, 0, Register.EBX, 3),
    AVX2("avx2", 7, 0, Register.EBX, 5),
    BMI2("bmi2", 7, 0, Register.EBX, 8),
    RDSEED("rdseed", 7, 0, Register.EBX, 18),
    SMAP("smap", 7, 0, Register.EBX, 20),
    SHA("sha", 7, 0, Register.EBX, 29),
    XSAVEOPT("xsaveopt", 0xD, 1, Register.EAX, 0),
    /// XSAVEC, and the compacted format for XRSTOR.
    XSAVEC("xsavec", 0xD, 1, Register.EAX, 1),
    /// XGETBV with ECX 1.
    XGETBV1("xgetbv1", 0xD, 1, Register.EAX, 2),
    LAHF("lahf", 0x8000_0001, 0, Register.ECX, 0),
    LZCNT("lzcnt", 0x8000_0001, 0, Register.ECX, 5),
    RDTSCP("rdtscp", 0x8000_0001, 0, Register.EDX, 27);

    /// The registers of a CPUID answer, in their order.
    public enum Register {
        EAX,
        EBX,
        ECX,
        EDX
    }

    private final String text;
    private final int leaf;
    private final int subleaf;
    private final Register register;
    private final int bit;

    CpuFeature(String text, int leaf, int subleaf, Register register, int bit) {
        this.text = text;
        this.leaf = leaf;
        this.subleaf = subleaf;
        this.register = register;
        this.bit = bit;
    }

    /// {@return the feature that the opcode table calls `text`}
    ///
    /// @throws IllegalStateException if there is none
    public static CpuFeature called(String text) {
        for (CpuFeature feature : values()) {
            if (feature.text.equals(text)) {
                return feature;
            }
        }
        throw new IllegalStateException("no processor feature is called " + text);
    }

    /// {@return its name in the opcode table}
    public String text() {
        return text;
    }

    /// {@return the leaf of CPUID}
    public int leaf() {
        return leaf;
    }

    /// {@return the subleaf of CPUID}
    public int subleaf() {
        return subleaf;
    }

    /// {@return whether the leaf has subleaves: others do not look at ECX}
    public boolean hasSubleaves() {
        return leaf == 7 || leaf == 0xD;
    }

    /// {@return the register of the answer}
    public Register register() {
        return register;
    }

    /// {@return its bit there}
    public int bit() {
        return bit;
    }
}
