package cloison.linux.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import cloison.linux.code.CodeMemory;
import cloison.machine.processor.CpuFeature;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The host's processor as its CPUID instruction describes it (SDM volume 2, CPUID), read once.
///
/// @param vendor such as `GenuineIntel`
/// @param brand its name for people
/// @param family the displayed family
/// @param model the displayed model
/// @param features what it has and the operating system lets programs use: names of [CpuFeature], and of [Feature] in
///     lower case
public record HostCpu(String vendor, String brand, int family, int model, Set<String> features) {
    /// ```text
    ///  push rbx; mov r8, rdi; mov eax, [rdi]; mov ecx, [rdi+4]; cpuid
    ///  mov [r8], eax; mov [r8+4], ebx; mov [r8+8], ecx; mov [r8+12], edx; pop rbx; ret
    /// ```
    private static final byte[] CPUID = {
        0x53,
        0x49,
        (byte) 0x89,
        (byte) 0xF8,
        (byte) 0x8B,
        0x07,
        (byte) 0x8B,
        0x4F,
        0x04,
        0x0F,
        (byte) 0xA2,
        0x41,
        (byte) 0x89,
        0x00,
        0x41,
        (byte) 0x89,
        0x58,
        0x04,
        0x41,
        (byte) 0x89,
        0x48,
        0x08,
        0x41,
        (byte) 0x89,
        0x50,
        0x0C,
        0x5B,
        (byte) 0xC3
    };

    private static final int EBX = 1;
    private static final int ECX = 2;
    private static final int EDX = 3;

    /// ```text
    ///  xor ecx, ecx; xgetbv; mov [rdi], eax; ret
    /// ```
    private static final byte[] XGETBV = {0x31, (byte) 0xC9, 0x0F, 0x01, (byte) 0xD0, (byte) 0x89, 0x07, (byte) 0xC3};

    /// Where [#XGETBV] is put.
    private static final int XGETBV_AT = 64;

    /// XCR0: SSE and AVX.
    private static final int VECTORS = 6;

    /// A feature that [CpuFeature] does not name: leaf, register (1 EBX, 2 ECX, 3 EDX), bit.
    private enum Feature {
        TSC(1, EDX, 4),
        MSR(1, EDX, 5),
        SEP(1, EDX, 11),
        MONITOR(1, ECX, 3),
        OSXSAVE(1, ECX, 27),
        FSGSBASE(7, EBX, 0),
        FDP_EXCEPTION_ONLY(7, EBX, 6),
        ERMS(7, EBX, 9),
        NO_FPU_SELECTORS(7, EBX, 13),
        ADX(7, EBX, 19),
        CLFLUSHOPT(7, EBX, 23),
        CLWB(7, EBX, 24),
        UMIP(7, ECX, 2),
        RDPID(7, ECX, 22),
        PREFETCHW(0x8000_0001, ECX, 8),
        SYSCALL(0x8000_0001, EDX, 11),
        NX(0x8000_0001, EDX, 20);

        private final int leaf;
        private final int register;
        private final int bit;

        Feature(int leaf, int register, int bit) {
            this.leaf = leaf;
            this.register = register;
            this.bit = bit;
        }
    }

    /// Keeps its own copy of `features`.
    public HostCpu {
        features = Set.copyOf(features);
    }

    private static final class Probed {
        static final @Nullable HostCpu CPU = CodeMemory.available() ? probe() : null;
    }

    /// {@return this host's processor, or null where [CodeMemory] is not available}
    public static @Nullable HostCpu probed() {
        return Probed.CPU;
    }

    /// {@return whether it is an Intel processor}
    public boolean intel() {
        return vendor.equals("GenuineIntel");
    }

    /// {@return whether it is an AMD processor, or one of Hygon, which are AMD's by design}
    public boolean amd() {
        return vendor.equals("AuthenticAMD") || vendor.equals("HygonGenuine");
    }

    /// {@return whether it has a feature, named as the opcode table does}
    public boolean has(String feature) {
        return features.contains(feature);
    }

    private static HostCpu probe() {
        try (CodeMemory code = CodeMemory.allocate(XGETBV_AT + XGETBV.length);
                Arena arena = Arena.ofConfined()) {
            code.writable().asSlice(0, CPUID.length).copyFrom(MemorySegment.ofArray(CPUID));
            code.writable().asSlice(XGETBV_AT, XGETBV.length).copyFrom(MemorySegment.ofArray(XGETBV));
            MemorySegment block = arena.allocate(16, 8);
            int[] basic = leaf(code, block, 0, 0);
            int[] signature = leaf(code, block, 1, 0);
            int extended = leaf(code, block, 0x8000_0000, 0)[0];
            int family = signature[0] >> 8 & 0xF;
            int model = signature[0] >> 4 & 0xF | signature[0] >> 12 & 0xF0;
            Set<String> features = new TreeSet<>();
            for (Feature feature : Feature.values()) {
                if (bit(code, block, feature.leaf, 0, feature.register, feature.bit)) {
                    features.add(feature.name().toLowerCase(Locale.ROOT));
                }
            }
            long saved = 0;
            if (features.contains("osxsave")) {
                CodeMemory.enter(code.base() + XGETBV_AT, block.address());
                saved = block.get(JAVA_INT, 0);
            }
            for (CpuFeature feature : CpuFeature.values()) {
                int register = feature.register().ordinal();
                if ((enabledBy(feature) & ~saved) == 0
                        && bit(code, block, feature.leaf(), feature.subleaf(), register, feature.bit())) {
                    features.add(feature.text());
                }
            }
            return new HostCpu(
                    text(basic[EBX], basic[EDX], basic[ECX]),
                    brand(code, block, extended),
                    family == 15 ? family + (signature[0] >> 20 & 0xFF) : family,
                    model,
                    features);
        }
    }

    private static String brand(CodeMemory code, MemorySegment block, int extended) {
        if (extended < 0x8000_0004) {
            return "";
        }
        StringBuilder brand = new StringBuilder();
        for (int leaf = 0x8000_0002; leaf <= 0x8000_0004; leaf++) {
            brand.append(text(leaf(code, block, leaf, 0)));
        }
        return brand.toString().replace("\0", "").strip();
    }

    private static String text(int... registers) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * registers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int register : registers) {
            bytes.putInt(register);
        }
        return new String(bytes.array(), StandardCharsets.ISO_8859_1);
    }

    /// {@return the bits of XCR0 without which programs cannot use a feature}
    private static int enabledBy(CpuFeature feature) {
        return switch (feature) {
            case XSAVE, XSAVEOPT, XSAVEC, XGETBV1 -> 1;
            case AVX, AVX2, FMA, F16C -> VECTORS;
            default -> 0;
        };
    }

    private static boolean bit(CodeMemory code, MemorySegment block, int leaf, int subleaf, int register, int bit) {
        int last = leaf(code, block, leaf & 0x8000_0000, 0)[0];
        return Integer.compareUnsigned(leaf, last) <= 0 && (leaf(code, block, leaf, subleaf)[register] >> bit & 1) != 0;
    }

    /// {@return EAX, EBX, ECX, EDX}
    private static int[] leaf(CodeMemory code, MemorySegment block, int leaf, int subleaf) {
        block.set(JAVA_INT, 0, leaf);
        block.set(JAVA_INT, 4, subleaf);
        CodeMemory.enter(code.base(), block.address());
        return block.toArray(JAVA_INT);
    }
}
