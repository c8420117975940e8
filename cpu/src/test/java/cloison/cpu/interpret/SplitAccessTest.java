package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.TranslatorSettings;
import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;
import cloison.linux.code.CodeMemory;
import cloison.linux.cpu.HostCpu;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.ProcessorState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Translated accesses that lie in two pages again and again. The pages lie apart in memory.
class SplitAccessTest {
    private static final int PAGE = 0x30000;
    private static final int NEXT = 0x31000;
    private static final int FIRST = 0x50000;
    private static final int SECOND = 0x70000;
    /// Where the same is done in one page, as far from an aligned address.
    private static final int WHOLE = 0x40800;

    private static final int AROUND = 64;
    private static final int ENTRY = TestVm.PT + 8 * (NEXT >> 12);

    private TestVm vm = TestVm.longMode();

    @BeforeEach
    void translate() {
        HostCpu host = HostCpu.probed();
        Assumptions.assumeTrue(
                CodeMemory.available() && host != null && host.has(CpuFeature.AVX2.text()) && host.has("fma"),
                "this host cannot run translated code with AVX2");
        start(TranslatorSettings.standard().withCodeBytes(1 << 20));
    }

    private void start(TranslatorSettings settings) {
        vm.close();
        vm = TestVm.translated(settings);
        vm.map(PAGE, FIRST | 7);
        vm.map(NEXT, SECOND | 7);
        vm.with(state -> {
            state.cr4 |= Control.CR4_OSXSAVE;
            state.xcr0 = 7;
        });
    }

    @AfterEach
    void close() {
        vm.close();
    }

    private static final String LOOP = """
            mov rdi, %d
            mov ecx, 40
            again: mov eax, ecx
            lea edx, [rcx+77]
            movd xmm1, ecx
            %s
            dec ecx
            jnz again
            hlt
            """;

    /// Executes an instruction 40 times; {@return all that it may have changed}
    private List<Long> facts(String instruction, int at) {
        for (int i = -AROUND; i < AROUND; i += 8) {
            for (int n = 0; n < 8; n++) {
                vm.write(place(at + i + n), 1, 7L * (i + n));
            }
        }
        vm.with(state -> {
            for (int i = 8; i < 16; i++) {
                state.gpr[i] = 0x0123_4567_89AB_CDEFL * i;
            }
            state.gpr[ProcessorState.RSP] = TestVm.STACK;
        });
        vm.run(LOOP.formatted(at, instruction));
        List<Long> facts = new ArrayList<>();
        facts.add((long) vm.vector());
        facts.add((long) vm.flags());
        for (int i = 0; i < 16; i++) {
            facts.add(i == ProcessorState.RDI ? 0 : vm.gpr(i));
        }
        for (int i = 0; i < 32; i++) {
            facts.add(vm.cpu().xmm[i]);
            facts.add(vm.cpu().ymmHigh[i]);
        }
        for (int i = -AROUND; i < AROUND; i++) {
            facts.add(vm.read(place(at + i), 1));
        }
        return facts;
    }

    private static long place(int linear) {
        return linear >= NEXT && linear < NEXT + 4096
                ? linear - NEXT + SECOND
                : linear >= PAGE && linear < NEXT ? linear - PAGE + FIRST : linear;
    }

    private void same(String instruction, int size) {
        for (int inFirst = 1; inFirst < size; inFirst++) {
            int at = NEXT - inFirst;
            List<Long> split = facts(instruction, at);
            assertThat(split)
                    .as("%s, %d in the first", instruction, inFirst)
                    .isEqualTo(facts(instruction, WHOLE - inFirst));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "8 mov rax, [rdi]",
                "8 mov r13, [rdi]",
                "8 mov [rdi], rdx",
                "8 mov [rdi], r14",
                "4 mov [rdi], edx",
                "2 mov [rdi], dx",
                "4 mov dword [rdi], 0x12345678",
                "8 add [rdi], rdx",
                "8 add r15, [rdi]",
                "4 adc [rdi], edx",
                "4 sbb edx, [rdi]",
                "2 inc word [rdi]",
                "8 not qword [rdi]",
                "4 sar dword [rdi], 3",
                "8 xadd [rdi], rdx",
                "8 cmpxchg [rdi], r15",
                "4 cmp [rdi], edx",
                "8 mul qword [rdi]",
                "8 imul rdx, [rdi], 3",
                "4 bts dword [rdi], 5",
                "8 andn rdx, r14, [rdi]",
                "4 movzx eax, word [rdi+2]",
                "8 movq xmm2, [rdi]",
                "16 movups xmm2, [rdi]",
                "16 movups [rdi], xmm1",
                "8 movsd [rdi], xmm1",
                "32 vmovdqu ymm2, [rdi]",
                "32 vmovdqu [rdi], ymm1",
                "32 vpaddd ymm3, ymm1, [rdi]"
            })
    void anInstructionDoesWhatItDoesInOnePage(String form) {
        int space = form.indexOf(' ');
        String instruction = form.substring(space + 1);
        int size = Integer.parseInt(form.substring(0, space));
        same(instruction, size);
        start(new TranslatorSettings(64, 1 << 20, true, 0, 0));
        same(instruction, size);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lock add [rdi], rdx",
                "xchg [rdi], rdx",
                "vmaskmovps [rdi], ymm1, ymm1",
                "push qword [rdi]\n pop rbx",
                "lea rsp, [rdi+8]\n push rdx",
                "lea rsp, [rdi+8]\n call next\n next: add [rsp], rdx",
                "mov rsp, rdi\n pop rbx",
                "bts [rdi], edx"
            })
    void whatIsNotSplitDoesWhatItDoesInOnePage(String instruction) {
        for (int inFirst = 1; inFirst < 4; inFirst++) {
            String stack = instruction + "\n mov esp, 0x9000";
            assertThat(facts(stack, NEXT - inFirst)).isEqualTo(facts(stack, WHOLE - inFirst));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"mov rax, [rdi]", "mov [rdi], rdx", "add [rdi], rdx", "vmovdqu ymm2, [rdi]", "movups [rdi], xmm1"
            })
    void itStaysInEmittedCode(String instruction) {
        long before = vm.exits().get("access");
        facts(instruction, NEXT - 3);
        long first = vm.exits().get("access") - before;
        vm.goOn(TestVm.CODE);

        // the code that was entered, stores to pages that were not dirty, and what makes the access one that is split
        assertThat(first).isLessThan(24);
        assertThat(vm.exits().get("access") - before - first).isLessThan(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mov [rdi], rdx", "add [rdi], rdx", "movups [rdi], xmm1"})
    void aFaultInTheSecondPageComesBeforeAnythingIsWritten(String instruction) {
        for (long entry : new long[] {0, SECOND | 5}) {
            start(TranslatorSettings.standard().withCodeBytes(1 << 20));
            vm.run("""
                    mov edi, 0x30ffd
                    mov ecx, 40
                    mov edx, -1
                    again: cmp ecx, 1
                    jne write
                    mov qword [%d], %d
                    invlpg [0x31000]
                    mov byte [0x30ffd], 5
                    mov byte [0x30ffe], 6
                    mov byte [0x30fff], 7
                    write: %s
                    dec ecx
                    jnz again
                    hlt
                    """.formatted(ENTRY, entry, instruction));

            assertThat(vm.vector()).isEqualTo(GuestFault.PF);
            assertThat(vm.frame().errorCode()).isEqualTo(entry == 0 ? 2 : 3);
            assertThat(vm.cpu().cr2).isEqualTo(NEXT);
            assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(1);
            assertThat(vm.read(FIRST + 0xFFD, 4)).isEqualTo(0x07_0605);
        }
    }

    @Test
    void aPageThatIsMappedElsewhereIsMetThere() {
        vm.write(0x60000, 4, 0x4433_2211);
        vm.run("""
                mov edi, 0x30ffc
                mov ecx, 40
                again: cmp ecx, 20
                jne read
                mov qword [%d], %d
                invlpg [0x31000]
                read: mov rbx, [rdi]
                add [rdi], rbx
                dec ecx
                jnz again
                hlt
                """.formatted(ENTRY, 0x60007));

        // 20 times doubled, the lower half among them
        assertThat(vm.read(SECOND, 4)).isZero();
        assertThat(vm.read(0x60000, 4)).isEqualTo(0x4433_2211L << 20 & 0xFFFF_FFFFL);
    }

    @Test
    void aMisalignedOperandOfAnInstructionThatMindsIsRefused() {
        vm.run(LOOP.formatted(NEXT - 8, "movups xmm2, [rdi]\n cmp ecx, 3\n jne well\n movaps xmm2, [rdi]\n well:"));

        assertThat(vm.vector()).isEqualTo(GuestFault.GP);
        assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void codeInTheSecondPageChanges(int hotAfter) {
        start(TranslatorSettings.standard().withCodeBytes(1 << 20).withHotAfter(hotAfter));
        vm.bytes(SECOND, 0xB8, 0, 0, 0, 0, 0xC3);
        vm.run("""
                mov edi, 0x30ffe
                mov esi, 0x31000
                xor ebx, ebx
                mov ecx, 40
                again: mov edx, ecx
                shl edx, 24
                or edx, 0xB81234
                mov [rdi], edx
                cmp ecx, 15
                ja again2
                call rsi
                add ebx, eax
                again2: dec ecx
                jnz again
                hlt
                """);

        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(15 * 16 / 2);
    }
}
