package cloison.linux.code;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cloison.linux.HostException;
import cloison.linux.sys.Platform;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class CodeMemoryTest {
    /// lea rax, [rdi + rdi*2]; ret
    private static final byte[] TRIPLE = {0x48, (byte) 0x8D, 0x04, 0x7F, (byte) 0xC3};

    @Test
    void refusalTellsWhyAndWhatToDoExactlyWhereCodeIsNotAvailable() {
        if (CodeMemory.available()) {
            assertThat(CodeMemory.refusal()).isNull();
        } else {
            assertThat(CodeMemory.refusal()).contains("--engine interpreter");
        }
    }

    @Test
    void elsewhereThanOnLinuxItIsNotAvailable() {
        assertThat(CodeMemory.available() && !Platform.LINUX_X86_64).isFalse();
    }

    @Test
    void whatIsWrittenCanBeExecutedAndReplaced() throws Throwable {
        assumeTrue(CodeMemory.available());
        try (CodeMemory memory = CodeMemory.allocate(100)) {
            MemorySegment writable = memory.writable();

            writable.asSlice(0, TRIPLE.length).copyFrom(MemorySegment.ofArray(TRIPLE));
            assertThat(memory.size()).isEqualTo(4096);
            assertThat((long) CodeMemory.ENTER.invokeExact(memory.base(), 14L)).isEqualTo(42);

            writable.set(ValueLayout.JAVA_BYTE, 3, (byte) 0xBF); // lea rax, [rdi + rdi*4]
            assertThat(CodeMemory.enter(memory.base(), 14L)).isEqualTo(70);
        }
    }

    /// {@return an address in the low 4 GiB where nothing of this process lies now}
    private static long freeAddress() {
        for (long address = 0x1000_0000L; address < 0xF000_0000L; address += 0x0101_0000L) {
            try (CodeMemory memory = CodeMemory.allocate(address, 8192)) {
                return memory.base();
            } catch (HostException taken) {
                continue;
            }
        }
        throw new AssertionError("the low 4 GiB of this process are full");
    }

    @Test
    void codeLiesWhereItWasAskedForAndNothingElseDoes() {
        assumeTrue(CodeMemory.available());
        long address = freeAddress();
        try (CodeMemory memory = CodeMemory.allocate(address, 8192)) {
            assertThat(memory.base()).isEqualTo(address);

            assertThatThrownBy(() -> CodeMemory.allocate(address + 4096, 4096))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("EEXIST");
        }
        try (CodeMemory memory = CodeMemory.allocate(address, 4096)) {
            assertThat(memory.base()).isEqualTo(address);
        }
    }
}
