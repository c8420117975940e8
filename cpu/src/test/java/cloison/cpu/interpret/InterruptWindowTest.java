package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.CODE;
import static cloison.cpu.interpret.TestVm.DATA;
import static cloison.cpu.interpret.TestVm.HANDLERS;
import static cloison.cpu.interpret.TestVm.STACK;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.Breakpoints;
import cloison.cpu.state.Flags;
import cloison.machine.processor.Exit;
import cloison.machine.processor.ProcessorState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InterruptWindowTest {
    private final TestVm vm = TestVm.longMode();

    @AfterEach
    void close() {
        vm.close();
    }

    @Test
    void anInterruptWaitsOneInstructionAfterSti() {
        vm.interrupts().vectors.add(0x50);
        vm.run("sti\n inc rax\n inc rax\n hlt");

        assertThat(vm.vector()).isEqualTo(0x50);
        assertThat(vm.rax()).isEqualTo(1);
        assertThat(vm.frame().rip()).isEqualTo(CODE + 4);
    }

    @Test
    void stiWhileOpenShadowsNothing() {
        vm.load(CODE, "sti\n nop\n sti\n inc rax\n hlt");
        vm.with(state -> state.rflags = 0x202);
        vm.interrupts().vectors.add(0x50);
        vm.run("sti\n inc rax\n hlt");

        assertThat(vm.rax()).isZero();
        assertThat(vm.frame().rip()).isEqualTo(CODE);
    }

    @Test
    void anInterruptWaitsOneInstructionAfterLoadingSs() {
        vm.with(state -> {
            state.rflags = 0x202;
            state.gpr[ProcessorState.RCX] = TestVm.KERNEL_DATA;
        });
        vm.load(HANDLERS + 0x500, "iretq");
        vm.run("nop\n hlt");
        vm.load(CODE, "mov ss, cx\n inc rax\n inc rax\n hlt");
        vm.interrupts().vectors.add(0x51);
        // the interrupt is seen before the first instruction, so let it arrive inside: a single step does
        vm.with(state -> state.rip = CODE);
        vm.processor().run();

        assertThat(vm.vector()).isEqualTo(0x51);
    }

    @Test
    void haltWakesForAnInterruptAndReturnsAfterIt() {
        vm.load(HANDLERS + 0x500, "inc rbx\n iretq");
        assertThat(vm.run("sti\n hlt\n mov rcx, 9\n hlt")).isInstanceOf(Exit.Halted.class);
        assertThat(vm.cpu().rip).isEqualTo(CODE + 2);

        vm.interrupts().vectors.add(0x50);
        vm.processor().run();

        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(1);
        assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(9);
    }

    @Test
    void aHaltedProcessorWithoutAnInterruptStaysHalted() {
        vm.run("cli\n hlt\n inc rax\n hlt");
        vm.interrupts().vectors.add(0x50);

        assertThat(vm.processor().run()).isInstanceOf(Exit.Halted.class);
        assertThat(vm.rax()).isZero();
    }

    @Test
    void leavingIsSticky() {
        vm.processor().leave();
        assertThat(vm.run("inc rax\n hlt")).isInstanceOf(Exit.Left.class);
        assertThat(vm.rax()).isZero();

        assertThat(vm.processor().run()).isInstanceOf(Exit.Halted.class);
        assertThat(vm.rax()).isEqualTo(1);
    }

    @Test
    void popfAndInterruptReturnOpenTheWindow() {
        vm.interrupts().vectors.add(0x50);
        vm.run("push 0x202\n popfq\n inc rax\n hlt");

        assertThat(vm.vector()).isEqualTo(0x50);
        assertThat(vm.rax()).isZero();
    }

    @Test
    void theTrapFlagTrapsAfterTheNextInstruction() {
        vm.run("push 0x102\n popfq\n inc rax\n inc rax\n hlt");

        assertThat(vm.vector()).isEqualTo(1);
        assertThat(vm.rax()).isEqualTo(1);
        assertThat(vm.frame().rflags() & Flags.TF).isNotZero();
        assertThat(vm.flags() & Flags.TF).isZero();
        assertThat(vm.cpu().dr[6] & Breakpoints.SINGLE_STEP).isNotZero();
    }

    @Test
    void theTrapWaitsForTheInstructionAfterALoadOfSs() {
        vm.with(state -> state.gpr[ProcessorState.RCX] = TestVm.KERNEL_DATA);
        vm.run("push 0x102\n popfq\n mov ss, cx\n inc rax\n inc rax\n hlt");

        assertThat(vm.vector()).isEqualTo(1);
        assertThat(vm.rax()).isEqualTo(1);
    }

    @Test
    void theTrapDoesNotWaitAfterALoadOfSsWithItsPointer() {
        vm.write(TestVm.DATA, 4, 7);
        vm.write(TestVm.DATA + 4, 2, TestVm.KERNEL_DATA);
        vm.run("push 0x102\n popfq\n lss ebx, [0x20000]\n inc rax\n inc rax\n hlt");

        assertThat(vm.vector()).isEqualTo(1);
        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(7);
        assertThat(vm.rax()).isZero();
    }

    @Test
    void anExecutionBreakpointFaultsBeforeItsInstructionOnce() {
        vm.with(state -> {
            state.dr[0] = CODE + 3;
            state.dr[7] = 0x402;
        });
        vm.load(HANDLERS + 0x10, "mov rbx, [rsp]\n or dword ptr [rsp+16], 0x10000\n iretq");
        vm.run("inc rax\n inc rax\n inc rax\n hlt");

        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(CODE + 3);
        assertThat(vm.rax()).isEqualTo(3);
        assertThat(vm.cpu().dr[6] & 0xF).isEqualTo(1);
    }

    @Test
    void aDataBreakpointTrapsAfterTheAccess() {
        vm.with(state -> {
            state.dr[1] = DATA + 4;
            state.dr[7] = 0x408 | 0xDL << 20;
            state.gpr[ProcessorState.RAX] = 5;
        });
        vm.run("mov ebx, [0x20004]\n mov [0x20000], eax\n mov [0x20006], al\n inc rax\n hlt");

        assertThat(vm.vector()).isEqualTo(1);
        assertThat(vm.cpu().dr[6] & 0xF).isEqualTo(2);
        assertThat(vm.rax()).isEqualTo(5);
        assertThat(vm.read(DATA + 6, 1)).isEqualTo(5);
    }

    @Test
    void readsTriggerOnlyReadWriteBreakpoints() {
        vm.with(state -> {
            state.dr[1] = DATA + 4;
            state.dr[7] = 0x408 | 0xFL << 20;
        });
        vm.run("mov ebx, [0x20008]\n mov ebx, [0x20004]\n inc rax\n hlt");

        assertThat(vm.vector()).isEqualTo(1);
        assertThat(vm.rax()).isZero();
    }

    @Test
    void generalDetectGuardsTheDebugRegisters() {
        vm.with(state -> state.dr[7] = 0x2400);
        vm.run("mov rax, dr0");

        assertThat(vm.vector()).isEqualTo(1);
        assertThat(vm.frame().rip()).isEqualTo(CODE);
        assertThat(vm.cpu().dr[6] & Breakpoints.GENERAL_DETECT).isNotZero();
        assertThat(vm.cpu().dr[7] & 0x2000).isZero();
    }

    @Test
    void debugInterruptOfOneByteNeedsNoPrivilege() {
        vm.user().run("int1");

        assertThat(vm.vector()).isEqualTo(1);
        assertThat(vm.frame().rip()).isEqualTo(CODE + 1);
    }

    @Test
    void aNoticeWhileClosedIsNotForgotten() {
        vm.interrupts().vectors.add(0x50);
        vm.run("cli\n mov rcx, 1000\n again: dec rcx\n jnz again\n sti\n nop\n hlt");

        assertThat(vm.vector()).isEqualTo(0x50);
        assertThat(vm.gpr(ProcessorState.RCX)).isZero();
    }

    @Test
    void instructionsAreCounted() {
        long before = vm.processor().instructions();
        vm.run("mov rcx, 10\n again: dec rcx\n jnz again\n hlt");

        long executed = Engines.translated() ? 0 : 22;
        assertThat(vm.processor().instructions() - before).isEqualTo(executed);
        assertThat(vm.gpr(ProcessorState.RSP)).isEqualTo(STACK);
    }
}
