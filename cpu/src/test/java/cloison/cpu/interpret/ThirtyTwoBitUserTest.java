package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.CODE;
import static cloison.cpu.interpret.TestVm.DATA;
import static cloison.cpu.interpret.TestVm.FREE;
import static cloison.cpu.interpret.TestVm.HANDLERS;
import static cloison.cpu.interpret.TestVm.USER_CODE;
import static cloison.cpu.interpret.TestVm.USER_CODE_32;
import static cloison.cpu.interpret.TestVm.USER_DATA;
import static cloison.cpu.interpret.TestVm.USER_STACK;
import static cloison.machine.processor.ProcessorState.DS;
import static cloison.machine.processor.ProcessorState.GS;
import static cloison.machine.processor.ProcessorState.RBP;
import static cloison.machine.processor.ProcessorState.RBX;
import static cloison.machine.processor.ProcessorState.RCX;
import static cloison.machine.processor.ProcessorState.RDI;
import static cloison.machine.processor.ProcessorState.RDX;
import static cloison.machine.processor.ProcessorState.RSI;
import static cloison.machine.processor.ProcessorState.RSP;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.TranslatorSettings;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import cloison.machine.processor.ProcessorState;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// 32-bit programs on a 64-bit kernel: compatibility mode at CPL 3.
class ThirtyTwoBitUserTest {
    /// A segment of 16 bytes at [TestVm#DATA]; of four gigabytes there; the same, read-only.
    private static final int SHORT = FREE | 3;

    private static final int OPEN = FREE + 8 | 3;
    private static final int READ_ONLY = FREE + 16 | 3;

    private static TestVm user(TestVm vm) {
        vm.descriptor(SHORT, DATA, 15, 0x40F3);
        vm.descriptor(OPEN, DATA, 0xFFFFF, 0xC0F3);
        vm.descriptor(READ_ONLY, DATA, 0xFFFFF, 0xC0F1);
        for (int i = 0; i < 64; i++) {
            vm.write(DATA + 4L * i, 4, 0x101L * i);
        }
        return vm.user32();
    }

    /// Runs a test on the engine that tests run on, and where that is the translator, with code that is and is not hot.
    private static void everyWay(Consumer<TestVm> test) {
        try (TestVm vm = TestVm.longMode()) {
            test.accept(user(vm));
        }
        if (Engines.translated()) {
            TranslatorSettings settings = TranslatorSettings.standard().withCodeBytes(1 << 20);
            for (int hotAfter : new int[] {0, 3}) {
                try (TestVm vm = TestVm.translated(settings.withHotAfter(hotAfter))) {
                    test.accept(user(vm));
                }
            }
        }
    }

    private static void run(TestVm vm, String program) {
        vm.run("bits 32\n" + program);
    }

    @Test
    void aLoopIsTranslated() {
        everyWay(vm -> {
            run(vm, """
                    xor eax, eax
                    mov ecx, 5000
            again:  push ecx
                    call add
                    pop ecx
                    dec ecx
                    jnz again
                    ud2
            add:    push ebp
                    mov ebp, esp
                    add eax, [ebp+8]
                    inc eax
                    leave
                    ret
            """);

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            assertThat(vm.rax()).isEqualTo(5000 * 5001 / 2 + 5000);
            assertThat(vm.frame().rsp()).isEqualTo(USER_STACK);
            if (Engines.translated()) {
                assertThat(vm.processor().interpreted()).isLessThan(100);
            }
        });
    }

    @Test
    void encodingsThat64BitCodeDoesNotHaveDoWhatTheySay() {
        everyWay(vm -> {
            vm.with(state -> {
                state.gpr[RBP] = 0;
                state.gpr[RDI] = 0;
            });
            run(vm, """
                    mov ebx, 0x20000
                    mov esi, 0x1122ffff
                    mov edx, 0x0000ff00
                    stc
                    inc edi
                    setc byte ptr [ebx+0x80]
                    dec ebp
                    inc esp
                    inc si
                    db 0x82, 0xC3, 0x08     ; add bl, 8
                    db 0x82, 0x2B, 0x01     ; sub byte ptr [ebx], 1
                    mov eax, [0x2000c]
                    mov [0x20084], eax
                    mov [ebx+0x7b], dh
                    mov ch, [ebx+4]
                    add dh, [0x20008]
                    xchg [ebx+0x7c], dh
                    here: ud2
            """);

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            assertThat(vm.gpr(RDI)).isEqualTo(1);
            assertThat(vm.gpr(RBP)).isEqualTo(0xFFFF_FFFFL);
            assertThat(vm.frame().rsp()).isEqualTo(USER_STACK + 1);
            assertThat(vm.gpr(RSI)).isEqualTo(0x1122_0000L);
            assertThat(vm.gpr(RBX)).isEqualTo(0x20008);
            assertThat(vm.rax()).isEqualTo(0x303);
            assertThat(vm.gpr(RCX) >> 8 & 0xFF).isEqualTo(0x03);
            assertThat(vm.gpr(RDX)).isEqualTo(0x0300);
            assertThat(vm.read(DATA + 8, 1)).isEqualTo(1);
            assertThat(vm.read(DATA + 0x80, 1)).isEqualTo(1);
            assertThat(vm.read(DATA + 0x83, 1)).isEqualTo(0xFF);
            assertThat(vm.read(DATA + 0x84, 4)).isEqualTo(0x300);
        });
    }

    @Test
    void addressesAreOf32Bits() {
        everyWay(vm -> {
            vm.with(state -> {
                state.gpr[RBX] = 0x7654_3210_FFFF_FFF0L;
                state.gpr[RSI] = 0x1_0002_0000L;
                state.gpr[RSP] = 0x5_0000_0000L | USER_STACK;
            });
            run(vm, """
                    mov eax, [ebx+0x20010+4]
                    add eax, [ebx+0x20010+8]
                    add eax, [ebx*2+0x20020+12]
                    add [esi+16], eax
                    add eax, [esi+16]
                    push eax
                    mov ecx, [esp]
                    lea edx, [esi+ebx]
                    ud2
            """);

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            assertThat(vm.read(DATA + 16, 4)).isEqualTo(0x101 * (1 + 2 + 3 + 4));
            assertThat(vm.rax()).isEqualTo(0x101 * (6 + 10));
            assertThat(vm.gpr(RCX)).isEqualTo(0x101 * 16);
            assertThat(vm.gpr(RDX)).isEqualTo(0x1FFF0);
            assertThat(vm.frame().rsp()).isEqualTo(USER_STACK - 4);
            // the host would refuse addresses of 64 bits, and the interpreter then hide the mistake
            assertThat(vm.processor().exits().getOrDefault("fault", 0L)).isZero();
        });
    }

    @Test
    void anAccessBeyondTheEndOfASegmentFaults() {
        everyWay(vm -> {
            run(vm, "mov ebx, 0xfffffffe\n mov eax, 5\n mov eax, [ebx]\n hlt");
            assertThat(vm.vector()).isEqualTo(GuestFault.GP);
            assertThat(vm.rax()).isEqualTo(5);
        });
        everyWay(vm -> {
            run(vm, "mov esp, 2\n push 1\n hlt");
            assertThat(vm.vector()).isEqualTo(GuestFault.SS);
            assertThat(vm.frame().rsp()).isEqualTo(2);
        });
    }

    @Test
    void threadLocalDataIsFoundThroughGs() {
        everyWay(vm -> {
            vm.write(DATA - 4, 4, 1000);
            run(vm, """
                    mov eax, 0x6b
                    mov gs, ax
                    xor eax, eax
                    mov ecx, 30
                    mov ebx, 0x1f8
            again:  add eax, gs:[4]
                    adc eax, gs:[ebx-0x1f0]
                    add gs:[ebx], eax
                    add eax, gs:[0xfffffffc]
                    dec ecx
                    jnz again
                    ud2
            """);

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            long sum = 0;
            long stored = 0;
            for (int i = 0; i < 30; i++) {
                sum += 0x101 + 0x202;
                stored += sum;
                sum += 1000;
            }
            assertThat(vm.rax()).isEqualTo(sum);
            assertThat(vm.read(DATA + 0x1F8, 4)).isEqualTo(stored);
        });
    }

    @Test
    void aSegmentThatIsNotOpenIsChecked() {
        String through = "mov eax, %d\n mov gs, ax\n mov eax, gs:[12]\n mov ecx, gs:[%d]\n hlt";
        everyWay(vm -> {
            run(vm, through.formatted(SHORT, 13));
            assertThat(vm.vector()).isEqualTo(GuestFault.GP);
            assertThat(vm.rax()).isEqualTo(0x303);
        });
        everyWay(vm -> {
            run(vm, "mov eax, %d\n mov gs, ax\n mov eax, gs:[4]\n mov gs:[4], eax\n hlt".formatted(READ_ONLY));
            assertThat(vm.vector()).isEqualTo(GuestFault.GP);
            assertThat(vm.rax()).isEqualTo(0x101);
        });
        everyWay(vm -> {
            run(vm, "xor eax, eax\n mov gs, ax\n inc eax\n mov eax, gs:[0x20000]\n hlt");
            assertThat(vm.vector()).isEqualTo(GuestFault.GP);
            assertThat(vm.rax()).isEqualTo(1);
        });
    }

    @Test
    void anotherGsIsSeenByCodeThatIsThere() {
        everyWay(vm -> {
            run(vm, """
                    mov edi, 0x6b
                    mov esi, 0x63
                    xor ebx, ebx
                    mov ecx, 20
            again:  xchg esi, edi
                    mov gs, di
                    add ebx, gs:[12]
                    dec ecx
                    jnz again
                    mov ecx, 10
                    jmp past
            past:   xor edi, edi
                    mov gs, di
                    mov ecx, gs:[12]
                    hlt
            """);

            assertThat(vm.vector()).isEqualTo(GuestFault.GP);
            assertThat(vm.gpr(RBX)).isEqualTo(20 * 0x303);
            assertThat(vm.gpr(RCX)).isEqualTo(10);
            assertThat(vm.cpu().segmentSelector[GS]).isZero();
        });
    }

    @Test
    void aDataSegmentWithABaseIsUsed() {
        everyWay(vm -> {
            run(vm, """
                    mov ebx, 0x20000
                    xor eax, eax
                    mov ecx, 20
            again:  mov edx, 0x6b
                    add eax, [ebx+4]
                    mov ds, dx
                    add eax, [8]
                    add eax, [ecx*4-4]
                    mov edx, 0x23
                    mov ds, dx
                    dec ecx
                    jnz again
                    mov edx, 0x63
                    mov ds, dx
                    mov ecx, [12]
                    mov ecx, [16]
                    hlt
            """);

            assertThat(vm.vector()).isEqualTo(GuestFault.GP);
            assertThat(vm.rax()).isEqualTo(20 * 0x303 + 0x101 * 19 * 20 / 2);
            assertThat(vm.gpr(RCX)).isEqualTo(0x303);
            assertThat(vm.cpu().segmentSelector[DS]).isEqualTo(SHORT);
        });
    }

    @Test
    void onePageHoldsCodeOfBothSizes() {
        everyWay(vm -> {
            // 48 FF C0: INC RAX in 64-bit code; DEC EAX, INC EAX in the other
            vm.load(CODE + 0x100, "bits 32\n db 0x48, 0xFF, 0xC0\n ret");
            vm.load(CODE + 0x180, """
                    mov edx, 0x10100
                    call rdx
                    mov dword ptr [0x20104], 0x1b
                    mov dword ptr [0x20100], 0x10020
                    mov edx, 0x20100
                    db 0xFF, 0x2A           ; jmp fword ptr [rdx]
                    """);
            vm.load(CODE + 0x20, """
                    bits 32
                    mov edx, 0x10100
                    call edx
                    dec ecx
                    jz done
                    jmp 0x2b:0x10180
            done:   ud2
            """);
            vm.with(state -> {
                state.gpr[ProcessorState.RAX] = 0;
                state.gpr[RCX] = 30;
            });
            vm.goOn(CODE + 0x20);

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            assertThat(vm.rax()).isEqualTo(29);
            assertThat(vm.frame().cs()).isEqualTo(USER_CODE_32);
            assertThat(USER_CODE).isEqualTo(0x2B);
        });
    }

    @Test
    void systemCallsReturnTo32BitCode() {
        everyWay(vm -> {
            vm.with(state -> state.star = (long) (0x18 | 3) << 48 | 8L << 32);
            vm.gate(GuestFault.BP, 0xEE00, 0);
            vm.load(HANDLERS + 16 * GuestFault.BP, "add rbx, rdx\n iretq");
            run(vm, """
                    xor ebx, ebx
                    xor eax, eax
                    mov edx, 3
                    mov ecx, 40
            again:  stc
                    int3
                    adc eax, 0
                    push ebx
                    int3
                    pop esi
                    dec ecx
                    jnz again
                    ud2
            """);

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            assertThat(vm.rax()).isEqualTo(40);
            assertThat(vm.gpr(RBX)).isEqualTo(240);
            assertThat(vm.gpr(RSI)).isEqualTo(237);
            assertThat(vm.frame().cs()).isEqualTo(USER_CODE_32);
            assertThat(vm.frame().ss()).isEqualTo(USER_DATA);
            assertThat(vm.frame().rsp()).isEqualTo(USER_STACK);
        });
    }

    @Test
    void stringsAreCopiedAndFilledWithin32Bits() {
        everyWay(vm -> {
            vm.with(state -> {
                state.gpr[RSI] = 0x1_0002_0000L;
                state.gpr[RDI] = 0x1_0002_0200L;
                state.gpr[RCX] = 0x1_0000_0010L;
            });
            run(vm, """
                    rep movsd
                    mov ecx, 8
                    mov eax, 0x7f
                    rep stosb
                    jecxz past
                    hlt
            past:   mov ecx, 3
            again:  inc edx
                    loop again
                    ud2
            """);

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            assertThat(vm.gpr(RSI)).isEqualTo(DATA + 0x40);
            assertThat(vm.gpr(RDI)).isEqualTo(DATA + 0x248);
            assertThat(vm.gpr(RCX)).isZero();
            assertThat(vm.gpr(RDX)).isEqualTo(3);
            assertThat(vm.read(DATA + 0x23C, 4)).isEqualTo(0x101 * 15);
            assertThat(vm.read(DATA + 0x240, 8)).isEqualTo(0x7F7F_7F7F_7F7F_7F7FL);
        });
    }

    @Test
    void bitStringsReachBelowAndBeyondTheirAddress() {
        everyWay(vm -> {
            run(vm, """
                    mov ebx, 0x20100
                    mov ecx, -1
                    mov edx, 70
                    bts [ebx], ecx
                    bts [ebx], edx
                    adc edx, 0
                    bt [ebx], edx
                    adc edx, 0
                    ud2
            """);

            assertThat(vm.gpr(RDX)).isEqualTo(71);
            assertThat(vm.read(DATA + 0xFC, 4)).isEqualTo(0x8000_0000L | 0x101 * 63);
            assertThat(vm.read(DATA + 0x108, 4)).isEqualTo(1 << 6);
        });
    }

    @Test
    void anInstructionMayLieInTwoPages() {
        everyWay(vm -> {
            vm.load(CODE + 0xFFC, "bits 32\n add eax, 0x12345678\n dec ecx\n jnz 0x10ffc\n ud2");
            vm.with(state -> {
                state.gpr[ProcessorState.RAX] = 0;
                state.gpr[RCX] = 20;
            });
            vm.goOn(CODE + 0xFFC);

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            assertThat(vm.rax()).isEqualTo(20 * 0x1234_5678L & 0xFFFF_FFFFL);
        });
    }

    @Test
    void theTrapFlagStopsAfterOneInstruction() {
        everyWay(vm -> {
            run(vm, "xor eax, eax\n pushfd\n or dword ptr [esp], 0x100\n popfd\n here: inc eax\n inc eax\n hlt");

            assertThat(vm.vector()).isEqualTo(GuestFault.DB);
            assertThat(vm.rax()).isEqualTo(1);
            assertThat(vm.frame().rflags() & Flags.TF).isEqualTo(Flags.TF);
        });
    }
}
