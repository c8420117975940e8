package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.Samples;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StringStepsTest {
    private static final String AT = "mov rsi, 0x20000 / mov rdi, 0x21000 / ";

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "mov byte ptr [rsi], 5 / movsb                          | [21000].1=5 rsi=20001 rdi=21001",
                "mov qword ptr [rsi], -1 / std / movsq                  | [21000].8=ffffffffffffffff rsi=1fff8 rdi=20ff8",
                "mov eax, 7 / stosd                                     | [21000].4=7 rdi=21004",
                "mov word ptr [rsi], 0x1234 / mov rax, -1 / lodsw       | rax=ffffffffffff1234 rsi=20002",
                "mov dword ptr [rsi], -2 / mov rax, -1 / lodsd          | rax=fffffffe",
                "mov al, 5 / mov byte ptr [rdi], 6 / scasb              | rdi=21001 flags=SAPC",
                "mov byte ptr [rsi], 5 / mov byte ptr [rdi], 5 / cmpsb  | flags=ZP",
                "xor ecx, ecx / rep stosb                               | rdi=21000 [21000].1=0",
                "mov ecx, 100 / mov al, 7 / rep stosb                   | rdi=21064 rcx=0 [21063].1=7 [21064].1=0",
                "mov ecx, 3 / mov eax, 0x01020304 / rep stosd           | [21008].4=1020304 [2100c].4=0",
                "mov ecx, 5 / mov byte ptr [rdi+3], 9 / mov al, 9 / repne scasb | rdi=21004 rcx=1 flags=ZP",
                "mov ecx, 5 / mov byte ptr [rdi+3], 9 / xor eax, eax / repe scasb | rdi=21004 rcx=1",
                "mov ecx, 5 / repe cmpsb                                | rcx=0 rsi=20005 flags=ZP",
                "mov ecx, 5 / mov byte ptr [rsi+2], 1 / repe cmpsb      | rcx=2 rsi=20003 flags=",
                "mov ecx, 5 / mov qword ptr [rsi+16], 3 / rep lodsq     | rcx=0 rax=0 rsi=20028",
                "mov ecx, 4 / std / mov eax, 0x55 / rep stosw           | [20ffa].8=55005500550055 rdi=20ff8",
                // forwards onto itself repeats the pattern
                "mov byte ptr [rsi], 7 / lea rdi, [rsi+1] / mov ecx, 9 / rep movsb | [20009].1=7 [2000a].1=0",
                "mov word ptr [rsi], 0x1234 / lea rdi, [rsi+2] / mov ecx, 4 / rep movsw | [20008].2=1234 [2000a].2=0",
                "mov byte ptr [rsi], 7 / lea rdi, [rsi-1] / mov ecx, 9 / std / rep movsb | [1fff7].1=7 [1fff6].1=0",
                // narrower counts and pointers
                "mov rcx, 0x100000002 / db 0x67, 0xf3, 0xaa             | rcx=0 rdi=21002",
            })
    void stringsAreWalked(String program, String outcome) {
        Fact.holds(AT + program, outcome);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "mov di, 0xfffe / mov cx, 4 / mov al, 1 / rep stosb     | rdi=2 rcx=0 [fffe].2=101 [0].2=101",
                "mov si, 0x100 / mov di, 0x200 / mov word ptr [si], 9 / movsw | [200].2=9 rsi=102",
                "mov edi, 0x10010 / mov ecx, 0x10002 / mov al, 1 / rep stosb  | rdi=10012 rcx=10000 [10].2=101",
            })
    void sixteenBitPointersWrapAround(String program, String outcome) {
        Fact.holdsInRealMode(program, outcome);
    }

    @Test
    void copiesOfAnyLengthOverlapAndDirectionAreThoseOfSingleElements() {
        Samples.check(60, random -> {
            int size = 1 << random.nextInt(4);
            int count = random.nextInt(1, 5000 / size);
            boolean back = random.nextBoolean();
            int from = 0x24000 + random.nextInt(0x1000);
            int to = from + (random.nextInt(4) == 0 ? 0x10000 : random.nextInt(-300, 300));
            int skip = back ? (count - 1) * size : 0;
            byte[] memory = new byte[0x20000];
            random.nextBytes(memory);
            try (TestVm vm = TestVm.longMode()) {
                vm.memory().write(0x20000, memory, 0, memory.length);

                vm.run("mov rsi, 0x%x\nmov rdi, 0x%x\nmov ecx, %d\n%s\nrep movs%c\nhlt"
                        .formatted(from + skip, to + skip, count, back ? "std" : "cld", "bwdq".charAt(random(size))));

                for (int n = 0; n < count; n++) {
                    int at = (back ? count - 1 - n : n) * size;
                    byte[] element = new byte[size];
                    System.arraycopy(memory, from + at - 0x20000, element, 0, size);
                    System.arraycopy(element, 0, memory, to + at - 0x20000, size);
                }
                byte[] now = new byte[memory.length];
                vm.memory().read(0x20000, now, 0, now.length);
                assertThat(now).isEqualTo(memory);
                int end = back ? -size : count * size;
                assertThat(vm.gpr(6)).isEqualTo(from + end);
                assertThat(vm.gpr(7)).isEqualTo(to + end);
                assertThat(vm.gpr(1)).isZero();
            }
        });
    }

    private static int random(int size) {
        return Integer.numberOfTrailingZeros(size);
    }

    @Test
    void aFaultInTheMiddleLeavesTheRegistersWhereItHappened() {
        try (TestVm vm = TestVm.longMode()) {
            vm.map(0x31000, 0);

            Fact.check(
                    vm,
                    "mov rdi, 0x30ff0 / mov ecx, 100 / mov al, 9 / rep stosb",
                    "vector=14 rcx=54 rdi=31000 [30fff].1=9");
            assertThat(vm.frame().rip()).isEqualTo(TestVm.CODE + 14);
            assertThat(vm.cpu().cr2).isEqualTo(0x31000);
        }
    }

    @Test
    void aFaultOfTheSourceComesBeforeOneOfTheDestination() {
        try (TestVm vm = TestVm.longMode()) {
            vm.map(0x31000, 0);
            vm.map(0x33000, 0);

            Fact.check(vm, "mov rsi, 0x31000 / mov rdi, 0x33000 / mov ecx, 9 / rep movsb", "vector=14 rcx=9");
            assertThat(vm.cpu().cr2).isEqualTo(0x31000);
        }
    }

    @Test
    void anInterruptIsTakenBetweenBatchesAndTheRestIsDoneAfterIt() {
        try (TestVm vm = TestVm.longMode()) {
            vm.load(TestVm.HANDLERS + 16 * 0x40, "mov r8, rcx\niretq");
            vm.interrupts().vectors.add(0x40);

            vm.run("mov rdi, 0x20000\nmov ecx, 0x3000\nmov al, 7\nsti\nrep stosb\nhlt");

            assertThat(vm.gpr(1)).isZero();
            assertThat(vm.read(0x22fff, 1)).isEqualTo(7);
            assertThat(vm.gpr(8)).isBetween(1L, 0x3000L);
        }
    }

    @Test
    void aStringThatOverwritesItsOwnInstructionDoesSo() {
        try (TestVm vm = TestVm.longMode()) {
            vm.run("lea rdi, [there]\nmov ecx, 2\nmov al, 0x90\nrep stosb\nthere: ud2\nmov ebx, 5\nhlt");

            assertThat(vm.vector()).isEqualTo(-1);
            assertThat(vm.gpr(3)).isEqualTo(5);
        }
    }
}
