package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.processor.Exit;
import org.junit.jupiter.api.Test;

class FirstLightTest {
    @Test
    void haltEndsARun() {
        try (TestVm vm = TestVm.longMode()) {
            Exit exit = vm.run("hlt");

            assertThat(exit).isInstanceOf(Exit.Halted.class);
            assertThat(vm.cpu().rip).isEqualTo(TestVm.CODE + 1);
        }
    }

    @Test
    void breakpointEntersItsHandler() {
        try (TestVm vm = TestVm.longMode()) {
            vm.run("int3");

            assertThat(vm.vector()).isEqualTo(3);
            assertThat(vm.frame().rip()).isEqualTo(TestVm.CODE + 1);
        }
    }
}
