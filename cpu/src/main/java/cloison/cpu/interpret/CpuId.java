package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.RAX;
import static cloison.machine.processor.ProcessorState.RBX;
import static cloison.machine.processor.ProcessorState.RCX;
import static cloison.machine.processor.ProcessorState.RDX;

import cloison.cpu.state.Control;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.CpuFeature.Register;
import java.nio.charset.StandardCharsets;

/// What CPUID says of the processor itself: exactly what the engine implements. The intercepts complete it with
/// topology, local APIC and hypervisor.
///
/// SDM volume 2, CPUID.
final class CpuId {
    private static final int LAST = 0xD;
    private static final int LAST_EXTENDED = 0x8000_0008;

    private static final byte[] BRAND =
            "Cloison virtual processor".concat("\0".repeat(23)).getBytes(StandardCharsets.US_ASCII);

    // beyond the features of the model:
    private static final int FEATURE_OSXSAVE = 1 << 27;

    // leaf 1, EDX: DE PSE TSC MSR PAE MCE APIC SEP MTRR PGE MCA PAT PSE36
    private static final int FEATURES_D = 0x0003_7AFC;

    // leaf 7, EBX: FDP only with exceptions, SMEP, ERMS, no FCS and FDS
    private static final int STRUCTURED_B = 1 << 6 | 1 << 7 | 1 << 9 | 1 << 13;
    // leaf 7, EDX: FSRM, IBRS and IBPB, STIBP, ARCH_CAPABILITIES, SSBD
    private static final int STRUCTURED_D = 1 << 4 | 1 << 26 | 1 << 27 | 1 << 29 | 1 << 31;

    // leaf 7, subleaf 2, EDX: BHI_CTRL, MCDT_NO
    private static final int CONTROLS_D = 1 << 4 | 1 << 5;

    // leaf 0x80000001, EDX: SYSCALL, NX, 1 GiB pages, long mode
    private static final int EXTENDED_D = 1 << 20 | 1 << 26 | 1 << 29;
    private static final int EXTENDED_SYSCALL = 1 << 11;

    private CpuId() {}

    static void run(Cpu cpu, int[] registers) {
        int leaf = (int) cpu.gpr[RAX];
        int subleaf = (int) cpu.gpr[RCX];
        registers[0] = 0;
        registers[1] = 0;
        registers[2] = 0;
        registers[3] = 0;
        fill(cpu, leaf, subleaf, registers);
        for (Register each : Register.values()) {
            registers[each.ordinal()] |= cpu.model.bits(leaf, subleaf, each);
        }
        cpu.intercepts.cpuid(leaf, subleaf, registers);
        cpu.gpr[RAX] = registers[0] & 0xFFFF_FFFFL;
        cpu.gpr[RBX] = registers[1] & 0xFFFF_FFFFL;
        cpu.gpr[RCX] = registers[2] & 0xFFFF_FFFFL;
        cpu.gpr[RDX] = registers[3] & 0xFFFF_FFFFL;
    }

    private static void fill(Cpu cpu, int leaf, int subleaf, int[] to) {
        switch (leaf) {
            case 0 -> set(to, LAST, 0x756E_6547, 0x6C65_746E, 0x4965_6E69);
            case 1 -> set(to, cpu.model.signature(), 8 << 8, systemFeatures(cpu), FEATURES_D);
            // no descriptors: leaf 4 has the caches
            case 2 -> set(to, 0xFF01, 0, 0, 0);
            case 4 -> cache(subleaf, to);
            // the local APIC's timer runs always
            case 6 -> to[0] = 4;
            case 7 -> {
                if (subleaf == 0) {
                    to[0] = 2;
                    to[1] = STRUCTURED_B;
                    to[3] = STRUCTURED_D;
                } else if (subleaf == 2) {
                    to[3] = CONTROLS_D;
                }
            }
            case 0xD -> state(cpu, subleaf, to);
            case 0x8000_0000 -> to[0] = LAST_EXTENDED;
            case 0x8000_0001 -> {
                to[3] = EXTENDED_D | (cpu.longMode ? EXTENDED_SYSCALL : 0);
            }
            case 0x8000_0002, 0x8000_0003, 0x8000_0004 -> {
                for (int i = 0; i < 16; i++) {
                    to[i >> 2] |= (BRAND[16 * (leaf & 0xF) - 32 + i] & 0xFF) << 8 * (i & 3);
                }
            }
            // 1 MiB of 16-way second-level cache, lines of 64 bytes
            case 0x8000_0006 -> to[2] = 1024 << 16 | 8 << 12 | 64;
            case 0x8000_0008 -> to[0] = 48 << 8 | 46;
            default -> {}
        }
    }

    private static void set(int[] to, int a, int b, int c, int d) {
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
    }

    /// {@return the bits of leaf 1, ECX, that say what the system uses}
    private static int systemFeatures(Cpu cpu) {
        return (cpu.cr4 & Control.CR4_OSXSAVE) != 0 ? FEATURE_OSXSAVE : 0;
    }

    private static void cache(int subleaf, int[] to) {
        switch (subleaf) {
            case 0 -> cache(to, 1, 1, 8, 64);
            case 1 -> cache(to, 2, 1, 8, 64);
            case 2 -> cache(to, 3, 2, 16, 1024);
            default -> {}
        }
    }

    private static void cache(int[] to, int kind, int level, int ways, int sets) {
        set(to, kind | level << 5 | 1 << 8, 63 | ways - 1 << 22, sets - 1, 0);
    }

    /// The state components of XSAVE: x87 and SSE in the legacy region, the upper halves of the YMM registers behind
    /// the header.
    private static void state(Cpu cpu, int subleaf, int[] to) {
        long components = cpu.xcr0Bits;
        if (components == 0) {
            return;
        }
        switch (subleaf) {
            case 0 -> set(to, (int) components, X87State.size(cpu.xcr0), X87State.size(components), 0);
            case 1 -> to[1] = cpu.model.has(CpuFeature.XSAVEC) ? X87State.size(cpu.xcr0) : 0;
            case 2 -> {
                if ((components & X87State.AVX) != 0) {
                    set(to, X87State.EXTENDED - X87State.YMM_HIGH, X87State.YMM_HIGH, 0, 0);
                }
            }
            default -> {}
        }
    }
}
