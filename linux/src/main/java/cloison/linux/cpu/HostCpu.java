package cloison.linux.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import cloison.linux.code.CodeMemory;
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
/// @param features names of [Feature] in lower case that it has and the operating system lets programs use
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

    /// A feature bit that programs may use as soon as it is set: leaf, register (1 EBX, 2 ECX, 3 EDX), bit.
    private enum Feature {
        FPU(1, EDX, 0),
        TSC(1, EDX, 4),
        MSR(1, EDX, 5),
        CX8(1, EDX, 8),
        SEP(1, EDX, 11),
        CMOV(1, EDX, 15),
        CLFLUSH(1, EDX, 19),
        MMX(1, EDX, 23),
        FXSR(1, EDX, 24),
        SSE(1, EDX, 25),
        SSE2(1, EDX, 26),
        SSE3(1, ECX, 0),
        PCLMULQDQ(1, ECX, 1),
        MONITOR(1, ECX, 3),
        SSSE3(1, ECX, 9),
        CX16(1, ECX, 13),
        SSE41(1, ECX, 19),
        SSE42(1, ECX, 20),
        MOVBE(1, ECX, 22),
        POPCNT(1, ECX, 23),
        AES(1, ECX, 25),
        XSAVE(1, ECX, 26),
        OSXSAVE(1, ECX, 27),
        RDRAND(1, ECX, 30),
        FSGSBASE(7, EBX, 0),
        BMI1(7, EBX, 3),
        FDP_EXCEPTION_ONLY(7, EBX, 6),
        BMI2(7, EBX, 8),
        ERMS(7, EBX, 9),
        NO_FPU_SELECTORS(7, EBX, 13),
        RDSEED(7, EBX, 18),
        ADX(7, EBX, 19),
        SMAP(7, EBX, 20),
        CLFLUSHOPT(7, EBX, 23),
        CLWB(7, EBX, 24),
        SHA(7, EBX, 29),
        UMIP(7, ECX, 2),
        RDPID(7, ECX, 22),
        LAHF(0x8000_0001, ECX, 0),
        ABM(0x8000_0001, ECX, 5),
        PREFETCHW(0x8000_0001, ECX, 8),
        SYSCALL(0x8000_0001, EDX, 11),
        NX(0x8000_0001, EDX, 20),
        RDTSCP(0x8000_0001, EDX, 27);

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
        try (CodeMemory code = CodeMemory.allocate(CPUID.length);
                Arena arena = Arena.ofConfined()) {
            code.writable().asSlice(0, CPUID.length).copyFrom(MemorySegment.ofArray(CPUID));
            MemorySegment block = arena.allocate(16, 8);
            int[] basic = leaf(code, block, 0);
            int[] signature = leaf(code, block, 1);
            int extended = leaf(code, block, 0x8000_0000)[0];
            int family = signature[0] >> 8 & 0xF;
            int model = signature[0] >> 4 & 0xF | signature[0] >> 12 & 0xF0;
            Set<String> features = new TreeSet<>();
            for (Feature feature : Feature.values()) {
                int last = feature.leaf < 0 ? extended : basic[0];
                if (feature.leaf <= last
                        && (leaf(code, block, feature.leaf)[feature.register] >> feature.bit & 1) != 0) {
                    features.add(feature.name().toLowerCase(Locale.ROOT));
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
            brand.append(text(leaf(code, block, leaf)));
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

    /// {@return EAX, EBX, ECX, EDX of subleaf 0}
    private static int[] leaf(CodeMemory code, MemorySegment block, int leaf) {
        block.set(JAVA_INT, 0, leaf);
        block.set(JAVA_INT, 4, 0);
        CodeMemory.enter(code.base(), block.address());
        return block.toArray(JAVA_INT);
    }
}
