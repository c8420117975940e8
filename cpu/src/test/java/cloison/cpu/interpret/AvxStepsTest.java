package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.Control;
import cloison.machine.processor.ProcessorState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What the differential tests cannot see from privilege level 3: what the system must have enabled.
class AvxStepsTest {
    private static final int UNDEFINED = 6;
    private static final int NOT_AVAILABLE = 7;
    private static final int NONE = -1;

    private TestVm vm = TestVm.longMode();

    @AfterEach
    void close() {
        vm.close();
    }

    private int vector(String code) {
        vm.run(code + "\n hlt");
        return vm.vector();
    }

    private void enable(long xcr0) {
        vm.with(state -> {
            state.cr4 |= Control.CR4_OSXSAVE;
            state.xcr0 = xcr0;
        });
    }

    @Test
    void withoutOsxsaveTheInstructionsAreUndefined() {
        assertThat(vector("vaddps ymm0, ymm1, ymm2")).isEqualTo(UNDEFINED);
        assertThat(vector("vzeroupper")).isEqualTo(UNDEFINED);
        assertThat(vector("vmovdqu xmm0, [rsi]")).isEqualTo(UNDEFINED);
    }

    @Test
    void bothVectorComponentsOfXcr0MustBeEnabled() {
        enable(3);
        assertThat(vector("vpxor xmm0, xmm1, xmm2")).isEqualTo(UNDEFINED);

        enable(7);
        assertThat(vector("vpxor xmm0, xmm1, xmm2")).isEqualTo(NONE);
    }

    @Test
    void theTaskSwitchedFlagMakesThemUnavailable() {
        enable(7);
        vm.with(state -> state.cr0 |= Control.CR0_TS);

        assertThat(vector("vaddps ymm0, ymm1, ymm2")).isEqualTo(NOT_AVAILABLE);
        assertThat(vector("vextractf128 xmm0, ymm1, 1")).isEqualTo(NOT_AVAILABLE);
        assertThat(vector("andn eax, ebx, ecx")).isEqualTo(NONE);
    }

    @Test
    void emulationAndOsfxsrDoNotCountForThem() {
        enable(7);
        vm.with(state -> {
            state.cr0 |= Control.CR0_EM;
            state.cr4 &= ~Control.CR4_OSFXSR;
        });

        assertThat(vector("vaddps ymm0, ymm1, ymm2\n vcvtsi2sd xmm1, xmm1, eax"))
                .isEqualTo(NONE);
        assertThat(vector("addps xmm0, xmm1")).isEqualTo(UNDEFINED);
        assertThat(vm.cpu().cr0 & Control.CR0_EM).isNotZero();
    }

    @Test
    void anUnexpectedExceptionOfAnUpperLaneIsUndefined() {
        enable(7);
        vm.with(state -> state.cr4 &= ~Control.CR4_OSXMMEXCPT);
        String code = """
                mov dword ptr [rsi], 0x1F00
                ldmxcsr [rsi]
                vpcmpeqd ymm1, ymm1, ymm1
                vxorps xmm2, xmm2, xmm2
                vinsertf128 ymm1, ymm2, xmm1, 1
                vpsrld ymm1, ymm1, 9
                vaddps ymm0, ymm1, ymm1
                """;

        vm.with(state -> state.gpr[ProcessorState.RSI] = TestVm.DATA);
        assertThat(vector(code)).as("denormal operands").isEqualTo(NONE);
        assertThat(vector(code.replace("0x1F00", "0x1E80"))).isEqualTo(UNDEFINED);
        vm.with(state -> state.cr4 |= Control.CR4_OSXMMEXCPT);
        assertThat(vector(code.replace("0x1F00", "0x1E80"))).isEqualTo(19);
    }

    @Test
    void aLaneThatAGatherLoadedIsNotLoadedAgain() {
        enable(7);
        vm.write(TestVm.DATA, 4, 11);
        vm.write(TestVm.DATA + 8, 4, 33);
        vm.run("""
                mov rsi, 0x%x
                vpcmpeqd xmm2, xmm2, xmm2
                mov eax, 0x7fffffff
                vmovd xmm3, eax
                vpslldq xmm3, xmm3, 4
                vpgatherdd xmm1, [rsi+xmm3*8], xmm2
                hlt
                """.formatted(TestVm.DATA));

        assertThat(vm.vector()).as("the second lane is far away").isEqualTo(14);
        assertThat(vm.cpu().xmm[2]).isEqualTo(11);
        assertThat(vm.cpu().xmm[4]).isEqualTo(0xFFFF_FFFF_0000_0000L);
        assertThat(vm.cpu().xmm[5]).isEqualTo(-1);
    }

    @Test
    void inRealModeThereIsNoVexPrefix() {
        // vaddps xmm0, xmm0, xmm0; andn eax, ebx, ecx
        assertThat(vectorInRealMode("db 0xc5, 0xf8, 0x58, 0xc0")).isEqualTo(UNDEFINED);
        assertThat(vectorInRealMode("db 0xc4, 0xe2, 0x60, 0xf2, 0xc1")).isEqualTo(UNDEFINED);
        assertThat(vectorInRealMode("tzcnt eax, ebx")).isEqualTo(NONE);
    }

    private int vectorInRealMode(String code) {
        vm.close();
        vm = TestVm.realMode();
        enable(7);
        return vector(code);
    }
}
