package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.FormSamples;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Row;
import cloison.cpu.state.Control;
import cloison.machine.Samples;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.CpuModel;
import cloison.machine.processor.ProcessorState;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// CPUID and the instructions agree on what a processor has.
class CpuModelTest {
    private static final FormSamples.Limits LIMITS =
            new FormSamples.Limits(List.of(0, 1, 2), List.of(6), List.of(), -8, 8, 0);
    private static final int UNDEFINED = 6;

    static List<CpuModel> models() {
        return List.of(CpuModel.V2, CpuModel.V3, Engines.COMPLETE);
    }

    /// {@return a machine whose system supports all state that the model has}
    private static TestVm machine(CpuModel model) {
        TestVm vm = TestVm.longMode(model);
        if (model.has(CpuFeature.XSAVE)) {
            vm.with(state -> {
                state.cr4 |= Control.CR4_OSXSAVE;
                state.xcr0 = model.has(CpuFeature.AVX) ? 7 : 3;
            });
        }
        return vm;
    }

    private static boolean reported(TestVm vm, CpuFeature feature) {
        vm.run("mov eax, 0x%x%n mov ecx, %d%n cpuid%n hlt".formatted(feature.leaf(), feature.subleaf()));
        int register = switch (feature.register()) {
            case EAX -> ProcessorState.RAX;
            case EBX -> ProcessorState.RBX;
            case ECX -> ProcessorState.RCX;
            case EDX -> ProcessorState.RDX;
        };
        return (vm.gpr(register) >> feature.bit() & 1) != 0;
    }

    /// {@return the vector that the instruction ends with, -1 for none}
    private static int outcome(TestVm vm, byte[] bytes) {
        vm.with(state -> {
            state.gpr[ProcessorState.RSI] = TestVm.DATA + 64;
            state.gpr[ProcessorState.RSP] = TestVm.STACK;
        });
        vm.run("db "
                + IntStream.range(0, bytes.length)
                        .mapToObj(i -> "0x%02x".formatted(bytes[i]))
                        .collect(Collectors.joining(", "))
                + "\n hlt");
        return vm.vector();
    }

    private static List<Row> rowsThatNeed(CpuFeature feature) {
        return OpcodeTable.standard().rows().stream()
                .filter(row -> row.features().contains(feature) && FormSamples.exists(row, 64))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("models")
    void everyFeatureOfAModelIsReportedAndHasItsInstructions(CpuModel model) {
        try (TestVm vm = machine(model)) {
            for (CpuFeature feature : CpuFeature.values()) {
                assertThat(reported(vm, feature)).as(feature.text()).isEqualTo(model.has(feature));
                for (Row row : rowsThatNeed(feature)) {
                    if (model.features().containsAll(row.features())) {
                        byte[] bytes = FormSamples.encode(row, 64, new Random(1), LIMITS);
                        assertThat(outcome(vm, bytes)).as(row.toString()).isNotEqualTo(UNDEFINED);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(CpuFeature.class)
    void withoutAFeatureItsInstructionsAreUndefinedOrMeanSomethingOlder(CpuFeature feature) {
        CpuModel model = Engines.COMPLETE.without("without " + feature.text(), feature);
        Decoder decoder = new Decoder(OpcodeTable.of(model));
        try (TestVm vm = machine(model)) {
            assertThat(reported(vm, feature)).isFalse();
            Samples.check(2, random -> {
                for (Row row : rowsThatNeed(feature)) {
                    byte[] bytes = FormSamples.encode(row, 64, random, LIMITS);
                    Instruction older = decoder.decode(bytes, 0, bytes.length, 64, TestVm.CODE);
                    String what = row + " is " + (older == null ? "undefined" : older.row);
                    if (older != null) {
                        assertThat(older.row.features()).as(what).doesNotContain(feature);
                        assertThat(older.op()).as(what).isNotEqualTo(row.op());
                    }
                    assertThat(outcome(vm, bytes) == UNDEFINED).as(what).isEqualTo(older == null);
                }
            });
        }
    }

    @Test
    void leavesWithoutSubleavesDoNotLookAtTheSubleaf() {
        try (TestVm vm = machine(CpuModel.V3)) {
            for (int leaf : new int[] {1, 0x8000_0001}) {
                vm.run("mov eax, 0x%x%n xor ecx, ecx%n cpuid%n hlt".formatted(leaf));
                long ecx = vm.gpr(ProcessorState.RCX);
                long edx = vm.gpr(ProcessorState.RDX);
                vm.run("mov eax, 0x%x%n mov ecx, 0x12345%n cpuid%n hlt".formatted(leaf));
                assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(ecx);
                assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(edx);
            }
        }
    }

    @Test
    void everyFeatureWithInstructionsHasRows() {
        Set<CpuFeature> ofAnotherKind = EnumSet.of(CpuFeature.XGETBV1);
        for (CpuFeature feature : CpuFeature.values()) {
            assertThat(rowsThatNeed(feature).isEmpty()).as(feature.text()).isEqualTo(ofAnotherKind.contains(feature));
        }
    }

    @Test
    void aModelIsClosedUnderWhatItsFeaturesNeed() {
        assertThat(CpuModel.V3.without("less", CpuFeature.XSAVE).features())
                .doesNotContain(CpuFeature.AVX, CpuFeature.AVX2, CpuFeature.FMA, CpuFeature.XSAVEOPT)
                .contains(CpuFeature.BMI2, CpuFeature.SSE4_2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CpuModel.V2.with("more", List.of(CpuFeature.AVX2)))
                .withMessageContaining("AVX2 without AVX");
    }

    @Test
    void withoutXsaveThereIsNoStateToEnumerateAndNoBitInTheControlRegister() {
        CpuModel model = CpuModel.V2.without("old", CpuFeature.XSAVE);
        try (TestVm vm = TestVm.longMode(model)) {
            vm.run("mov eax, 13\n xor ecx, ecx\n cpuid\n hlt");
            assertThat(vm.rax() | vm.gpr(ProcessorState.RBX) | vm.gpr(ProcessorState.RCX))
                    .isZero();
            vm.run("mov rax, cr4\n or eax, 0x40000\n mov cr4, rax\n hlt");
            assertThat(vm.vector()).isEqualTo(13);
        }
    }
}
