package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import org.junit.jupiter.api.Test;

class AlignmentCheckTest {
    private static final int ALIGNMENT_CHECK = 17;

    private static TestVm checking() {
        return TestVm.longMode().user().with(state -> {
            state.cr0 |= Control.CR0_AM;
            state.rflags |= Flags.AC;
        });
    }

    @Test
    void aStoreOfTheFloatingPointUnitThatFaultsLeavesItsStatus() {
        try (TestVm vm = checking()) {
            vm.run("fldpi\n fist dword ptr [0x20001]");

            assertThat(vm.vector()).isEqualTo(ALIGNMENT_CHECK);
            assertThat(X87State.status(vm.cpu()) & 0x3F).isZero();
        }
    }

    @Test
    void anEnvironmentIsAlignedAsItsOperandSizeIs() {
        try (TestVm vm = checking()) {
            vm.run("fnstenv [0x20002]");
            assertThat(vm.vector()).isEqualTo(ALIGNMENT_CHECK);
        }
        try (TestVm vm = checking()) {
            vm.run("db 0x66\n fnstenv [0x20002]\n ud2");
            assertThat(vm.vector()).isEqualTo(6);
        }
    }

    @Test
    void anAddressThatIsNotCanonicalIsToldBeforeItsAlignment() {
        try (TestVm vm = checking()) {
            vm.run("mov rax, 0x800000000001\n mov ebx, [rax]");

            assertThat(vm.vector()).isEqualTo(13);
        }
    }
}
