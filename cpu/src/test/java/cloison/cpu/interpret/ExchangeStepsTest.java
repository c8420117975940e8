package cloison.cpu.interpret;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExchangeStepsTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "mov rax, 1 / mov rbx, 2 / xchg rax, rbx                | rax=2 rbx=1",
                "mov rax, -1 / mov rbx, -1 / mov ecx, 3 / xchg ecx, ebx | rbx=3 rcx=ffffffff",
                "mov eax, 0x1234 / xchg al, ah                          | rax=3412",
                // XCHG EAX, EAX is NOP; by ModRM it is not
                "mov rax, -1 / db 0x90                                  | rax=ffffffffffffffff",
                "mov rax, -1 / db 0x87, 0xc0                            | rax=ffffffff",
                "mov r8, -1 / mov rax, 5 / db 0x41, 0x90                | rax=ffffffff r8=5",
                "mov dword ptr [0x20000], 5 / mov rax, -1 / xchg [0x20000], eax     | rax=5 [20000].4=ffffffff",
                "mov word ptr [0x20fff], 5 / mov ax, 7 / xchg [0x20fff], ax         | rax=5 [20fff].2=7",
                "mov eax, 5 / mov ebx, 6 / xadd eax, ebx                | rax=b rbx=5 flags=",
                "mov eax, 5 / xadd eax, eax                             | rax=a",
                "mov dword ptr [0x20000], 5 / mov ebx, -1 / xadd [0x20000], ebx     | rbx=5 [20000].4=4 flags=AC",
                "mov qword ptr [0x20000], 5 / mov rbx, 3 / lock xadd [0x20000], rbx | rbx=5 [20000].8=8 flags=",
                "mov eax, 5 / mov ebx, 5 / mov ecx, 9 / cmpxchg ebx, ecx            | rax=5 rbx=9 flags=ZP",
                "mov eax, 4 / mov ebx, 5 / mov ecx, 9 / cmpxchg ebx, ecx            | rax=5 rbx=5 flags=SAPC",
                "mov al, 4 / mov bl, 5 / mov cl, 9 / cmpxchg bl, cl                 | rax=5 rbx=5",
                "mov dword ptr [0x20000], 5 / mov eax, 5 / mov ecx, 9 / cmpxchg [0x20000], ecx      | rax=5 [20000].4=9 flags=ZP",
                "mov dword ptr [0x20000], 5 / mov rax, -1 / mov ecx, 9 / lock cmpxchg [0x20000], ecx | rax=5 [20000].4=5",
                "mov qword ptr [0x20000], 5 / mov rax, 5 / mov rcx, 9 / lock cmpxchg [0x20000], rcx | rax=5 [20000].8=9 flags=ZP",
                "mov byte ptr [0x20001], 5 / mov al, 5 / mov cl, 9 / lock cmpxchg [0x20001], cl     | [20001].1=9 [20000].1=0",
                "mov qword ptr [0x20000], 5 / mov eax, 5 / xor edx, edx / mov ebx, 1 / mov ecx, 2 / lock cmpxchg8b [0x20000] | [20000].8=200000001 flags=ZP",
                "mov dword ptr [0x20000], 5 / mov dword ptr [0x20004], 6 / xor eax, eax / xor edx, edx / cmpxchg8b [0x20000] | rax=5 rdx=6",
                "mov qword ptr [0x20000], 5 / mov eax, 5 / xor edx, edx / mov ebx, 1 / mov ecx, 2 / lock cmpxchg16b [0x20000] | [20000].8=1 [20008].8=2",
                "mov qword ptr [0x20008], 7 / xor eax, eax / xor edx, edx / cmpxchg16b [0x20000] / setz bl | rax=0 rdx=7 bl=0",
                "cmpxchg16b [0x20008]                                   | vector=13",
            })
    void valuesAreExchanged(String program, String outcome) {
        Fact.holds(program, outcome);
    }
}
