package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.DATA;
import static cloison.machine.processor.ProcessorState.RBX;
import static cloison.machine.processor.ProcessorState.RCX;
import static cloison.machine.processor.ProcessorState.RDX;
import static cloison.machine.processor.ProcessorState.RSP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cloison.cpu.TranslatorSettings;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Neighbouring accesses of translated code, which one check covers: each does what it would do alone.
class AccessWindowTest {
    private static final int SECOND = DATA + 0x1000;

    /// Runs a test with kernel and user code, and with user code that is hot.
    private static void everyWay(Consumer<TestVm> test) {
        assumeTrue(Engines.translated());
        TranslatorSettings settings = TranslatorSettings.standard().withCodeBytes(1 << 20);
        try (TestVm vm = TestVm.translated(settings)) {
            test.accept(vm);
        }
        for (int hotAfter : new int[] {0, 3}) {
            try (TestVm vm = TestVm.translated(settings.withHotAfter(hotAfter))) {
                test.accept(vm.user());
            }
        }
    }

    @Test
    void aFrameMayLieInTwoPages() {
        everyWay(vm -> {
            for (int top = SECOND - 64; top <= SECOND + 128; top += 8) {
                int start = top;
                vm.with(state -> state.gpr[RSP] = start);
                vm.run("""
                        xor edx, edx
                        mov ecx, 30
                again:  push rcx
                        push 5
                        sub rsp, 40
                        mov [rsp+8], rcx
                        mov qword ptr [rsp+32], 7
                        push rbx
                        add rdx, [rsp+16]
                        add rdx, [rsp+40]
                        pop rbx
                        add rsp, 40
                        add rdx, [rsp]
                        pop rax
                        pop rcx
                        dec ecx
                        jnz again
                        ud2
                """);

                assertThat(vm.vector()).isEqualTo(GuestFault.UD);
                assertThat(vm.gpr(RDX)).isEqualTo(30 * 31 / 2 + 30 * 12);
            }
        });
    }

    @Test
    void aRunOfPushesOrPopsMayLieInTwoPages() {
        everyWay(vm -> {
            for (int top = SECOND - 8; top <= SECOND + 40; top += 4) {
                int start = top;
                vm.with(state -> state.gpr[RSP] = start);
                vm.run("""
                        xor edx, edx
                        mov ebx, 3
                        mov ecx, 40
                again:  call save
                        dec ecx
                        jnz again
                        ud2
                save:   push rbx
                        push rcx
                        push 7
                        jmp load
                load:   pop rax
                        pop rsi
                        pop rdi
                        jmp sum
                sum:    add rdx, rax
                        add rdx, rsi
                        add rdx, rdi
                        push rdx
                        push rcx
                        jmp leave
                leave:  pop rcx
                        pop rdx
                        ret
                """);

                assertThat(vm.vector()).isEqualTo(GuestFault.UD);
                assertThat(vm.gpr(RDX)).isEqualTo(40 * 10 + 40 * 41 / 2);
            }
        });
    }

    @Test
    void aStoreThatIsNotExecutedDoesNotFault() {
        everyWay(vm -> {
            vm.write(DATA + 16, 8, 3);
            vm.map(DATA, DATA | 5);
            vm.run("""
                    xor edx, edx
                    mov ecx, 50
                    mov ebx, 0x20000
            again:  mov rax, [rbx+16]
                    add rdx, rax
                    test eax, eax
                    jnz past
                    mov [rbx+24], rax
            past:   dec ecx
                    jnz again
                    ud2
            """);

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            assertThat(vm.gpr(RDX)).isEqualTo(150);
        });
    }

    @Test
    void aStoreToAReadOnlyPageFaultsAfterTheLoadsBeforeIt() {
        everyWay(vm -> {
            boolean user = vm.cpu().cpl == 3;
            vm.write(DATA + 16, 8, 3);
            vm.map(DATA, DATA | 5);
            vm.run("mov ebx, 0x20000\n mov rdx, [rbx+16]\n here: mov [rbx+24], rdx\n mov edx, 0\n hlt");

            assertThat(vm.vector()).isEqualTo(GuestFault.PF);
            assertThat(vm.gpr(RDX)).isEqualTo(3);
            assertThat(vm.cpu().cr2).isEqualTo(DATA + 24);
            assertThat(vm.frame().errorCode()).isEqualTo(user ? 7 : 3);
        });
    }

    @Test
    void anAccessToAMissingPageFaultsAfterThoseToThePageBeforeIt() {
        everyWay(vm -> {
            vm.write(SECOND - 8, 8, 9);
            vm.map(SECOND, 0);
            vm.run("mov ebx, 0x20ff8\n mov rdx, [rbx]\n mov rcx, [rbx+16]\n hlt");

            assertThat(vm.vector()).isEqualTo(GuestFault.PF);
            assertThat(vm.gpr(RDX)).isEqualTo(9);
            assertThat(vm.cpu().cr2).isEqualTo(SECOND + 8);
        });
    }

    @Test
    void aDeviceSeesEachAccess() {
        everyWay(vm -> {
            long device = 0xFE00_0000L;
            vm.map(DATA, device | 7);
            vm.intercepts().devices.put(device + 8, 4L);
            vm.intercepts().devices.put(device + 12, 6L);
            vm.run("mov ebx, 0x20000\n mov edx, [rbx+8]\n add edx, [rbx+12]\n mov [rbx+16], edx\n ud2");

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            assertThat(vm.gpr(RDX)).isEqualTo(10);
            assertThat(vm.intercepts().log).contains("write fe000010/4 a");
        });
    }

    @Test
    void anotherMappingIsSeen() {
        everyWay(vm -> {
            vm.write(DATA, 8, 1);
            vm.write(DATA + 8, 8, 2);
            vm.write(SECOND, 8, 10);
            vm.write(SECOND + 8, 8, 20);
            String program = "mov ebx, 0x20000\n mov rdx, [rbx]\n add rdx, [rbx+8]\n ud2";
            var before = vm.processor().state();
            vm.run(program);
            long first = vm.gpr(RDX);
            vm.map(DATA, SECOND | 7);
            vm.processor().load(before);
            vm.run(program);

            assertThat(first).isEqualTo(3);
            assertThat(vm.gpr(RDX)).isEqualTo(30);
        });
    }

    @Test
    void accessesMayWanderOverManyPages() {
        everyWay(vm -> {
            // a ring through 64 pages
            for (int i = 0; i < 64; i++) {
                vm.write(0x40000 + 0x1000L * i + 32, 8, 0x40000 + 0x1000L * ((i * 29 + 1) % 64));
                vm.write(0x40000 + 0x1000L * i + 40, 8, i);
            }
            vm.run("""
                    xor edx, edx
                    mov ebx, 0x40000
                    mov ecx, 6400
            again:  add rdx, [rbx+40]
                    mov rbx, [rbx+32]
                    dec ecx
                    jnz again
                    ud2
            """);

            long sum = 0;
            for (int n = 0, i = 0; n < 6400; n++) {
                sum += i;
                i = (i * 29 + 1) % 64;
            }
            assertThat(vm.gpr(RDX)).isEqualTo(sum);
        });
    }

    @Test
    void anAddressThatIsNotCanonicalFaults() {
        everyWay(vm -> {
            // what an empty slot is for
            vm.run("mov rbx, 0x4000000000000010\n mov ecx, 1\n mov rdx, [rbx]\n add rdx, [rbx+8]\n hlt");

            assertThat(vm.vector()).isEqualTo(GuestFault.GP);
            assertThat(vm.gpr(RCX)).isEqualTo(1);
            assertThat(vm.gpr(RBX)).isEqualTo(0x4000_0000_0000_0010L);
        });
    }

    @Test
    void aChangedBaseEndsAWindow() {
        everyWay(vm -> {
            for (int i = 0; i < 8; i++) {
                vm.write(DATA + 8L * i, 8, 1L << i);
            }
            vm.run("""
                    mov ebx, 0x20000
                    mov ecx, 0x20000
                    mov rdx, [rbx]
                    add rdx, [rbx+8]
                    lea rbx, [rbx+8]
                    add rdx, [rbx+8]
                    xchg rcx, rbx
                    add rdx, [rbx+24]
                    add rdx, [rcx+24]
                    ud2
            """);

            assertThat(vm.gpr(RDX)).isEqualTo(1 + 2 + 4 + 8 + 16);
        });
    }

    @Test
    void aPushWhoseOperandIsInterpretedLeadsNobody() {
        everyWay(vm -> {
            vm.write(SECOND - 4, 8, 5);
            vm.with(state -> {
                state.gpr[RSP] = DATA + 0x800;
                state.gpr[RBX] = 7;
            });
            vm.run("""
                    mov esi, 0x20900
                    mov ecx, 2
            again:  push qword ptr [rsi]
                    push rbx
                    lea rsp, [rsp-48]
                    mov esi, 0x20ffc
                    dec ecx
                    jnz again
                    ud2
            """);

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            assertThat(vm.read(DATA + 0x800 - 64 - 8, 8))
                    .as("read from two pages")
                    .isEqualTo(5);
            assertThat(vm.read(DATA + 0x800 - 64 - 16, 8)).isEqualTo(7);
        });
    }

    /// STAC changes in the middle of a block what its accesses are allowed.
    @Test
    @Timeout(60)
    void theKernelMayMissUsersPagesInTheBlockThatAllowsThem() {
        assumeTrue(Engines.translated());
        try (TestVm vm = TestVm.translated(TranslatorSettings.standard().withCodeBytes(1 << 20))) {
            for (int page : new int[] {TestVm.GDT, TestVm.IDT, TestVm.HANDLERS, TestVm.STACK - 8}) {
                vm.map(page, page & -4096L | 0x63);
            }
            vm.map(DATA, DATA | 0x65);
            vm.with(state -> {
                state.cr0 |= 1 << 16;
                state.cr4 |= 1 << 21;
            });
            vm.run(
                    "mov edi, 0x%x\n mov eax, 5\n stac\n mov rcx, [rdi+8]\n mov [rdi], rax\n mov [rdi+16], rax\n clac\n hlt"
                            .formatted(DATA));

            assertThat(vm.vector()).isEqualTo(GuestFault.PF);
            assertThat(vm.frame().errorCode()).isEqualTo(3);
            assertThat(vm.frame().rflags() & Flags.AC).isNotZero();
            assertThat(vm.cpu().cr2).isEqualTo(DATA);
        }
    }
}
