package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BranchStepsTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "mov ecx, 5 / xor eax, eax / again: inc eax / loop again            | rax=5 rcx=0",
                "mov ecx, 5 / xor eax, eax / again: inc eax / cmp eax, 3 / loopne again | rax=3 rcx=2",
                "mov ecx, 3 / again: xor eax, eax / loope again / mov eax, ecx      | rax=0 rcx=0",
                "xor ecx, ecx / jrcxz over / mov eax, 1 / over: nop                 | rax=0",
                "mov rcx, 0x100000000 / jecxz over / mov eax, 1 / over: nop         | rax=0",
                "mov rcx, 0x100000000 / jrcxz over / mov eax, 1 / over: nop         | rax=1",
                "call sub / mov ebx, 2 / jmp end / sub: mov eax, 1 / ret / end: nop | rax=1 rbx=2 rsp=9000",
                "push 1 / push 2 / call sub / jmp end / sub: ret 16 / end: nop      | rsp=9000",
                "lea rax, [there] / jmp rax / mov ebx, 1 / there: nop               | rbx=0",
                "lea rax, [sub] / mov [0x20000], rax / call [0x20000] / jmp end / sub: mov ebx, 7 / ret / end: nop | rbx=7",
                "lea rax, [sub] / push rax / call qword ptr [rsp] / jmp end / sub: mov ebx, 7 / ret / end: nop     | rbx=7",
                "mov eax, 3 / mov ebx, -3 / cmp eax, ebx / jg over / mov ecx, 1 / over: nop | rcx=0",
                "mov eax, 3 / mov ebx, -3 / cmp eax, ebx / ja over / mov ecx, 1 / over: nop | rcx=1",
            })
    void flowGoesWhereItSays(String program, String outcome) {
        Fact.holds(program, outcome);
    }

    @Test
    void everyConditionalJumpAgreesWithItsSet() {
        String[] names = {"o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"};
        for (int flags : new int[] {2, 3, 6, 7, 0x42, 0x43, 0x82, 0x83, 0x802, 0x803, 0x882, 0x8c6, 0xc2, 0x846}) {
            StringBuilder program =
                    new StringBuilder("xor esi, esi\nxor edi, edi\npush 0x%x\npopfq\n".formatted(flags));
            for (String name : names) {
                program.append("set%s al\nmov ah, 1\nj%s t%s\nmov ah, 0\nt%s: cmp al, ah\nmov ebx, 1\nmov ecx, 0\n"
                        .formatted(name, name, name, name));
                program.append("cmovne ecx, ebx\nlea rsi, [rsi+rcx]\npush 0x%x\npopfq\n".formatted(flags));
            }
            Fact.holds(program.toString().strip(), "rsi=0");
        }
    }

    @Test
    void aTargetThatIsNotCanonicalFaultsAtTheBranch() {
        for (String branch : new String[] {"jmp rax", "call rax", "push rax\nret"}) {
            try (TestVm vm = TestVm.longMode()) {
                vm.run("mov rax, 0x800000000000\nmark: nop\n" + branch);

                assertThat(vm.vector()).as(branch).isEqualTo(13);
                assertThat(vm.frame().rip()).as(branch).isLessThan(TestVm.CODE + 0x20);
            }
        }
    }

    @Test
    void aTargetBeyondTheSegmentFaultsAtTheBranch() {
        try (TestVm vm = TestVm.realMode()) {
            vm.run("mov eax, 0x10000\nnop\ndb 0x66, 0xff, 0xe0");

            assertThat(vm.vector()).isEqualTo(13);
            assertThat(vm.read(vm.gpr(4), 2)).isEqualTo(7);
        }
    }

    @Test
    void jumpsOutsideOf64BitModeStayInTheirOffsets() {
        Fact.holdsInRealMode("jmp over / space 100 / over: mov eax, 1", "rax=1");
        Fact.holdsInProtectedMode("xor eax, eax / jz over / space 300 / over: mov eax, 1", "rax=1");
    }

    @Test
    void boundsAreChecked() {
        String table = "mov dword ptr [0x20000], -5 / mov dword ptr [0x20004], 5 / ";
        Fact.holdsInProtectedMode(table + "mov eax, 5 / bound eax, [0x20000]", "rax=5");
        Fact.holdsInProtectedMode(table + "mov eax, -6 / bound eax, [0x20000]", "vector=5 rax=fffffffa");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"ud2", "'ud1 eax, ebx'", "'ud0 eax, ebx'", "'db 0x0f, 0x38, 0xf0, 0xc0'", "'db 0xf0, 0x90'"})
    void undefinedInstructionsAreUndefined(String program) {
        Fact.holds(program, "vector=6");
    }

    @Test
    void hintsAndFencesChangeNothing() {
        Fact.holds("stc / pause / mfence / lfence / sfence / clflush [0x20000] / db 0xf3, 0x0f, 0x1e, 0xfa", "flags=C");
        Fact.holds("stc / db 0x0f, 0x18, 0x0e / db 0x0f, 0x0d, 0x0e / db 0x0f, 0x1f, 0x00", "flags=C");
    }

    @Test
    void randomNumbersAreThere() {
        try (TestVm vm = TestVm.longMode()) {
            vm.run("rdrand rax\nrdseed rbx\nsetc cl\nhlt");

            assertThat(vm.rax()).isNotEqualTo(vm.gpr(3));
            assertThat(vm.gpr(1)).isEqualTo(1);
        }
    }
}
