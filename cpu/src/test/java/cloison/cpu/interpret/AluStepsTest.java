package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AluStepsTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                // each flag, at each size
                "mov al, 0x7f / add al, 1                        | rax=80 flags=OSA",
                "mov al, 0xff / add al, 1                        | rax=0 flags=ZAPC",
                "mov ax, 0x7fff / add ax, 1                      | rax=8000 flags=OSAP",
                "mov eax, 0x7fffffff / add eax, 1                | rax=80000000 flags=OSAP",
                "mov rax, 0x7fffffffffffffff / add rax, 1        | rax=8000000000000000 flags=OSAP",
                "mov rax, -1 / add rax, 1                        | rax=0 flags=ZAPC",
                "mov eax, 5 / sub eax, 5                         | rax=0 flags=ZP",
                "mov eax, 5 / sub eax, 6                         | rax=ffffffff flags=SAPC",
                "mov al, 0x80 / sub al, 1                        | rax=7f flags=OA",
                "mov eax, 0x80000000 / cmp eax, 1                | rax=80000000 flags=OAP",
                "xor ebx, ebx / mov eax, 3 / cmp ebx, eax        | flags=SAC",
                // a 32-bit result clears the upper half, a narrower one leaves it
                "mov rax, -1 / add eax, 1                        | rax=0",
                "mov rax, -1 / add ax, 1                         | rax=ffffffffffff0000",
                "mov rax, -1 / add al, 1                         | rax=ffffffffffffff00",
                "mov rax, -1 / add ah, 1                         | rax=ffffffffffff00ff",
                "mov rax, -1 / mov ebx, 0x1200 / add al, bh      | rax=ffffffffffffff11 flags=APC",
                // carries in
                "stc / mov eax, 1 / adc eax, 1                   | rax=3 flags=P",
                "stc / mov eax, -1 / adc eax, 0                  | rax=0 flags=ZAPC",
                "stc / mov rax, -1 / mov rbx, -1 / adc rax, rbx  | rax=ffffffffffffffff flags=SAPC",
                "clc / mov eax, 1 / sbb eax, 1                   | rax=0 flags=ZP",
                "stc / mov eax, 1 / sbb eax, 1                   | rax=ffffffff flags=SAPC",
                "stc / mov eax, 0 / mov ebx, -1 / sbb eax, ebx   | rax=0 flags=ZAPC",
                "stc / sbb rax, rax                              | rax=ffffffffffffffff flags=SAPC",
                // logic clears CF, OF and AF
                "stc / mov eax, 0xf0 / and eax, 0x0f             | rax=0 flags=ZP",
                "stc / mov eax, 0x80000000 / or eax, 3           | rax=80000003 flags=SP",
                "mov rax, -1 / xor rax, 1                        | rax=fffffffffffffffe flags=S",
                "mov eax, 1 / xor eax, eax                       | rax=0 flags=ZP",
                "mov eax, 8 / test eax, eax                      | rax=8 flags=",
                "mov ah, 0x80 / test ah, 0x80                    | rax=8000 flags=S",
                // INC and DEC keep the carry
                "stc / mov eax, 0x7fffffff / inc eax             | rax=80000000 flags=OSAPC",
                "clc / mov rax, -1 / inc rax                     | rax=0 flags=ZAP",
                "stc / mov al, 0 / dec al                        | rax=ff flags=SAPC",
                "clc / mov ax, 0x8000 / dec ax                   | rax=7fff flags=OAP",
                "stc / mov ecx, 1 / dec ecx                      | rcx=0 flags=ZPC",
                "mov eax, 0x10 / neg eax                         | rax=fffffff0 flags=SPC",
                "mov al, 0x80 / neg al                           | rax=80 flags=OSC",
                "xor eax, eax / neg eax                          | rax=0 flags=ZP",
                "stc / mov eax, 1 / not eax                      | rax=fffffffe flags=C",
                // memory
                "mov dword ptr [0x20000], 5 / add dword ptr [0x20000], 3                | [20000].4=8 flags=",
                "mov qword ptr [0x20000], -1 / inc qword ptr [0x20000]                  | [20000].8=0 flags=ZAP",
                "mov byte ptr [0x20000], 0x7f / mov bl, 1 / add [0x20000], bl           | [20000].1=80 flags=OSA",
                "mov word ptr [0x20000], 1 / sub word ptr [0x20000], 2                  | [20000].2=ffff flags=SAPC",
                "mov dword ptr [0x20000], 5 / stc / adc dword ptr [0x20000], 3          | [20000].4=9 flags=P",
                "mov dword ptr [0x20000], 5 / mov eax, 7 / sub eax, [0x20000]           | rax=2 flags=",
                "mov qword ptr [0x20000], 7 / mov rax, 7 / cmp rax, [0x20000]           | rax=7 flags=ZP",
                "mov byte ptr [0x20000], 7 / cmp byte ptr [0x20000], 8                  | flags=SAPC",
                "mov qword ptr [0x20000], 7 / mov rcx, 8 / cmp [0x20000], rcx           | flags=SAPC",
                "mov dword ptr [0x20000], 6 / test dword ptr [0x20000], 2               | flags=",
                "mov byte ptr [0x20000], 6 / test byte ptr [0x20000], 8                 | flags=ZP",
                "mov dword ptr [0x20000], 6 / mov eax, 2 / test [0x20000], eax          | flags=",
                "mov byte ptr [0x20000], 6 / mov ah, 6 / xor ah, [0x20000]              | rax=0 flags=ZP",
                "mov dword ptr [0x20000], 1 / neg dword ptr [0x20000]                   | [20000].4=ffffffff flags=SAPC",
                // locked
                "mov dword ptr [0x20000], 5 / lock add dword ptr [0x20000], 3           | [20000].4=8 flags=",
                "mov dword ptr [0x20000], 5 / stc / lock sbb dword ptr [0x20000], 3     | [20000].4=1 flags=",
                "mov word ptr [0x20007], 5 / mov ax, 3 / lock or [0x20007], ax          | [20007].2=7 flags=",
                "mov byte ptr [0x20003], 1 / lock dec byte ptr [0x20003]                | [20003].1=0 flags=ZP",
                "mov qword ptr [0x20ffd], 1 / lock not qword ptr [0x20ffd]              | [20ffd].8=fffffffffffffffe",
            })
    void arithmeticLeavesItsResultAndFlags(String program, String outcome) {
        Fact.holds(program, outcome);
    }

    @TestFactory
    Stream<DynamicTest> theTwoWaysToComputeAgree() {
        // every form of an operation, against the same operation on memory
        return Stream.of("add", "or", "adc", "sbb", "and", "sub", "xor")
                .flatMap(op -> Stream.of("eax", "rax", "ax", "al", "ah")
                        .map(register -> DynamicTest.dynamicTest(op + " " + register, () -> {
                            String source = register.replace('a', 'b');
                            String setup = "mov rax, 0x123456789abcdef0 / mov rbx, 0xfedcba9876543281 / ";
                            String memory = setup + "mov [0x20000], " + register + " / stc / " + op + " [0x20000], "
                                    + source + " / pushfq / pop rcx / mov " + register + ", [0x20000]";
                            String straight =
                                    setup + "stc / " + op + " " + register + ", " + source + " / pushfq / pop rcx";
                            String reverse = setup + "mov [0x20000], " + source + " / stc / " + op + " " + register
                                    + ", [0x20000] / pushfq / pop rcx";
                            String locked = memory.replace("stc / ", "stc / lock ");

                            String expected = result(straight);
                            assertThat(result(memory)).isEqualTo(expected);
                            assertThat(result(reverse)).isEqualTo(expected);
                            assertThat(result(locked)).isEqualTo(expected);
                        })));
    }

    private static String result(String program) {
        try (TestVm vm = TestVm.longMode()) {
            vm.run(program.replace(" / ", "\n") + "\nhlt");
            return "%x %x".formatted(vm.rax(), vm.gpr(1));
        }
    }
}
