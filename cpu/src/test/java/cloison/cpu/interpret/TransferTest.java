package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.CODE;
import static cloison.cpu.interpret.TestVm.DATA;
import static cloison.cpu.interpret.TestVm.FREE;
import static cloison.cpu.interpret.TestVm.KERNEL_CODE;
import static cloison.cpu.interpret.TestVm.KERNEL_CODE_32;
import static cloison.cpu.interpret.TestVm.KERNEL_DATA;
import static cloison.cpu.interpret.TestVm.STACK;
import static cloison.cpu.interpret.TestVm.USER_CODE;
import static cloison.cpu.interpret.TestVm.USER_CODE_32;
import static cloison.cpu.interpret.TestVm.USER_DATA;
import static cloison.cpu.interpret.TestVm.USER_STACK;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.machine.processor.ProcessorState;
import org.junit.jupiter.api.Test;

class TransferTest {
    private static final int R11 = 11;

    @Test
    void systemCallAndReturnInSixtyFourBitMode() {
        try (TestVm vm = TestVm.longMode()) {
            vm.load(DATA, "mov rbx, rcx\n mov rdx, r11\n sysretq");
            vm.with(state -> {
                state.star = (long) USER_CODE_32 << 48 | (long) KERNEL_CODE << 32;
                state.lstar = DATA;
                state.fmask = Flags.IF | Flags.CF;
            });
            vm.user().with(state -> state.rflags = 0x203).run("syscall\n ud2");

            assertThat(vm.vector()).isEqualTo(6);
            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(CODE + 2);
            assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(0x203);
            assertThat(vm.frame().rip()).isEqualTo(CODE + 2);
            assertThat(vm.frame().cs()).isEqualTo(USER_CODE);
            assertThat(vm.frame().ss()).isEqualTo(USER_DATA);
            assertThat(vm.frame().rsp()).isEqualTo(USER_STACK);
            assertThat(vm.frame().rflags() & ~Flags.RF).isEqualTo(0x203);
        }
    }

    @Test
    void systemCallRunsAtTheKernelsLevelWithMaskedFlags() {
        try (TestVm vm = TestVm.longMode()) {
            vm.load(DATA, "hlt");
            vm.with(state -> {
                state.star = (long) KERNEL_CODE << 32;
                state.lstar = DATA;
                state.fmask = Flags.IF | Flags.CF;
            });
            vm.user().with(state -> state.rflags = 0x203).run("syscall");

            assertThat(vm.cpu().rip).isEqualTo(DATA + 1);
            assertThat(vm.cpu().cpl).isZero();
            assertThat(vm.cpu().segmentSelector[ProcessorState.CS]).isEqualTo(KERNEL_CODE);
            assertThat(vm.cpu().segmentSelector[ProcessorState.SS]).isEqualTo(KERNEL_DATA);
            assertThat(vm.flags()).isEqualTo(2);
            assertThat(vm.gpr(R11)).isEqualTo(0x203);
        }
    }

    @Test
    void systemCallIsUndefinedUnlessEnabled() {
        try (TestVm vm = TestVm.longMode()) {
            vm.with(state -> state.efer &= ~Control.EFER_SCE).run("syscall");

            assertThat(vm.vector()).isEqualTo(6);
        }
    }

    @Test
    void systemReturnToCompatibilityMode() {
        try (TestVm vm = TestVm.longMode()) {
            vm.load(DATA, "bits 32\n ud2");
            vm.with(state -> {
                state.star = (long) USER_CODE_32 << 48;
                state.gpr[ProcessorState.RCX] = 0xFFFF_FFFF_0000_0000L | DATA;
                state.gpr[R11] = 0x202;
            });
            vm.run("sysret");

            assertThat(vm.vector()).isEqualTo(6);
            assertThat(vm.frame().cs()).isEqualTo(USER_CODE_32);
            assertThat(vm.frame().rip()).isEqualTo(DATA);
        }
    }

    @Test
    void systemReturnToAWildAddressFaultsInTheKernel() {
        try (TestVm vm = TestVm.longMode()) {
            vm.with(state -> state.gpr[ProcessorState.RCX] = 0x8000_0000_0000L).run("sysretq");

            assertThat(vm.vector()).isEqualTo(13);
            assertThat(vm.frame().cs()).isEqualTo(KERNEL_CODE);
        }
    }

    @Test
    void systemEnterAndExit() {
        try (TestVm vm = TestVm.longMode()) {
            vm.load(DATA, "mov rcx, 0xB000\n lea rdx, [back]\n sysexitq\n back: ud2");
            vm.with(state -> {
                state.sysenterCs = KERNEL_CODE;
                state.sysenterEsp = STACK;
                state.sysenterEip = DATA;
            });
            vm.user().run("sysenter");

            assertThat(vm.vector()).isEqualTo(6);
            assertThat(vm.frame().rsp()).isEqualTo(0xB000);
            assertThat(vm.frame().cs()).isEqualTo(KERNEL_CODE + 32 | 3);
            assertThat(vm.frame().ss()).isEqualTo(KERNEL_CODE + 40 | 3);
        }
    }

    @Test
    void farReturnSwitchesBetweenSixtyFourAndThirtyTwoBitCode() {
        try (TestVm vm = TestVm.longMode()) {
            vm.run("""
                    push 0x30
                    push 0x20000
                    retfq
            """);
            vm.load(DATA, "bits 32\n mov eax, -1\n inc eax\n mov ebx, 7\n jmp 0x08:0x30000");
            vm.load(0x30000, "mov rcx, -1\n hlt");
            vm.run("""
                    push 0x30
                    push 0x20000
                    retfq
            """);

            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(7);
            assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(-1);
            assertThat(vm.cpu().longMode).isTrue();
        }
    }

    @Test
    void farTransfersRefuseWrongSegments() {
        try (TestVm vm = TestVm.longMode()) {
            for (int selector : new int[] {0, KERNEL_DATA, USER_CODE, 0x1000, TestVm.TASK}) {
                vm.write(DATA, 8, CODE);
                vm.write(DATA + 8, 2, selector);
                vm.with(state -> state.gpr[ProcessorState.RSP] = STACK)
                        .run("mov rax, 0x20000\n rex.w jmp far [rax]"
                                .replace("rex.w jmp far [rax]", "db 0x48, 0xff, 0x28"));

                assertThat(vm.vector()).as("selector %x", selector).isEqualTo(13);
                assertThat(vm.frame().errorCode()).isEqualTo(selector & 0xFFFC);
            }
            vm.descriptor(FREE, 0, 0xFFFFF, 0xA01B);
            vm.write(DATA + 8, 2, FREE);
            vm.run("mov rax, 0x20000\n db 0x48, 0xff, 0x28");
            assertThat(vm.vector()).isEqualTo(11);
            assertThat(vm.frame().errorCode()).isEqualTo(FREE);
        }
    }

    @Test
    void farTransfersFromSixteenBitStacksToSixtyFourBitCodeUseAllOfTheStackPointer() {
        try (TestVm vm = TestVm.longMode().compatibility()) {
            vm.load(DATA, "bits 64\n mov rbx, rsp\n hlt");
            vm.with(state -> {
                state.segments[ProcessorState.SS] = new ProcessorState.Segment(TestVm.KERNEL_DATA_16, 0, 0xFFFF, 0x93);
                state.gpr[ProcessorState.RSP] = 0xA_9000;
            });
            vm.run("call 0x08:0x20000");

            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(0xA_8FF8);
            assertThat(vm.read(0xA_8FF8, 4)).isEqualTo(CODE + 7);
            assertThat(vm.read(0xA_8FFC, 4)).isEqualTo(KERNEL_CODE_32);
        }
        try (TestVm vm = TestVm.longMode().compatibility()) {
            vm.load(DATA, "bits 64\n mov rbx, rsp\n hlt");
            vm.with(state -> {
                state.segments[ProcessorState.SS] = new ProcessorState.Segment(TestVm.KERNEL_DATA_16, 0, 0xFFFF, 0x93);
                state.gpr[ProcessorState.RSP] = 0xA_8FF8;
            });
            vm.write(0x8FF8, 4, DATA);
            vm.write(0x8FFC, 4, KERNEL_CODE);
            vm.run("retf 0x7ff8");

            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(0xB_0FF8);
        }
    }

    @Test
    void aCallGateLeadsInwardAndBack() {
        try (TestVm vm = TestVm.longMode()) {
            vm.write(
                    TestVm.GDT + FREE,
                    8,
                    DATA & 0xFFFF | (long) KERNEL_CODE << 16 | 0xECL << 40 | (long) (DATA >> 16) << 48);
            vm.write(TestVm.GDT + FREE + 8, 8, 0);
            vm.load(DATA, "mov rbx, cr0\n db 0x48, 0xcb");
            vm.write(0x30000, 8, 0);
            vm.write(0x30008, 2, FREE | 3);
            vm.user().run("mov rax, 0x30000\n db 0x48, 0xff, 0x18\n ud2");

            assertThat(vm.vector()).isEqualTo(6);
            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(vm.cpu().cr0);
            assertThat(vm.frame().cs()).isEqualTo(USER_CODE);
            assertThat(vm.frame().rsp()).isEqualTo(USER_STACK);
        }
    }

    @Test
    void aThirtyTwoBitCallGateCopiesParameters() {
        try (TestVm vm = TestVm.protectedMode()) {
            vm.write(
                    TestVm.GDT + FREE,
                    8,
                    DATA & 0xFFFF | (long) KERNEL_CODE_32 << 16 | 2L << 32 | 0xECL << 40 | (long) (DATA >> 16) << 48);
            vm.load(DATA, "mov ebx, [esp+8]\n mov ecx, [esp+12]\n mov edx, esp\n retf 8");
            vm.user().run("push 0x11\n push 0x22\n call 0x63:0\n mov eax, esp\n ud2");

            assertThat(vm.vector()).isEqualTo(6);
            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(0x22);
            assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(0x11);
            assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(STACK - 24);
            assertThat(vm.rax()).isEqualTo(USER_STACK);
        }
    }

    @Test
    void outwardReturnsDropDataSegmentsOfTheInnerLevel() {
        try (TestVm vm = TestVm.protectedMode()) {
            vm.with(state -> state.segments[ProcessorState.ES] = new ProcessorState.Segment(USER_DATA, 0, -1, 0xC0F3));
            vm.run("push 0x23\n push 0xC000\n push 0x202\n push 0x1B\n push 0x20000\n iretd");
            vm.load(DATA, "mov ebx, ds\n mov ecx, es\n ud2");
            vm.with(state -> {
                state.segments[ProcessorState.ES] = new ProcessorState.Segment(USER_DATA, 0, -1, 0xC0F3);
                state.gpr[ProcessorState.RSP] = STACK;
            });
            vm.run("push 0x23\n push 0xC000\n push 0x202\n push 0x1B\n push 0x20000\n iretd");

            assertThat(vm.gpr(ProcessorState.RBX)).isZero();
            assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(USER_DATA);
        }
    }

    @Test
    void protectedModeExceptionsPushDoublewords() {
        try (TestVm vm = TestVm.protectedMode()) {
            vm.run("ud2");
            assertThat(vm.vector()).isEqualTo(6);
            assertThat(vm.gpr(ProcessorState.RSP)).isEqualTo(STACK - 12);
            assertThat(vm.frame().rip()).isEqualTo(CODE);

            vm.user().run("hlt");
            assertThat(vm.vector()).isEqualTo(13);
            assertThat(vm.gpr(ProcessorState.RSP)).isEqualTo(STACK - 24);
            assertThat(vm.frame().rsp()).isEqualTo(USER_STACK);
            assertThat(vm.frame().ss()).isEqualTo(USER_DATA);
        }
    }

    @Test
    void segmentLimitsAreChecked() {
        try (TestVm vm = TestVm.protectedMode()) {
            vm.descriptor(FREE, DATA, 0x0F, 0x4093);
            vm.run("mov ecx, 0x60\n mov es, cx\n mov eax, es:[12]\n mov ebx, es:[13]");
            assertThat(vm.vector()).isEqualTo(13);
            assertThat(vm.frame().errorCode()).isZero();

            vm.descriptor(FREE, 0, 0xFFF, 0x4097);
            vm.with(state -> state.gpr[ProcessorState.RSP] = STACK)
                    .run("mov ecx, 0x60\n mov es, cx\n mov eax, es:[0x1000]\n mov ebx, es:[0xfff]");
            assertThat(vm.vector()).isEqualTo(13);
            assertThat(vm.frame().rip() - CODE).isGreaterThan(10);
        }
    }

    @Test
    void loadingSegmentsChecksTypePrivilegeAndPresence() {
        try (TestVm vm = TestVm.protectedMode()) {
            vm.descriptor(FREE, 0, 0xFFFFF, 0xC013);
            vm.descriptor(FREE + 8, 0, 0xFFFFF, 0xC099);
            vm.descriptor(FREE + 16, 0, 0xFFFFF, 0xC091);
            int[][] cases = {
                {FREE, 11, FREE},
                {FREE + 8, 13, FREE + 8},
                {0x1000, 13, 0x1000},
                {TestVm.TASK, 13, TestVm.TASK},
                {FREE + 4, 13, FREE + 4}
            };
            for (int[] c : cases) {
                vm.with(state -> state.gpr[ProcessorState.RSP] = STACK).run("mov ecx, %d%n mov ds, cx".formatted(c[0]));
                assertThat(vm.vector()).isEqualTo(c[1]);
                assertThat(vm.frame().errorCode()).isEqualTo(c[2]);
            }
            vm.with(state -> state.gpr[ProcessorState.RSP] = STACK)
                    .run("mov ecx, %d%n mov ss, cx".formatted(FREE + 16));
            assertThat(vm.vector()).isEqualTo(13);
            vm.with(state -> state.gpr[ProcessorState.RSP] = STACK).run("mov ecx, %d%n mov ss, cx".formatted(FREE));
            assertThat(vm.vector()).isEqualTo(12);
            assertThat(vm.frame().errorCode()).isEqualTo(FREE);
        }
    }

    @Test
    void aLoadMarksTheDescriptorAccessed() {
        try (TestVm vm = TestVm.protectedMode()) {
            vm.descriptor(FREE, 0, 0xFFFFF, 0xC092);
            vm.run("mov ecx, 0x60\n mov fs, cx\n hlt");

            assertThat(vm.read(TestVm.GDT + FREE + 5, 1)).isEqualTo(0x93);
        }
    }

    @Test
    void aNullDataSegmentLoadsAndFaultsWhenUsed() {
        try (TestVm vm = TestVm.protectedMode()) {
            vm.run("xor ecx, ecx\n mov gs, cx\n mov eax, gs:[0]");

            assertThat(vm.vector()).isEqualTo(13);
            assertThat(vm.frame().rip()).isEqualTo(CODE + 4);
        }
    }

    @Test
    void realModeInterruptsUseTheVectorTable() {
        try (TestVm vm = TestVm.realMode()) {
            vm.write(4 * 0x21, 4, 0x2000_0000L);
            vm.bytes(0x20000, 0x58, 0x5B, 0x59, 0xF4);
            vm.run("stc\n int 0x21");

            assertThat(vm.rax() & 0xFFFF).isEqualTo(3);
            assertThat(vm.gpr(ProcessorState.RBX) & 0xFFFF).isEqualTo(CODE >> 4);
            assertThat(vm.gpr(ProcessorState.RCX) & 1).isEqualTo(1);
        }
    }

    @Test
    void realModeSegmentsAreSixteenTimesTheirSelector() {
        try (TestVm vm = TestVm.realMode()) {
            vm.write(0x2_3456, 2, 0xABCD);
            vm.run("mov ax, 0x2345\n mov ds, ax\n mov bx, [6]\n hlt");

            assertThat(vm.gpr(ProcessorState.RBX) & 0xFFFF).isEqualTo(0xABCD);
        }
    }

    @Test
    void realModeEntersProtectedThenLongMode() {
        try (TestVm vm = TestVm.realMode()) {
            TestVm tables = vm;
            tables.write(TestVm.PML4, 8, TestVm.PDPT | 7);
            tables.write(TestVm.PDPT, 8, 0x83);
            tables.descriptor(KERNEL_CODE, 0, 0xFFFFF, 0xA09B);
            tables.descriptor(KERNEL_DATA, 0, 0xFFFFF, 0xC093);
            tables.descriptor(KERNEL_CODE_32, 0, 0xFFFFF, 0xC09B);
            tables.write(DATA, 2, 0xFF);
            tables.write(DATA + 2, 4, TestVm.GDT);
            byte[] wide = cloison.cpu.decode.Asm.bytes(32, 0x30000, """
                    mov ax, 0x10
                    mov ss, ax
                    mov ds, ax
                    mov eax, 0x20
                    mov cr4, eax
                    mov eax, 0x1000
                    mov cr3, eax
                    mov ecx, 0xC0000080
                    mov eax, 0x100
                    xor edx, edx
                    wrmsr
                    mov eax, 0x80000001
                    mov cr0, eax
                    jmp 0x08:0x31000
            """);
            for (int i = 0; i < wide.length; i++) {
                tables.write(0x30000 + i, 1, wide[i]);
            }
            byte[] last = cloison.cpu.decode.Asm.bytes(64, 0x31000, "mov rax, 0x123456789ABCDEF0\n hlt");
            for (int i = 0; i < last.length; i++) {
                tables.write(0x31000 + i, 1, last[i]);
            }
            vm.run("""
                    cli
                    mov ax, 0x2000
                    mov ds, ax
                    lgdt [0]
                    mov eax, cr0
                    or al, 1
                    mov cr0, eax
                    db 0x66
                    db 0xea
                    dd 0x30000
                    dw 0x30
            """);

            assertThat(vm.rax()).isEqualTo(0x1234_5678_9ABC_DEF0L);
            assertThat(vm.cpu().longMode).isTrue();
        }
    }

    @Test
    void virtual8086ModeIsEnteredByReturnAndLeftByException() {
        try (TestVm vm = TestVm.protectedMode()) {
            vm.bytes(0x20000, 0x8C, 0xD8, 0xFA);
            vm.run("""
                    push 0
                    push 0
                    push 0x1111
                    push 0x2222
                    push 0
                    push 0x100
                    push 0x20002
                    push 0x2000
                    push 0
                    iretd
            """);

            assertThat(vm.vector()).isEqualTo(13);
            assertThat(vm.rax() & 0xFFFF).isEqualTo(0x1111);
            assertThat(vm.frame().rip()).isEqualTo(2);
            assertThat(vm.frame().rflags() & Flags.VM).isNotZero();
            assertThat(vm.frame().rsp()).isEqualTo(0x100);
            assertThat(vm.read(STACK - 4 * 3, 4)).isEqualTo(0x1111);
            assertThat(vm.cpu().virtual8086()).isFalse();
            assertThat(vm.cpu().segmentSelector[ProcessorState.DS]).isZero();
        }
    }

    @Test
    void aTaskSwitchSavesTheOldAndLoadsTheNew() {
        try (TestVm vm = TestVm.protectedMode()) {
            int other = 0x40000;
            vm.descriptor(FREE, other, 0x67, 0x89);
            vm.write(other + 0x20, 4, DATA);
            vm.write(other + 0x24, 4, 2);
            vm.write(other + 0x28, 4, 0x77);
            vm.write(other + 0x38, 4, STACK - 0x800);
            for (int segment = 0; segment < 6; segment++) {
                vm.write(other + 0x48 + 4 * segment, 2, segment == 1 ? KERNEL_CODE_32 : KERNEL_DATA);
            }
            vm.load(DATA, "mov ebx, eax\n iretd");
            vm.with(state -> state.gpr[ProcessorState.RCX] = 0x99).run("call 0x60:0\n hlt");

            assertThat(vm.vector()).isEqualTo(-1);
            assertThat(vm.cpu().rip).isEqualTo(CODE + 8);
            assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(0x99);
            assertThat(vm.read(other + 0x28 + 12, 4)).isEqualTo(0x77);
            assertThat(vm.read(TestVm.GDT + FREE + 5, 1)).isEqualTo(0x89);
            assertThat(vm.cpu().cr0 & Control.CR0_TS).isNotZero();
            assertThat(vm.read(other, 2)).isEqualTo(TestVm.TASK);
        }
    }

    @Test
    void aTaskGateServesAnException() {
        try (TestVm vm = TestVm.protectedMode()) {
            int other = 0x40000;
            vm.descriptor(FREE, other, 0x67, 0x89);
            vm.write(other + 0x20, 4, DATA);
            vm.write(other + 0x24, 4, 2);
            vm.write(other + 0x38, 4, STACK - 0x800);
            for (int segment = 0; segment < 6; segment++) {
                vm.write(other + 0x48 + 4 * segment, 2, segment == 1 ? KERNEL_CODE_32 : KERNEL_DATA);
            }
            vm.gate(13, FREE, 0, 0x8500);
            vm.load(DATA, "pop eax\n hlt");
            vm.run("int 0x60\n hlt");
            vm.gate(0x60, 0x0E00, 0);
            vm.write(0x5060 + 5, 1, 0x89);
            vm.run("mov ecx, 0x1000\n mov ds, cx");

            assertThat(vm.rax()).isEqualTo(0x1000);
            assertThat(vm.cpu().rip).isEqualTo(DATA + 2);
        }
    }

    @Test
    void questionsAboutSelectorsAnswerInZf() {
        try (TestVm vm = TestVm.longMode()) {
            vm.run("""
                    mov ecx, 0x10
                    lar eax, cx
                    setz bl
                    lsl edx, cx
                    verw cx
                    setz bh
                    mov ecx, 0x1000
                    lsl esi, cx
                    setz cl
                    hlt
            """);

            assertThat(vm.rax() & 0xF0FF00).isEqualTo(0xC09300);
            assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(0xFFFF_FFFFL);
            assertThat(vm.gpr(ProcessorState.RBX) & 0xFFFF).isEqualTo(0x0101);
            assertThat(vm.gpr(ProcessorState.RCX) & 0xFF).isZero();
            assertThat(vm.gpr(ProcessorState.RSI)).isZero();
        }
    }
}
