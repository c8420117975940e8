package cloison.hyperv.protocol;

/// The synthetic model-specific registers that are implemented.
public final class Msr {
    public static final int GUEST_OS_ID = 0x4000_0000;
    public static final int HYPERCALL = 0x4000_0001;
    public static final int VP_INDEX = 0x4000_0002;
    public static final int RESET = 0x4000_0003;
    public static final int TIME_REF_COUNT = 0x4000_0020;
    public static final int REFERENCE_TSC = 0x4000_0021;
    public static final int TSC_FREQUENCY = 0x4000_0022;
    public static final int APIC_FREQUENCY = 0x4000_0023;
    public static final int VP_ASSIST_PAGE = 0x4000_0073;
    public static final int SCONTROL = 0x4000_0080;
    public static final int SVERSION = 0x4000_0081;
    public static final int SIEFP = 0x4000_0082;
    public static final int SIMP = 0x4000_0083;
    public static final int EOM = 0x4000_0084;
    public static final int SINT0 = 0x4000_0090;
    public static final int SINT15 = 0x4000_009F;
    public static final int STIMER0_CONFIG = 0x4000_00B0;
    public static final int STIMER3_COUNT = 0x4000_00B7;
    public static final int GUEST_IDLE = 0x4000_00F0;
    public static final int CRASH_P0 = 0x4000_0100;
    public static final int CRASH_P4 = 0x4000_0104;
    public static final int CRASH_CTL = 0x4000_0105;
    public static final int TSC_INVARIANT_CONTROL = 0x4000_0118;

    private Msr() {}

    /// {@return the register for people}
    public static String text(int index) {
        return switch (index) {
            case GUEST_OS_ID -> "GUEST_OS_ID";
            case HYPERCALL -> "HYPERCALL";
            case VP_INDEX -> "VP_INDEX";
            case RESET -> "RESET";
            case TIME_REF_COUNT -> "TIME_REF_COUNT";
            case REFERENCE_TSC -> "REFERENCE_TSC";
            case TSC_FREQUENCY -> "TSC_FREQUENCY";
            case APIC_FREQUENCY -> "APIC_FREQUENCY";
            case VP_ASSIST_PAGE -> "VP_ASSIST_PAGE";
            case SCONTROL -> "SCONTROL";
            case SVERSION -> "SVERSION";
            case SIEFP -> "SIEFP";
            case SIMP -> "SIMP";
            case EOM -> "EOM";
            case GUEST_IDLE -> "GUEST_IDLE";
            case CRASH_CTL -> "CRASH_CTL";
            case TSC_INVARIANT_CONTROL -> "TSC_INVARIANT_CONTROL";
            default -> numbered(index);
        };
    }

    private static String numbered(int index) {
        if (index >= SINT0 && index <= SINT15) {
            return "SINT" + (index - SINT0);
        }
        if (index >= STIMER0_CONFIG && index <= STIMER3_COUNT) {
            int timer = (index - STIMER0_CONFIG) / 2;
            return "STIMER" + timer + ((index & 1) == 0 ? "_CONFIG" : "_COUNT");
        }
        if (index >= CRASH_P0 && index <= CRASH_P4) {
            return "CRASH_P" + (index - CRASH_P0);
        }
        return "MSR 0x%08x".formatted(index);
    }
}
