package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.Flags;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StackStepsTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "push -2                                                | rsp=8ff8 [8ff8].8=fffffffffffffffe",
                "push 0x12345678                                        | rsp=8ff8 [8ff8].8=12345678",
                "mov rax, -1 / push rax / pop rbx                       | rsp=9000 rbx=ffffffffffffffff",
                "push rsp / pop rax                                     | rax=9000",
                "push 0x1234 / pop rsp                                  | rsp=1234",
                "mov rax, -1 / push ax                                  | rsp=8ffe [8ffe].2=ffff",
                "push 0x12345 / mov rax, -1 / pop ax                    | rsp=8ffa rax=ffffffffffff2345",
                "mov qword ptr [0x20000], 9 / push qword ptr [0x20000] / pop qword ptr [0x20008] | [20008].8=9 rsp=9000",
                // the address of POP's destination is that of after the pop
                "push 7 / push 8 / pop qword ptr [rsp]                  | [8ff8].8=8 rsp=8ff8",
                "mov rbp, 0x1111 / enter 0x20, 0                        | rsp=8fd8 rbp=8ff8 [8ff8].8=1111",
                "mov rbp, 0x8800 / mov qword ptr [0x87f8], 5 / enter 8, 2 | rbp=8ff8 rsp=8fe0 [8ff8].8=8800 [8ff0].8=5 [8fe8].8=8ff8",
                "push 0x77 / mov rbp, rsp / sub rsp, 64 / leave         | rbp=77 rsp=9000",
                "stc / pushfq / pop rax                                 | rax=3",
                "push 0x8d5 / popfq                                     | flags=OSZAPC",
                "push 0x400 / popfq                                     | df=1",
                "mov ah, 0xff / sahf                                    | flags=SZAPC",
                "stc / mov eax, -1 / lahf                               | rax=ffff03ff",
            })
    void theStackGrowsDownBySizes(String program, String outcome) {
        Fact.holds(program, outcome);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "push 5                                                 | rsp=8ffc [8ffc].4=5",
                "mov eax, 1 / mov ebx, 2 / mov edi, 9 / pushad          | rsp=8fe0 [8ffc].4=1 [8fec].4=9000 [8fe0].4=9",
                "push 1 / push 2 / push 3 / push 4 / push 5 / push 6 / push 7 / push 8 / popad "
                        + "| rsp=9000 rax=1 rcx=2 rdx=3 rbx=4 rbp=6 rsi=7 rdi=8",
                "mov eax, 0x12345678 / push ax / pop bx                 | rbx=5678 rsp=9000",
                "inc eax / dec ecx                                      | rax=1 rcx=ffffffff",
            })
    void inProtectedModeTheStackHasDoublewords(String program, String outcome) {
        Fact.holdsInProtectedMode(program, outcome);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "push 5                                                 | rsp=8ffe [8ffe].2=5",
                "mov eax, 0x12345678 / push eax                         | rsp=8ffc [8ffc].4=12345678",
                "mov esp, 0x50000 / push ax                             | rsp=5fffe",
                "mov ax, 7 / pushaw / popaw                             | rax=7 rsp=9000",
                "call there / there: pop ax                             | rax=3",
                "mov esp, 0x58000 / mov ebp, 0x41234 / db 0x66, 0xc8, 4, 0, 1 | rbp=57ffc rsp=57ff4 [7ffc].4=41234 [7ff8].4=57ffc",
                "mov bx, 0xffff / mov eax, [bx]                         | vector=13",
            })
    void inRealModeTheStackHasWords(String program, String outcome) {
        Fact.holdsInRealMode(program, outcome);
    }

    @Test
    void aFaultingPopLeavesTheStackPointer() {
        try (TestVm vm = TestVm.longMode()) {
            vm.map(0x30000, 0);

            Fact.check(vm, "push 5 / mov rbx, rsp / pop qword ptr [0x30000]", "vector=14 rbx=8ff8");
            assertThat(vm.frame().rsp()).isEqualTo(0x8ff8);
        }
    }

    @Test
    void flagsAboveThePrivilegeStayOnPop() {
        try (TestVm vm = TestVm.longMode().user()) {
            vm.run("push 0x3202\npopfq\npushfq\npop rax\nhlt");

            assertThat(vm.rax() & (Flags.IF | Flags.IOPL)).isZero();
        }
        try (TestVm vm = TestVm.longMode()) {
            vm.run("push 0x3202\npopfq\npushfq\npop rax\nhlt");

            assertThat(vm.rax() & (Flags.IF | Flags.IOPL)).isEqualTo(Flags.IF | Flags.IOPL);
        }
    }

    @Test
    void aStackThatIsNotCanonicalIsAStackFault() {
        for (String access :
                new String[] {"push rax", "mov rax, [rsp]", "mov [rsp+8], rax", "ret", "pop rbx", "leave"}) {
            try (TestVm vm = TestVm.longMode().user()) {
                Fact.check(vm, "mov rsp, 0x8000000000000000 / mov rbp, rsp / " + access, "vector=12");
            }
        }
        Fact.holds("mov rbx, 0x8000000000000000 / mov rax, [rbx]", "vector=13");
    }
}
