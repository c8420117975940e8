package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.GuestFault;
import cloison.linux.code.CodeMemory;
import cloison.machine.processor.Exit;
import cloison.machine.processor.ProcessorState;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A program does the same wherever it is moved from one engine to the other.
class EngineSwitchTest {
    private static final int DATA_SIZE = 0x1000;

    /// Every round depends on all of the one before: general registers, flags, stack, x87, MXCSR, vector registers and
    /// memory.
    private static final String PROGRAM = """
            mov ecx, 400
            mov rbx, 0x123456789abcdef1
            mov rax, 0xfedcba9876543210
            mov qword ptr [0x20100], rbx
            fninit
            fldpi
            mov dword ptr [0x20110], 0x3f80
            ldmxcsr [0x20110]
            again:
            imul rsi, rax, 77
            lea rdi, [rsi+rdx*2+5]
            add rdi, rax
            adc rax, rbx
            rcl rdx, 1
            push rdi
            adc r13, r14
            pushfq
            pop r8
            xor r9, r8
            pop r10
            add r14, r10
            sub r15, r14
            fild qword ptr [0x20100]
            fmul st0, st1
            fistp qword ptr [0x20120]
            fnstsw ax
            movq xmm0, rdi
            paddq xmm1, xmm0
            pshufd xmm5, xmm1, 0x1b
            cvtsi2sd xmm2, rcx
            divsd xmm3, xmm2
            addsd xmm3, xmm2
            stmxcsr [0x20110]
            call inner
            and r9, rdx
            mov [rcx*4+0x20200], r10
            cld
            lea rsi, [rcx+0x20200]
            lea rdi, [rcx+0x20480]
            mov r11, rcx
            mov ecx, 9
            rep movsb
            mov rcx, r11
            dec ecx
            jnz again
            hlt
            inner:
            xadd [0x20108], rax
            bswap rbx
            cmp rax, rbx
            setl byte ptr [0x20118]
            ret
            """;

    /// The same for x87 and MMX: the stack, control and status words, pointers, what is saved and restored, registers
    /// shared by both, and exceptions that are not masked for a while.
    private static final String X87_PROGRAM = """
            mov ecx, 300
            mov eax, 0x12345
            mov dword ptr [0x20000], 0x037f
            mov dword ptr [0x20004], 0x0c7f
            mov dword ptr [0x20008], 0x0373
            fninit
            fld1
            fldpi
            again:
            mov [0x20010], rcx
            fldcw [0x20004]
            fild qword ptr [0x20010]
            fmul st0, st1
            fadd st2, st0
            fsqrt
            fist dword ptr [0x20018]
            fstp tbyte ptr [0x20020]
            fld st1
            fsin
            fstp qword ptr [0x20030]
            fldcw [0x20000]
            fld tbyte ptr [0x20020]
            fxch st2
            fdivp st2, st0
            fxch st1
            fcomi st0, st1
            setb byte ptr [0x20038]
            adc eax, ecx
            fcmovb st0, st1
            fnstsw ax
            fnclex
            fldcw [0x20008]
            fld dword ptr [0x20018]
            faddp st1, st0
            fldcw [0x20000]
            fnclex
            fnstenv [rcx*8+0x20100]
            fldenv [rcx*8+0x20100]
            fxsave [0x20e00]
            movq mm0, [0x20010]
            movq mm3, mm0
            pmaddwd mm3, [0x20020]
            paddb mm0, mm3
            movd edx, mm3
            add [0x20040], rdx
            movq [0x20048], mm0
            emms
            fxrstor [0x20e00]
            dec ecx
            jnz again
            hlt
            """;

    /// The same for 32-bit user code, which ends with UD2.
    private static final String PROGRAM_32 = """
            bits 32
            mov eax, 0x6b
            mov gs, ax
            mov ecx, 400
            mov ebx, 0x89abcdef
            mov eax, 0x76543210
            mov dword ptr [0x20100], ebx
            fninit
            fldpi
            mov dword ptr [0x20110], 0x3f80
            ldmxcsr [0x20110]
            again:
            imul esi, eax, 77
            lea edi, [esi+edx*2+5]
            add edi, eax
            adc eax, ebx
            rcl edx, 1
            push edi
            pushfd
            add ah, dl
            push 0x12345678
            mov [0x2011c], ah
            pop ebp
            pop esi
            add ebp, esi
            pop esi
            add edx, ebp
            das
            aam
            fild qword ptr [0x20100]
            fmul st0, st1
            fistp qword ptr [0x20120]
            fnstsw ax
            movd xmm0, edi
            paddq xmm1, xmm0
            pshufd xmm5, xmm1, 0x1b
            cvtsi2sd xmm2, ecx
            addsd xmm3, xmm2
            stmxcsr [0x20110]
            call inner
            adc edx, gs:[0x10c]
            mov [ecx*4+0x20200], ebp
            inc dword ptr gs:[ecx*4-0x8]
            pusha
            cld
            lea esi, [ecx+0x20200]
            lea edi, [ecx+0x20480]
            mov ecx, 9
            rep movsb
            popa
            dec ecx
            jnz again
            ud2
            inner:
            push ebp
            mov ebp, esp
            xadd [0x20108], eax
            bswap ebx
            cmp eax, ebx
            setl byte ptr [0x20118]
            leave
            ret 0
            """;

    /// What a run leaves.
    private record Result(String state, String data) {
        static Result of(TestVm vm) {
            ProcessorState state = vm.processor().state();
            byte[] data = new byte[DATA_SIZE];
            assertThat(vm.memory().read(TestVm.DATA, data, 0, DATA_SIZE)).isTrue();
            HexFormat hex = HexFormat.of();
            return new Result(
                    "rip %x flags %x registers %s state %s"
                            .formatted(
                                    state.rip,
                                    state.rflags,
                                    HexFormat.of().formatHex(bytes(state.gpr)),
                                    hex.formatHex(state.xsave)),
                    hex.formatHex(data));
        }

        private static byte[] bytes(long[] values) {
            byte[] bytes = new byte[8 * values.length];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (values[i >> 3] >> 8 * (i & 7));
            }
            return bytes;
        }
    }

    @BeforeAll
    static void translates() {
        Assumptions.assumeTrue(CodeMemory.available(), "this host cannot run translated code");
    }

    private static Result run(TestVm vm, String program) {
        assertThat(vm.run(program)).isInstanceOf(Exit.Halted.class);
        assertThat(vm.vector()).isEqualTo(-1);
        return Result.of(vm);
    }

    static IntStream distances() {
        return IntStream.concat(IntStream.rangeClosed(1, 48), IntStream.of(97, 331, 1009));
    }

    @ParameterizedTest
    @MethodSource("distances")
    void aProgramDoesTheSameWhereverTheEnginesTakeTurns(int every) {
        try (TestVm alone = TestVm.longMode();
                TestVm turning =
                        TestVm.translated(Engines.settings(Cpu.TRANSLATIONS).switchingEvery(every))) {
            assertThat(run(turning, PROGRAM)).isEqualTo(run(alone, PROGRAM));
            assertThat(turning.processor().switches()).isGreaterThan(3);
        }
    }

    @ParameterizedTest
    @MethodSource("distances")
    void x87StateIsTheSameWhereverTheEnginesTakeTurns(int every) {
        try (TestVm alone = TestVm.longMode();
                TestVm turning =
                        TestVm.translated(Engines.settings(Cpu.TRANSLATIONS).switchingEvery(every))) {
            assertThat(run(turning, X87_PROGRAM)).isEqualTo(run(alone, X87_PROGRAM));
            assertThat(turning.processor().switches()).isGreaterThan(3);
        }
    }

    @ParameterizedTest
    @MethodSource("distances")
    void a32BitProgramDoesTheSameWhereverTheEnginesTakeTurns(int every) {
        try (TestVm alone = TestVm.longMode();
                TestVm turning =
                        TestVm.translated(Engines.settings(Cpu.TRANSLATIONS).switchingEvery(every))) {
            assertThat(run32(turning)).isEqualTo(run32(alone));
            assertThat(turning.processor().switches()).isGreaterThan(3);
        }
    }

    private static Result run32(TestVm vm) {
        vm.descriptor(0x68, TestVm.DATA, 0xFFFFF, 0xC0F3);
        assertThat(vm.user32().run(PROGRAM_32)).isInstanceOf(Exit.Halted.class);
        assertThat(vm.vector()).isEqualTo(GuestFault.UD);
        assertThat(vm.gpr(ProcessorState.RCX)).isZero();
        return Result.of(vm);
    }

    @Test
    void interruptsAndFaultsArriveInEitherEngine() {
        // the handler of #UD skips it and counts
        String program = """
                mov ecx, 300
                again:
                add eax, 3
                ud2
                adc edx, eax
                dec ecx
                jnz again
                hlt
                """;
        String handler = "add qword ptr [rsp], 2\n inc rbx\n iretq\n";
        try (TestVm alone = TestVm.longMode()) {
            alone.load(TestVm.HANDLERS + 6 * 16, handler);
            Result expected = run(alone, program);
            assertThat(alone.gpr(ProcessorState.RBX)).isEqualTo(300);
            for (int every : new int[] {1, 2, 3, 5, 17, 40}) {
                try (TestVm turning =
                        TestVm.translated(Engines.settings(Cpu.TRANSLATIONS).switchingEvery(every))) {
                    turning.load(TestVm.HANDLERS + 6 * 16, handler);
                    assertThat(run(turning, program)).as("every %d", every).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void codeThatOneEngineChangesIsSeenByTheOther() {
        // the immediate of the addition is changed each round
        String program = """
                mov ecx, 200
                again:
                db 0x05, 1, 0, 0, 0
                mov [0x10006], ecx
                dec ecx
                jnz again
                hlt
                """;
        for (int every : new int[] {1, 2, 3, 7, 33}) {
            try (TestVm turning =
                    TestVm.translated(Engines.settings(Cpu.TRANSLATIONS).switchingEvery(every))) {
                turning.with(state -> state.gpr[ProcessorState.RAX] = 0);
                run(turning, program);
                assertThat(turning.rax()).as("every %d", every).isEqualTo(1 + 200 * 201 / 2 - 1);
            }
        }
    }
}
