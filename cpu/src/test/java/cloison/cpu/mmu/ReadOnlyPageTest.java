package cloison.cpu.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.interpret.TestVm;
import cloison.cpu.state.GuestFault;
import cloison.machine.memory.GuestMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A page that the hypervisor shows to the guest and that the guest must not write, as the hypercall page is.
class ReadOnlyPageTest {
    private static final int PAGE = 0x30000;
    private static final int LATER = 0x400;

    private final TestVm vm = TestVm.longMode();

    @BeforeEach
    void protect() {
        byte[] code = new byte[GuestMemory.PAGE_SIZE];
        for (int i = 0; i < code.length; i += 2) {
            // MOV AL, AH again and again, and a RET
            code[i] = (byte) 0x88;
            code[i + 1] = (byte) 0xE0;
        }
        code[16] = (byte) 0xC3;
        vm.memory().overlay(0).write(0, code, 0, code.length);
        vm.memory().protectOverlay(0);
        vm.memory().mapOverlay(0, PAGE >> 12);
    }

    @AfterEach
    void close() {
        vm.close();
    }

    private byte[] page() {
        byte[] bytes = new byte[GuestMemory.PAGE_SIZE];
        vm.memory().overlay(0).read(0, bytes, 0, bytes.length);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mov byte [rdi], 1",
                "mov qword [rdi+8], 1",
                "mov qword [rdi-4], -1",
                "mov qword [rdi+4092], -1",
                "add dword [rdi], 1",
                "lock add dword [rdi], 1",
                "xchg [rdi], rax",
                "lock cmpxchg [rdi], rcx",
                "lock cmpxchg16b [rdi]",
                "mov ecx, 16\n rep stosb",
                "movups [rdi], xmm0",
                "fxsave [rdi]",
                "sidt [rdi]"
            })
    void whoeverStoresThereGetsAProtectionFaultAndChangesNothing(String store) {
        byte[] before = page();
        long beside = vm.read(PAGE - 8, 8);

        // Also after the page has been read and executed, so that its translations are known.
        vm.run("mov rdi, 0x30000\n mov al, [rdi]\n call rdi\n mov rcx, 0\n" + store + "\n hlt");

        assertThat(vm.vector()).isEqualTo(GuestFault.GP);
        assertThat(vm.frame().errorCode()).isZero();
        assertThat(page()).isEqualTo(before);
        assertThat(vm.read(PAGE - 8, 8)).isEqualTo(beside);
        assertThat(vm.read(PAGE + 4096, 8)).isZero();
    }

    @Test
    void aStoreThatWasAllowedBeforeThePageCameIsRefusedAfterwards() {
        vm.memory().unmapOverlay(0);
        vm.run("mov ecx, 1000\n again: mov byte [0x30000], 7\n dec ecx\n jnz again\n hlt");
        assertThat(vm.vector()).isEqualTo(-1);
        byte[] before = page();

        vm.memory().mapOverlay(0, PAGE >> 12);
        vm.run("mov byte [0x30000], 8\n hlt");

        assertThat(vm.vector()).isEqualTo(GuestFault.GP);
        assertThat(page()).isEqualTo(before);
        vm.memory().unmapOverlay(0);
        assertThat(vm.read(PAGE, 1)).isEqualTo(7);
    }

    @Test
    void aWalkThroughThePageSetsNoAccessedBit() {
        byte[] before = page();
        // An entry there: present, not accessed, and the processor walks through it.
        byte[] entry = {7, 0, 1, 0, 0, 0, 0, 0};
        vm.memory().overlay(0).write(LATER, entry, 0, entry.length);
        System.arraycopy(entry, 0, before, LATER, entry.length);
        vm.write(TestVm.PD + 8, 8, PAGE | 0x27);

        vm.run("mov al, [0x200000 + 0x80000]\n mov byte [0x200000 + 0x80000], 1\n hlt");

        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(page()).isEqualTo(before);
    }

    @Test
    void noDeviceWritesThereEither() {
        byte[] before = page();

        assertThat(vm.memory().write(PAGE + 8, new byte[8], 0, 8)).isFalse();
        assertThat(vm.memory().write(PAGE - 4, new byte[8], 0, 8)).isFalse();

        assertThat(page()).isEqualTo(before);
    }
}
