package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.CODE;
import static cloison.cpu.interpret.TestVm.DATA;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.GuestFault;
import cloison.machine.processor.ProcessorState;
import org.junit.jupiter.api.Test;

/// Instructions whose bytes lie in two pages. `mov eax, imm32` begins two bytes before the end of the page, so that the
/// upper three bytes of its immediate are in the next one.
class PageCrossingTest {
    private static final int CROSSING = CODE + 0x1000 - 2;
    private static final int NEXT = CODE + 0x1000;
    /// Calls the crossing instruction often enough that every cache knows it, and adds what it returned.
    private static final String LOOP = """
                    xor ebx, ebx
                    mov ecx, 20
            again:  call 0x10ffe
                    add ebx, eax
                    dec ecx
                    jnz again
                    hlt
            """;

    private static void crossing(TestVm vm) {
        vm.load(CROSSING, "mov eax, 0x00000001\n ret");
    }

    @Test
    void anInstructionInTwoPagesIsExecutedAgainAndAgain() {
        try (TestVm vm = TestVm.longMode()) {
            crossing(vm);
            vm.run(LOOP);

            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(20);
        }
    }

    @Test
    void aJumpMayLeadToItFromItsOwnPage() {
        try (TestVm vm = TestVm.longMode()) {
            vm.user();
            crossing(vm);
            vm.load(CODE + 0x800, "jmp 0x10ffe");
            vm.run(LOOP.replace("call 0x10ffe", "call 0x10800").replace("hlt", "ud2"));

            assertThat(vm.vector()).isEqualTo(GuestFault.UD);
            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(20);
        }
    }

    @Test
    void aStoreToItsSecondPageIsSeen() {
        try (TestVm vm = TestVm.longMode()) {
            crossing(vm);
            vm.run(LOOP.replace("dec ecx", "mov byte ptr [0x11000], 1\n dec ecx"));

            // 1 once, then 0x101
            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(1 + 19 * 0x101);
        }
    }

    @Test
    void anotherMappingOfItsSecondPageIsSeen() {
        for (boolean user : new boolean[] {false, true}) {
            try (TestVm vm = TestVm.longMode()) {
                crossing(vm);
                vm.bytes(DATA, 2, 0, 0, 0xC3);
                if (user) {
                    vm.user();
                }
                String program = LOOP.replace("hlt", "ud2");
                vm.run(program);
                long before = vm.gpr(ProcessorState.RBX);
                vm.map(NEXT, DATA | 7);
                if (user) {
                    vm.user();
                } else {
                    vm.with(state -> state.gpr[ProcessorState.RSP] = TestVm.STACK);
                }
                vm.run(program);

                assertThat(before).isEqualTo(20);
                assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(20 * 0x201);
            }
        }
    }

    @Test
    void aMissingSecondPageFaultsAtItsFirstByte() {
        try (TestVm vm = TestVm.longMode()) {
            crossing(vm);
            vm.run(LOOP);
            vm.map(NEXT, 0);
            vm.run(LOOP);

            assertThat(vm.vector()).isEqualTo(GuestFault.PF);
            assertThat(vm.cpu().cr2).isEqualTo(NEXT);
            assertThat(vm.frame().rip()).isEqualTo(CROSSING);
        }
    }
}
