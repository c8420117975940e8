package cloison.hyperv.msr;

import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;

/// The CPUID leaves of the hypervisor: 0x40000000 to 0x40000006.
///
/// **Owner:** immutable.
public final class CpuidLeaves {
    /// The first leaf.
    public static final int FIRST = 0x4000_0000;
    /// The last leaf of the hypervisor's range.
    public static final int LAST_OF_RANGE = 0x4000_00FF;

    private static final int LAST = 0x4000_0006;
    private static final int HYPERVISOR_PRESENT = 1 << 31;
    private static final int NEVER_NOTIFY_OF_SPINNING = -1;
    /// The version that is reported: that of Windows Server 2019, whose feature set this one is part of.
    private static final int BUILD = 17763;

    private static final int VERSION = 10 << 16;

    private final int privilegesLow;
    private final int privilegesHigh;
    private final int features;
    private final int hints;
    private final int processors;

    /// The leaves of a partition with `processors` virtual processors.
    public CpuidLeaves(Features on, int processors) {
        privilegesLow = on.bits(Feature.Register.PRIVILEGES_LOW);
        privilegesHigh = on.bits(Feature.Register.PRIVILEGES_HIGH);
        int frequencies = on.has(Feature.FREQUENCIES) ? 1 << 8 : 0;
        int idle = on.has(Feature.GUEST_IDLE) ? 1 << 5 : 0;
        features = on.bits(Feature.Register.FEATURES) | frequencies | idle;
        hints = on.bits(Feature.Register.HINTS);
        this.processors = processors;
    }

    /// Fills the registers EAX, EBX, ECX, EDX in: all of a hypervisor's leaf, the one bit of leaf 1 that says
    /// that there is a hypervisor, and nothing of other leaves.
    public void fill(int leaf, int[] registers) {
        if (leaf == 1) {
            registers[2] |= HYPERVISOR_PRESENT;
        } else if (Integer.compareUnsigned(leaf, FIRST) >= 0 && Integer.compareUnsigned(leaf, LAST_OF_RANGE) <= 0) {
            switch (leaf - FIRST) {
                case 0 -> set(registers, LAST, 0x7263_694D, 0x666F_736F, 0x7648_2074);
                case 1 -> set(registers, 0x3123_7648, 0, 0, 0);
                case 2 -> set(registers, BUILD, VERSION, 0, 0);
                case 3 -> set(registers, privilegesLow, privilegesHigh, 0, features);
                case 4 -> set(registers, hints, NEVER_NOTIFY_OF_SPINNING, 0, 0);
                case 5 -> set(registers, processors, processors, 0, 0);
                default -> set(registers, 0, 0, 0, 0);
            }
        }
    }

    private static void set(int[] registers, int eax, int ebx, int ecx, int edx) {
        registers[0] = eax;
        registers[1] = ebx;
        registers[2] = ecx;
        registers[3] = edx;
    }
}
