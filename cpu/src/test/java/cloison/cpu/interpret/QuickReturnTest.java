package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.HANDLERS;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import cloison.machine.processor.Exit;
import cloison.machine.processor.ProcessorState;
import org.junit.jupiter.api.Test;

/// IRETQ to user code with the segments of SYSRET, which kernels execute after each interrupt of a program.
class QuickReturnTest {
    private static final long STAR = (long) (0x18 | 3) << 48 | 8L << 32;
    /// Steps over UD2 and returns.
    private static final String HANDLER = "add qword ptr [rsp], 2\n iretq";

    private static TestVm vm() {
        TestVm vm = TestVm.longMode();
        vm.with(state -> state.star = STAR).user();
        vm.load(HANDLERS + 16 * GuestFault.UD, HANDLER);
        vm.gate(GuestFault.BP, 0xEE00, 0);
        return vm;
    }

    @Test
    void aProgramGoesOnAfterItsFaultsWithItsRegistersAndFlags() {
        try (TestVm vm = vm()) {
            vm.run("""
                    xor ebx, ebx
                    mov ecx, 30
            again:  stc
                    ud2
                    adc ebx, 0
                    cmp ecx, 1000
                    ud2
                    sbb ebx, -2
                    push rcx
                    ud2
                    pop rdx
                    dec ecx
                    jnz again
                    int3
            """);

            assertThat(vm.vector()).isEqualTo(GuestFault.BP);
            // 1 for the carry, 2 - 1 for the borrow
            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(60);
            assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(1);
            assertThat(vm.frame().rsp()).isEqualTo(TestVm.USER_STACK);
            assertThat(vm.frame().cs()).isEqualTo(TestVm.USER_CODE);
            assertThat(vm.frame().ss()).isEqualTo(TestVm.USER_DATA);
        }
    }

    @Test
    void flagsThatAreNotStatusFlagsReturnToo() {
        try (TestVm vm = vm()) {
            vm.load(HANDLERS + 16 * GuestFault.BP, "or qword ptr [rsp+16], 0x200600\n iretq");
            vm.run("mov ecx, 3\n again: int3\n pushfq\n pop rax\n cld\n dec ecx\n jnz again\n int 5");

            assertThat(vm.rax() & (Flags.IF | Flags.DF | Flags.ID)).isEqualTo(Flags.IF | Flags.DF | Flags.ID);
        }
    }

    @Test
    void aDescriptorThatIsNotThatOfUserCodeFaults() {
        try (TestVm vm = vm()) {
            vm.run("mov ecx, 3\n again: ud2\n dec ecx\n jnz again\n int3");
            int first = vm.vector();
            vm.descriptor(TestVm.USER_CODE, 0, 0xFFFFF, 0xA09B);
            vm.user();
            vm.run("ud2\n int3");

            assertThat(first).isEqualTo(GuestFault.BP);
            assertThat(vm.vector()).isEqualTo(GuestFault.GP);
        }
    }

    @Test
    void aReturnToAnAddressThatIsNotCanonicalFaultsInTheKernel() {
        try (TestVm vm = vm()) {
            vm.load(HANDLERS + 16 * GuestFault.BP, "mov byte ptr [rsp+6], 1\n iretq");
            vm.run("int3");

            assertThat(vm.vector()).isEqualTo(GuestFault.GP);
            assertThat(vm.cpu().cpl).isZero();
        }
    }

    /// What Linux does to serialize: it returns to the next instruction.
    private static final String TO_ITSELF = """
                    mov r9d, ss
                    mov r8, rsp
                    push r9
                    push r8
                    pushfq
                    xor qword ptr [rsp], %s
                    mov r10d, cs
                    push r10
                    lea r10, [next]
                    push r10
                    %s
                    iretq
            next:   %s
            """;

    private static TestVm inKernel() {
        return TestVm.longMode().with(state -> state.star = STAR);
    }

    @Test
    void aKernelReturnsToItself() {
        try (TestVm vm = inKernel()) {
            vm.run("xor ebx, ebx\n mov ecx, 100\n again: stc\n"
                    + TO_ITSELF.formatted(1, "nop", "adc ebx, 2\n dec ecx\n jnz again\n hlt"));

            // the frame's carry is the inverse of the one that was set
            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(200);
            assertThat(vm.gpr(ProcessorState.RSP)).isEqualTo(vm.gpr(8));
            assertThat(vm.vector()).isEqualTo(-1);
            // the first times find what they need
            assertThat(vm.exits("interpret")).isLessThan(20);
        }
    }

    @Test
    void aKernelWithoutAStackSegmentReturnsToItself() {
        try (TestVm vm = inKernel()) {
            vm.run("xor eax, eax\n mov ss, ax\n mov ecx, 100\n again:\n"
                    + TO_ITSELF.formatted(0x200, "nop", "dec ecx\n jnz again\n mov eax, ss\n hlt"));

            assertThat(vm.rax()).isZero();
            assertThat(vm.vector()).isEqualTo(-1);
            assertThat(vm.exits("interpret")).isLessThan(20);
        }
    }

    @Test
    void aSupervisorDescriptorThatIsNotCodeFaults() {
        try (TestVm vm = inKernel()) {
            vm.run("mov ecx, 3\n again:\n" + TO_ITSELF.formatted(1, "nop", "dec ecx\n jnz again\n hlt"));
            int first = vm.vector();
            vm.descriptor(TestVm.KERNEL_CODE, 0, 0xFFFFF, 0xC093);
            Exit exit = vm.goOn(TestVm.CODE);

            assertThat(first).isEqualTo(-1);
            // the handlers' segment is gone too
            assertThat(exit).isInstanceOf(Exit.TripleFault.class);
        }
    }

    @Test
    void aKernelsReturnToAnAddressThatIsNotCanonicalFaults() {
        try (TestVm vm = inKernel()) {
            vm.run("mov ecx, 3\n again:\n"
                    + TO_ITSELF.formatted(
                            0, "cmp ecx, 1\n jne good\n mov byte ptr [rsp+6], 1\n good:", "dec ecx\n jnz again\n hlt"));

            assertThat(vm.vector()).isEqualTo(GuestFault.GP);
            assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(1);
        }
    }
}
