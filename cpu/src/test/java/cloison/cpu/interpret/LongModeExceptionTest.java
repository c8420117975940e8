package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.CODE;
import static cloison.cpu.interpret.TestVm.DATA;
import static cloison.cpu.interpret.TestVm.HANDLERS;
import static cloison.cpu.interpret.TestVm.IST1;
import static cloison.cpu.interpret.TestVm.KERNEL_CODE;
import static cloison.cpu.interpret.TestVm.KERNEL_DATA;
import static cloison.cpu.interpret.TestVm.STACK;
import static cloison.cpu.interpret.TestVm.USER_CODE;
import static cloison.cpu.interpret.TestVm.USER_DATA;
import static cloison.cpu.interpret.TestVm.USER_STACK;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.machine.processor.Exit;
import cloison.machine.processor.ProcessorState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LongModeExceptionTest {
    private final TestVm vm = TestVm.longMode();

    @AfterEach
    void close() {
        vm.close();
    }

    @Test
    void aFaultReturnsToItsInstructionWithRfAndATrapToTheNext() {
        vm.run("nop\n ud2");
        assertThat(vm.vector()).isEqualTo(6);
        assertThat(vm.frame().rip()).isEqualTo(CODE + 1);
        assertThat(vm.frame().rflags() & Flags.RF).isNotZero();

        vm.with(state -> state.gpr[ProcessorState.RSP] = STACK).run("nop\n int3");
        assertThat(vm.vector()).isEqualTo(3);
        assertThat(vm.frame().rip()).isEqualTo(CODE + 2);
        assertThat(vm.frame().rflags() & Flags.RF).isZero();
    }

    @Test
    void theFrameHasFiveQuadwordsBelowAnAlignedPointer() {
        vm.with(state -> state.gpr[ProcessorState.RSP] = STACK - 3).run("sti\n int3");

        assertThat(vm.gpr(ProcessorState.RSP)).isEqualTo((STACK - 3 & -16) - 40);
        assertThat(vm.frame().cs()).isEqualTo(KERNEL_CODE);
        assertThat(vm.frame().rsp()).isEqualTo(STACK - 3);
        assertThat(vm.frame().ss()).isEqualTo(KERNEL_DATA);
        assertThat(vm.frame().rflags() & Flags.IF).isNotZero();
    }

    @Test
    void anInterruptGateClosesInterruptsAndATrapGateDoesNot() {
        vm.run("sti\n int3");
        assertThat(vm.flags() & Flags.IF).isZero();

        vm.gate(3, 0x8F00, 0);
        vm.run("sti\n int3");
        assertThat(vm.flags() & Flags.IF).isNotZero();
    }

    @Test
    void theUserIsLeftThroughTheStackOfTheTaskStateSegment() {
        vm.user().run("ud2");

        assertThat(vm.vector()).isEqualTo(6);
        assertThat(vm.gpr(ProcessorState.RSP)).isEqualTo(STACK - 40);
        assertThat(vm.cpu().cpl).isZero();
        assertThat(vm.cpu().segmentSelector[ProcessorState.SS]).isZero();
        assertThat(vm.frame().cs()).isEqualTo(USER_CODE);
        assertThat(vm.frame().ss()).isEqualTo(USER_DATA);
        assertThat(vm.frame().rsp()).isEqualTo(USER_STACK);
    }

    @Test
    void anInterruptStackTableEntryIsUsedAtEveryLevel() {
        vm.gate(6, 0x8E00, 1);
        vm.run("ud2");
        assertThat(vm.gpr(ProcessorState.RSP)).isEqualTo(IST1 - 40);
        assertThat(vm.frame().rsp()).isEqualTo(STACK);

        vm.user().run("ud2");
        assertThat(vm.gpr(ProcessorState.RSP)).isEqualTo(IST1 - 40);
    }

    @Test
    void aPageFaultPushesItsErrorCodeAndLoadsCr2() {
        vm.map(DATA, 0);

        vm.run("mov eax, [0x20008]");

        assertThat(vm.vector()).isEqualTo(14);
        assertThat(vm.frame().errorCode()).isZero();
        assertThat(vm.cpu().cr2).isEqualTo(DATA + 8);
        assertThat(vm.frame().rip()).isEqualTo(CODE);
    }

    @Test
    void aSoftwareInterruptNeedsTheGatesPrivilege() {
        vm.user().run("int 0x80");
        assertThat(vm.vector()).isEqualTo(13);
        assertThat(vm.frame().errorCode()).isEqualTo(0x80 << 3 | 2);
        assertThat(vm.frame().rip()).isEqualTo(CODE);

        vm.gate(0x80, 0xEE00, 0);
        vm.user().run("int 0x80");
        assertThat(vm.vector()).isEqualTo(0x80);
        assertThat(vm.frame().rip()).isEqualTo(CODE + 2);
    }

    @Test
    void anAbsentGateIsNamedByTheErrorCode() {
        vm.gate(0x40, 0x0E00, 0);
        vm.run("int 0x40");

        assertThat(vm.vector()).isEqualTo(11);
        assertThat(vm.frame().errorCode()).isEqualTo(0x40 << 3 | 2);
    }

    @Test
    void aFaultOfAnExternalInterruptSaysSo() {
        vm.gate(0x40, 0x0E00, 0);
        vm.interrupts().vectors.add(0x40);
        vm.run("sti\n nop\n nop\n hlt");

        assertThat(vm.vector()).isEqualTo(11);
        assertThat(vm.frame().errorCode()).isEqualTo(0x40 << 3 | 3);
    }

    @Test
    void aHandlerMustBeInASixtyFourBitSegment() {
        vm.gate(0x40, TestVm.KERNEL_CODE_32, HANDLERS, 0x8E00);
        vm.run("int 0x40");

        assertThat(vm.vector()).isEqualTo(13);
        assertThat(vm.frame().errorCode()).isEqualTo(TestVm.KERNEL_CODE_32);
    }

    @Test
    void aPageFaultWhileDeliveringAPageFaultIsADoubleFault() {
        vm.gate(14, KERNEL_CODE, HANDLERS, 0x8E00);
        vm.gate(8, 0x8E00, 1);
        vm.map(0x8000, 0);

        vm.run("mov eax, [0x8000]");

        assertThat(vm.vector()).isEqualTo(8);
        assertThat(vm.frame().errorCode()).isZero();
        assertThat(vm.frame().rip()).isEqualTo(CODE);
    }

    @Test
    void aContributoryFaultAfterAnotherIsADoubleFault() {
        vm.gate(13, 0x0E00, 0);
        vm.user().run("hlt");

        assertThat(vm.vector()).isEqualTo(8);
        assertThat(vm.frame().rip()).isEqualTo(CODE);
    }

    @Test
    void aFaultAfterABenignOneIsDeliveredItself() {
        vm.gate(6, 0x0E00, 0);
        vm.run("ud2");

        assertThat(vm.vector()).isEqualTo(11);
        assertThat(vm.frame().errorCode()).isEqualTo(6 << 3 | 3);
    }

    @Test
    void aFaultOfTheDoubleFaultHandlerEndsInATripleFaultWithAReport() {
        vm.gate(13, 0x0E00, 0);
        vm.gate(8, 0x0E00, 0);
        Exit exit = vm.user().run("hlt");

        assertThat(exit).isInstanceOf(Exit.TripleFault.class);
        assertThat(((Exit.TripleFault) exit).report())
                .contains("triple fault")
                .contains("CPL 3")
                .contains("hlt")
                .contains("RIP 0000000000010000");
    }

    @Test
    void aWildStackFaultsAsAStackAndOtherWildAddressesDoNot() {
        vm.gate(12, 0x8E00, 1);
        vm.gate(13, 0x8E00, 1);
        vm.with(state -> state.gpr[ProcessorState.RSP] = 0x8000_0000_0100L).run("push rax");
        assertThat(vm.vector()).isEqualTo(12);
        assertThat(vm.frame().errorCode()).isZero();

        vm.with(state -> {
                    state.gpr[ProcessorState.RBP] = 0x8000_0000_0000L;
                    state.gpr[ProcessorState.RAX] = 0x8000_0000_0000L;
                })
                .run("mov ecx, [rbp]");
        assertThat(vm.vector()).isEqualTo(12);

        vm.run("mov ecx, [rax]");
        assertThat(vm.vector()).isEqualTo(13);
    }

    @Test
    void anExecutionBeyondACanonicalAddressIsAProtectionFault() {
        vm.with(state -> state.gpr[ProcessorState.RAX] = 0x8000_0000_0000L).run("jmp rax");

        assertThat(vm.vector()).isEqualTo(13);
        assertThat(vm.frame().errorCode()).isZero();
    }

    @Test
    void fetchingFromANonExecutablePageFaultsThere() {
        vm.map(DATA, DATA | 7 | 1L << 63);
        vm.run("jmp 0x20000");

        assertThat(vm.vector()).isEqualTo(14);
        assertThat(vm.frame().errorCode()).isEqualTo(17);
        assertThat(vm.frame().rip()).isEqualTo(DATA);
        assertThat(vm.cpu().cr2).isEqualTo(DATA);
    }

    @Test
    void anInstructionAcrossPagesFaultsAtTheSecondPage() {
        vm.map(0x21000, 0);
        vm.bytes(0x20FFD, 0x48, 0xC7, 0xC0);
        vm.run("jmp 0x20ffd");

        assertThat(vm.vector()).isEqualTo(14);
        assertThat(vm.frame().rip()).isEqualTo(0x20FFD);
        assertThat(vm.cpu().cr2).isEqualTo(0x21000);
    }

    @Test
    void privilegedInstructionsFaultForTheUser() {
        for (String program : new String[] {
            "hlt",
            "cli",
            "sti",
            "clts",
            "invd",
            "wbinvd",
            "mov rax, cr0",
            "mov cr3, rax",
            "mov rax, dr7",
            "rdmsr",
            "wrmsr",
            "invlpg [rax]",
            "lgdt [rax]",
            "lidt [rax]",
            "ltr ax",
            "lldt ax",
            "lmsw ax",
            "swapgs",
            "sysretq",
            "rdpmc",
            "in al, dx",
            "out 0x80, al",
            "mov rax, cr8"
        }) {
            vm.user().run(program);

            assertThat(vm.vector()).as(program).isEqualTo(13);
            assertThat(vm.frame().errorCode()).as(program).isZero();
            assertThat(vm.frame().rip()).as(program).isEqualTo(CODE);
        }
    }

    @Test
    void anInterruptReturnRestoresTheInterrupted() {
        vm.interrupts().vectors.add(0x40);
        vm.load(HANDLERS + 0x400, "mov rbx, 7\n iretq");
        vm.run("sti\n nop\n mov rcx, 5\n hlt");

        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(7);
        assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(5);
        assertThat(vm.gpr(ProcessorState.RSP)).isEqualTo(STACK);
        assertThat(vm.flags() & Flags.IF).isNotZero();
    }

    @Test
    void interruptReturnReachesTheUserWithStackAndFlags() {
        vm.run("""
                push 0x23
                push 0xC000
                push 0x3202
                push 0x2B
                lea rax, [there]
                push rax
                iretq
        there:  ud2
        """);

        assertThat(vm.frame().cs()).isEqualTo(USER_CODE);
        assertThat(vm.frame().ss()).isEqualTo(USER_DATA);
        assertThat(vm.frame().rsp()).isEqualTo(USER_STACK);
        assertThat(vm.frame().rflags() & (Flags.IOPL | Flags.IF)).isEqualTo(0x3200);
    }

    @Test
    void interruptReturnRefusesBadSelectors() {
        for (int[] pair : new int[][] {{0, KERNEL_DATA}, {KERNEL_DATA, KERNEL_DATA}, {KERNEL_CODE, USER_DATA}}) {
            vm.with(state -> state.gpr[ProcessorState.RSP] = STACK)
                    .run("push %d%n push 0x8000%n push 2%n push %d%n push 0x10000%n iretq".formatted(pair[1], pair[0]));

            assertThat(vm.vector()).isEqualTo(13);
            int wrong = pair[0] == KERNEL_CODE ? pair[1] : pair[0];
            assertThat(vm.frame().errorCode()).isEqualTo(wrong & 0xFFFC);
        }
    }

    @Test
    void interruptReturnWithNestedTaskFaultsInLongMode() {
        vm.with(state -> state.rflags = 2 | Flags.NT).run("iretq");

        assertThat(vm.vector()).isEqualTo(13);
    }

    @Test
    void nonMaskableInterruptsWaitForTheReturnOfTheLast() {
        vm.interrupts().nmi = true;
        vm.load(HANDLERS + 0x20, "inc rbx\n cmp rbx, 2\n je done\n out 0x80, al\n iretq\n done: hlt");
        vm.run("cli\n nop\n nop\n hlt");
        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(1);

        vm.interrupts().nmi = true;
        vm.run("nop\n hlt");
        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(2);

        // now in the second handler: a third must wait
        vm.interrupts().nmi = true;
        vm.processor().notice();
        assertThat(vm.processor().run()).isInstanceOf(Exit.Halted.class);
        assertThat(vm.interrupts().nmi).isTrue();
    }

    @Test
    void numericErrorsNeedCr0Ts() {
        vm.with(state -> state.cr0 |= Control.CR0_TS).run("fninit");

        assertThat(vm.vector()).isEqualTo(7);
    }
}
