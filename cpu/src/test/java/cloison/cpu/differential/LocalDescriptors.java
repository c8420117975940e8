package cloison.cpu.differential;

import cloison.linux.code.CodeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// Gives this process the 16-bit segments of a [Place], with Linux' `modify_ldt` (`man 2 modify_ldt`).
final class LocalDescriptors {
    /// mov rsi, rdi; mov edi, 0x11; mov edx, 16; mov eax, 154; syscall; ret
    private static final byte[] MODIFY_LDT =
            HexFormat.of().parseHex("4889fe" + "bf11000000" + "ba10000000" + "b89a000000" + "0f05" + "c3");

    // flags of struct user_desc
    private static final int DATA = 0;
    private static final int CODE = 2 << 1;

    private LocalDescriptors() {}

    /// Puts the segments into the process's local descriptor table; {@return why the host's kernel refuses, or null}
    static @Nullable String install(Place place) {
        int error = set(Place.CODE_16, place.code16(), CODE);
        error = error == 0 ? set(Place.DATA_16, place.data16(), DATA) : error;
        return error == 0
                ? null
                : "the host's kernel refuses modify_ldt (errno " + -error + "; CONFIG_MODIFY_LDT_SYSCALL)";
    }

    private static int set(int selector, long base, int flags) {
        try (CodeMemory code = CodeMemory.allocate(MODIFY_LDT.length);
                Arena arena = Arena.ofConfined()) {
            code.writable().asSlice(0, MODIFY_LDT.length).copyFrom(MemorySegment.ofArray(MODIFY_LDT));
            MemorySegment descriptor = arena.allocate(16, 8);
            descriptor.set(ValueLayout.JAVA_INT, 0, selector >> 3);
            descriptor.set(ValueLayout.JAVA_INT, 4, (int) base);
            descriptor.set(ValueLayout.JAVA_INT, 8, 0xFFFF);
            descriptor.set(ValueLayout.JAVA_INT, 12, flags);
            return (int) CodeMemory.enter(code.base(), descriptor.address());
        }
    }
}
