package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.Flags;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MoveStepsTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "mov rax, -1 / mov eax, 5                               | rax=5",
                "mov rax, -1 / mov ax, 5                                | rax=ffffffffffff0005",
                "mov rax, -1 / mov ah, 5                                | rax=ffffffffffff05ff",
                "mov rax, -1 / xor ebx, ebx / mov al, bh                | rax=ffffffffffffff00",
                "mov rsi, 0x1234 / mov sil, 5 / mov r8, rsi             | r8=1205",
                "mov rax, 0x1122334455667788 / mov [0x20000], rax / mov ebx, [0x20002]      | rbx=33445566",
                "mov rax, 0x1122334455667788 / mov [0x20000], rax / mov bx, [0x20002]       | rbx=5566",
                "mov rax, 0x1122334455667788 / mov [0x20000], rax / mov bh, [0x20007]       | rbx=1100",
                "mov rax, 0x1122334455667788 / mov [0x20ffd], rax / mov rbx, [0x20ffd]      | rbx=1122334455667788",
                "mov dword ptr [0x20000], -1 / mov word ptr [0x20001], 0 / mov eax, [0x20000] | rax=ff0000ff",
                "mov qword ptr [0x20000], -2 / mov rax, [0x20000]       | rax=fffffffffffffffe",
                "mov ah, 7 / mov [0x20000], ah                          | [20000].1=7",
                "mov al, 0x80 / movzx ebx, al                           | rbx=80",
                "mov al, 0x80 / movsx ebx, al                           | rbx=ffffff80",
                "mov al, 0x80 / movsx rbx, al                           | rbx=ffffffffffffff80",
                "mov rbx, -1 / mov ah, 0x80 / movzx bx, ah              | rbx=ffffffffffff0080",
                "mov rbx, -1 / mov al, 0x7f / movsx bx, al              | rbx=ffffffffffff007f",
                "mov word ptr [0x20000], 0x8000 / movsx eax, word ptr [0x20000]  | rax=ffff8000",
                "mov word ptr [0x20000], 0x8000 / movzx rax, word ptr [0x20000]  | rax=8000",
                "mov dword ptr [0x20000], 0x80000000 / movsxd rax, dword ptr [0x20000] | rax=ffffffff80000000",
                "mov eax, -5 / movsxd rbx, eax                          | rbx=fffffffffffffffb",
                "mov rax, -1 / mov al, 0x7f / cbw                       | rax=ffffffffffff007f",
                "mov eax, 0x8000 / cwde                                 | rax=ffff8000",
                "mov eax, 0x80000000 / cdqe                             | rax=ffffffff80000000",
                "mov eax, 0x80000000 / cdq                              | rax=80000000 rdx=ffffffff",
                "mov rdx, -1 / mov rax, 5 / cqo                         | rdx=0",
                "mov rdx, -1 / mov eax, 5 / cwd                         | rdx=ffffffffffff0000",
                "mov rbx, 0x10 / mov rcx, 0x3 / lea rax, [rbx+rcx*8+5]  | rax=2d",
                "mov rbx, -1 / lea eax, [rbx+2]                         | rax=1",
                "mov rbx, -1 / lea rax, [ebx+2]                         | rax=1",
                "mov rax, -1 / mov rbx, 0x12345 / lea ax, [rbx]         | rax=ffffffffffff2345",
                "mov eax, 0x11223344 / bswap eax                        | rax=44332211",
                "mov rax, 0x1122334455667788 / bswap rax                | rax=8877665544332211",
                "mov byte ptr [0x20003], 9 / mov rbx, 0x20000 / mov rax, 0x103 / xlat       | rax=109",
                "xor eax, eax / mov rbx, -1 / mov ecx, 5 / cmove ebx, ecx                   | rbx=5",
                "or eax, 1 / mov rbx, -1 / mov ecx, 5 / cmove ebx, ecx                      | rbx=ffffffff",
                "or eax, 1 / mov rbx, -1 / mov ecx, 5 / cmovne rbx, rcx                     | rbx=5",
                "stc / mov rbx, -1 / mov ecx, 5 / cmovc bx, cx          | rbx=ffffffffffff0005",
                "stc / mov dword ptr [0x20000], 7 / cmovnc eax, [0x20000] / cmovc ebx, [0x20000] | rbx=7",
                "xor eax, eax / setz al / sete [0x20000]                | rax=1 [20000].1=1",
                "mov rax, -1 / xor ebx, ebx / setnz ah                  | rax=ffffffffffff00ff",
                "mov eax, 5 / movnti [0x20000], eax                     | [20000].4=5",
                "mov rax, gs:[0x20000] / mov rbx, fs:[rax+0x20000]      | rax=0",
            })
    void movesChangeWhatTheyName(String program, String outcome) {
        Fact.holds(program, outcome);
    }

    @Test
    void conditionsAreThoseOfTheFlags() {
        String[] names = {"o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"};
        int[] bits = {Flags.OF, Flags.SF, Flags.ZF, Flags.AF, Flags.PF, Flags.CF};
        StringBuilder program = new StringBuilder("mov rbp, rsp\n");
        for (int combination = 0; combination < 64; combination++) {
            int flags = 0;
            for (int i = 0; i < 6; i++) {
                flags |= (combination >> i & 1) != 0 ? bits[i] : 0;
            }
            program.append("push 0x%x\npopfq\n".formatted(flags | 2));
            for (int i = 0; i < 16; i++) {
                program.append("set%s [0x%x]\n".formatted(names[i], TestVm.DATA + combination * 16 + i));
            }
            program.append("pushfq\npop rax\nmov [0x%x], eax\n".formatted(TestVm.DATA + 0x1000 + combination * 4));
        }
        try (TestVm vm = TestVm.longMode()) {
            vm.run(program + "hlt");

            for (int combination = 0; combination < 64; combination++) {
                boolean o = (combination & 1) != 0;
                boolean s = (combination & 2) != 0;
                boolean z = (combination & 4) != 0;
                boolean p = (combination & 16) != 0;
                boolean c = (combination & 32) != 0;
                boolean[] expected = {
                    o, !o, c, !c, z, !z, c || z, !(c || z), s, !s, p, !p, s != o, s == o, z || s != o, !z && s == o
                };
                for (int i = 0; i < 16; i++) {
                    assertThat(vm.read(TestVm.DATA + combination * 16 + i, 1))
                            .as("set%s with flags %d", names[i], combination)
                            .isEqualTo(expected[i] ? 1 : 0);
                }
                int flags = 0;
                for (int i = 0; i < 6; i++) {
                    flags |= (combination >> i & 1) != 0 ? bits[i] : 0;
                }
                assertThat(vm.read(TestVm.DATA + 0x1000 + combination * 4, 4) & Flags.STATUS)
                        .isEqualTo(flags);
            }
        }
    }

    @Test
    void aConditionalMoveReadsItsSourceEvenIfItDoesNotMove() {
        try (TestVm vm = TestVm.longMode()) {
            vm.map(0x30000, 0);

            Fact.check(vm, "stc / mov eax, 7 / cmovnc eax, [0x30000]", "vector=14 rax=7");
        }
    }

    @Test
    void aFaultingStoreLeavesEverything() {
        try (TestVm vm = TestVm.longMode()) {
            vm.map(0x30000, 0x30000 | 1);

            Fact.check(vm, "mov rbx, 5 / mov [0x2fffe], ebx", "vector=14 [2fffe].2=0 rbx=5");
        }
    }
}
