package cloison.cpu.interpret;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BitStepsTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                // CF is the bit; ZF and the others stay
                "xor eax, eax / mov eax, 4 / bt eax, 2                  | flags=ZPC",
                "xor eax, eax / mov eax, 4 / bt eax, 34                 | flags=ZPC",
                "xor eax, eax / mov eax, 4 / bt eax, 1                  | flags=ZP",
                "xor eax, eax / mov rax, -1 / bts eax, 0                | rax=ffffffff flags=ZPC",
                "mov rax, 0 / mov ecx, 65 / bts rax, rcx                | rax=2",
                "mov ax, 0xffff / mov cx, 17 / btr ax, cx               | rax=fffd",
                "mov rax, 1 / btc rax, 0 / btc rax, 63                  | rax=8000000000000000",
                // bit strings
                "mov eax, 100 / bts [0x20000], eax                      | [2000c].4=10",
                "mov rax, -1 / bts [0x20000], rax                       | [1fff8].8=8000000000000000",
                "mov ax, -17 / bts [0x20000], ax                        | [1fffc].2=8000",
                "mov byte ptr [0x20010], 1 / mov eax, 128 / bt [0x20000], eax / setc bl | bl=1",
                "mov dword ptr [0x20000], 0xff / mov eax, 3 / lock btr [0x20000], eax   | [20000].4=f7",
                "mov dword ptr [0x20000], 0xff / lock btc dword ptr [0x20000], 8        | [20000].4=1ff",
                "mov dword ptr [0x20000], 0xff / bt dword ptr [0x20000], 7 / setc al    | al=1",
                // scans
                "mov eax, 0x50 / bsf ecx, eax                           | rcx=4",
                "mov eax, 0x50 / bsr ecx, eax                           | rcx=6",
                "mov rax, 0x8000000000000000 / bsr rcx, rax             | rcx=3f",
                "mov rcx, 77 / xor eax, eax / bsf rcx, rax / setz bl    | rcx=4d bl=1",
                "mov ecx, 77 / mov rax, 0x100000000 / bsf ecx, eax / setz bl | rcx=4d bl=1",
                "mov word ptr [0x20000], 8 / bsf ax, [0x20000]          | rax=3",
                "mov eax, 0x50 / lzcnt ecx, eax                         | rcx=19",
                "mov eax, 0x50 / tzcnt cx, ax                           | rcx=4",
                "xor eax, eax / tzcnt rcx, rax / setc dl                | rcx=40 rdx=1",
                "mov ebx, 0x1a05 / mov eax, 0x12345678 / bextr ecx, eax, ebx | rcx=91a2b3",
                "mov ebx, 0x1f / mov eax, -1 / bzhi ecx, eax, ebx       | rcx=7fffffff",
                "mov ebx, 0xf0f0 / mov eax, 0xab / pdep ecx, eax, ebx   | rcx=a0b0",
                "mov ebx, 0xf0f0 / mov eax, 0xa1b2 / pext ecx, eax, ebx | rcx=ab",
                "mov edx, -1 / mov eax, 0x10 / mulx ebx, ecx, eax       | rbx=f rcx=fffffff0",
                "mov eax, 0xf0f / popcnt ecx, eax                       | rcx=8 flags=",
                "stc / xor eax, eax / popcnt rcx, rax                   | rcx=0 flags=Z",
                "mov rax, -1 / popcnt cx, ax                            | rcx=10",
                "mov eax, -1 / mov cl, 'a' / crc32 eax, cl              | rax=3e2fbccf",
                "mov eax, -1 / mov dword ptr [0x20000], 0x34333231 / crc32 eax, dword ptr [0x20000] | rax=9c50b11",
                "mov rax, -1 / mov rcx, 0x3837363534333231 / crc32 rax, rcx | rax=9f787f65",
            })
    void bitsAreFoundAndChanged(String program, String outcome) {
        Fact.holds(program, outcome);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "mov al, 0x0a / aaa / setc bl    | rax=100 rbx=1",
                "mov ax, 0x0305 / xor bl, bl / aas | rax=305",
                "mov ax, 0x0200 / mov bl, 1 / sub al, bl / aas | rax=109",
                "mov al, 79 / aam                | rax=709 flags=P",
                "mov ax, 0x0709 / aad            | rax=4f flags=",
                "mov al, 0x35 / db 0xd4, 0x10    | rax=305",
                "mov al, 5 / db 0xd4, 0          | vector=0 rax=5",
                "mov al, 0x79 / mov bl, 0x35 / add al, bl / daa | rax=14 flags=APC",
                "mov al, 0x2e / mov bl, 0x47 / clc / daa | rax=34 flags=A",
                "mov al, 0x35 / mov bl, 0x47 / sub al, bl / das | rax=88 flags=SAPC",
                "stc / salc                      | rax=ff",
                "mov eax, -1 / clc / salc        | rax=ffffff00",
            })
    void decimalArithmeticCorrects(String program, String outcome) {
        Fact.holdsInProtectedMode(program, outcome);
    }
}
