package cloison.cpu.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.interpret.TestVm;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Stores that begin in one page and end in the next, when nothing or only reading is known of the first.
class StoreAcrossPagesTest {
    @ParameterizedTest
    @CsvSource({"0x30000", "0x31000", "0x32000", "0x33000"})
    void theyChangeTheseBytesAndNoOthers(String page) {
        int first = Integer.decode(page);
        for (String prepare :
                new String[] {"", "mov al, [rdi+5]\n", "mov al, [rdi+0x1005]\n", "mov [rdi+0x1800], al\n"}) {
            for (int size = 2; size <= 8; size *= 2) {
                for (int before = 1; before < size; before++) {
                    // The jump makes the flags live.
                    String store = "mov [rdi+%d], %s\n".formatted(4096 - before, register(size));
                    String program = "mov rdi, %d\n%smov rcx, -1\n cmp rdi, rdi\n%sjne bad\n hlt\nbad: ud2"
                            .formatted(first, prepare, store);

                    check(first + 4096 - before, size, program);
                }
            }
        }
    }

    private static String register(int size) {
        return size == 2 ? "cx" : size == 4 ? "ecx" : "rcx";
    }

    private static void check(int at, int size, String program) {
        try (TestVm vm = TestVm.longMode()) {
            vm.run(program);

            assertThat(vm.vector()).isEqualTo(-1);
            MemorySegment store = vm.memory().store();
            for (int i = 0; i < size; i++) {
                assertThat(vm.read(at + i, 1)).isEqualTo(0xFF);
                vm.write(at + i, 1, 0);
            }
            assertThat(store.asSlice(0x30000, store.byteSize() - 0x30000)
                            .mismatch(MemorySegment.ofArray(new byte[(int) store.byteSize() - 0x30000])))
                    .as(program)
                    .isEqualTo(-1);
        }
    }
}
