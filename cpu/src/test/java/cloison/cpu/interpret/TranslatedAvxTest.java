package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.TranslatorSettings;
import cloison.cpu.decode.FormSamples;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Row;
import cloison.cpu.state.Control;
import cloison.linux.code.CodeMemory;
import cloison.linux.cpu.HostCpu;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.ProcessorState;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// AVX and BMI in translated code: who executes it, and what becomes of it when the system enables or disables AVX.
class TranslatedAvxTest {
    private static final FormSamples.Limits LIMITS =
            new FormSamples.Limits(List.of(0, 1, 2, 13, 15), List.of(6), List.of(), -8, 8, 0);
    private static final int UNDEFINED = 6;
    private static final int ROUNDS = 100;

    private TestVm vm = TestVm.longMode();

    @BeforeEach
    void translate() {
        HostCpu host = HostCpu.probed();
        Assumptions.assumeTrue(
                CodeMemory.available() && host != null && host.has(CpuFeature.AVX2.text()) && host.has("fma"),
                "this host cannot run translated code with AVX2");
        vm.close();
        vm = TestVm.translated(TranslatorSettings.standard());
        xcr0(7);
    }

    @AfterEach
    void close() {
        vm.close();
    }

    private void xcr0(long value) {
        vm.with(state -> {
            state.cr4 |= Control.CR4_OSXSAVE;
            state.xcr0 = value;
            state.gpr[ProcessorState.RSI] = TestVm.DATA + 64;
        });
    }

    /// {@return how many instructions are interpreted while one is executed again and again}
    private long interpreted(byte[] instruction) {
        StringJoiner bytes = new StringJoiner(", ");
        for (byte each : instruction) {
            bytes.add("0x%02x".formatted(each));
        }
        long before = vm.processor().interpreted();
        vm.run("mov r12d, %d\n again: db %s\n dec r12d\n jnz again\n hlt".formatted(ROUNDS, bytes));
        assertThat(vm.vector()).isEqualTo(-1);
        return vm.processor().interpreted() - before;
    }

    @Test
    void theHostExecutesEveryInstruction() {
        HostCpu host = HostCpu.probed();
        for (Row row : OpcodeTable.standard().rows()) {
            String op = row.op().name();
            // what would load any MXCSR, or fault on memory that is not aligned
            boolean faults = op.endsWith("MXCSR") || op.matches("VMOV(A|NT|DQA).*");
            boolean here = row.features().stream().allMatch(feature -> host != null && host.has(feature.text()));
            if (row.form().vex() && FormSamples.exists(row, 64) && here && !faults) {
                byte[] code = FormSamples.encode(row, 64, new Random(5), LIMITS);
                assertThat(interpreted(code)).as(row.toString()).isLessThan(ROUNDS);
            }
        }
    }

    @Test
    void codeThatWasTranslatedWithAvxIsUndefinedWithout() {
        String code = "vpcmpeqd ymm1, ymm1, ymm1\n vpsubb ymm1, ymm2, ymm1\n hlt";
        vm.run(code);
        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.cpu().ymmHigh[2]).isEqualTo(0x0101_0101_0101_0101L);

        xcr0(3);
        vm.run(code);
        assertThat(vm.vector()).isEqualTo(UNDEFINED);

        xcr0(7);
        vm.run(code);
        assertThat(vm.vector()).isEqualTo(-1);
    }

    @Test
    void aGuestThatEnablesAvxItselfUsesItAtOnce() {
        xcr0(3);
        vm.run("""
                mov ecx, 2
                again:
                dec ecx
                jz last
                xor ecx, ecx
                mov eax, 7
                xor edx, edx
                xsetbv
                mov ecx, 1
                vpcmpeqd ymm3, ymm3, ymm3
                jmp again
                last:
                hlt
                """);

        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.cpu().ymmHigh[6]).isEqualTo(-1);
    }
}
