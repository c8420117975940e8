package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.CODE;
import static cloison.cpu.interpret.TestVm.DATA;
import static cloison.cpu.interpret.TestVm.USER_DATA;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.machine.processor.Exit;
import cloison.machine.processor.ProcessorState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RegistersTest {
    private final TestVm vm = TestVm.longMode();

    @AfterEach
    void close() {
        vm.close();
    }

    private int faultOf(String program) {
        vm.with(state -> state.gpr[ProcessorState.RSP] = TestVm.STACK).run(program);
        return vm.vector();
    }

    @Test
    void controlRegistersRefuseWhatCannotBe() {
        for (String program : new String[] {
            "mov rax, 0x100000000\n mov cr0, rax",
            "mov rax, 0x80000000\n mov cr0, rax",
            "mov rax, 0xA0000011\n mov cr0, rax",
            "mov rax, 0x11\n mov cr0, rax",
            "mov rax, 0\n mov cr4, rax",
            "mov rax, 0x1020\n mov cr4, rax",
            "mov rax, 0x10020\n mov cr4, rax",
            "mov rax, 0x400000000000\n mov cr3, rax",
            "mov rax, 16\n mov cr8, rax",
            "mov rax, 0x100000000\n mov dr7, rax"
        }) {
            assertThat(faultOf(program)).as(program).isEqualTo(13);
        }
        assertThat(faultOf("mov cr1, rax")).isEqualTo(6);
        assertThat(faultOf("mov rax, cr7")).isEqualTo(6);
    }

    @Test
    void taskPriorityIsTheInterruptSources() {
        vm.run("mov rax, 5\n mov cr8, rax\n xor eax, eax\n mov rax, cr8\n hlt");

        assertThat(vm.rax()).isEqualTo(5);
        assertThat(vm.interrupts().cr8()).isEqualTo(5);
    }

    @Test
    void clearTaskSwitchedAndStatusWord() {
        vm.run("mov rax, cr0\n or rax, 8\n mov cr0, rax\n clts\n smsw rbx\n mov eax, 0\n lmsw ax\n mov rcx, cr0\n hlt");

        assertThat(vm.gpr(ProcessorState.RBX) & Control.CR0_TS).isZero();
        assertThat(vm.gpr(ProcessorState.RCX) & Control.CR0_PE).isNotZero();
    }

    @Test
    void modelSpecificRegistersKeepWhatIsWritten() {
        for (int index : new int[] {
            0xC000_0081,
            0xC000_0082,
            0xC000_0083,
            0xC000_0100,
            0xC000_0101,
            0xC000_0102,
            0x175,
            0x176,
            0x277,
            0x200,
            0x201,
            0x250,
            0x26F
        }) {
            vm.run(
                    "mov ecx, %d%n mov eax, 0x06050401%n mov edx, 0x0506%n wrmsr%n xor eax, eax%n xor edx, edx%n rdmsr%n hlt"
                            .formatted(index));

            assertThat(vm.vector()).as("%x", index).isEqualTo(-1);
            assertThat(vm.rax()).as("%x", index).isEqualTo(0x0605_0401);
            assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(0x0506);
        }
    }

    @Test
    void modelSpecificRegistersRefuseBadValues() {
        for (int index :
                new int[] {0xC000_0082, 0xC000_0100, 0xC000_0080, 0x277, 0x48, 0x49, 0xC000_0103, 0xFE, 0x10A}) {
            assertThat(faultOf("mov ecx, %d%n mov eax, 0xF0F0F0F0%n mov edx, 0x7FFFFFFF%n wrmsr".formatted(index)))
                    .as("%x", index)
                    .isEqualTo(13);
        }
        assertThat(faultOf("mov ecx, 0xC0000080\n mov eax, 0xC01\n xor edx, edx\n wrmsr"))
                .isEqualTo(13);
    }

    @Test
    void unknownModelSpecificRegistersAreTheIntercepts() {
        assertThat(faultOf("mov ecx, 0x40000000\n rdmsr")).isEqualTo(13);
        assertThat(faultOf("mov ecx, 0x40000000\n wrmsr")).isEqualTo(13);
        vm.intercepts().msrs.put(0x4000_0000, 0x1234_5678_9ABCL);

        assertThat(faultOf("mov ecx, 0x40000000\n rdmsr\n hlt")).isEqualTo(-1);
        assertThat(vm.rax()).isEqualTo(0x5678_9ABC);
        assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(0x1234);
        vm.run("mov ecx, 0x40000000\n mov eax, 7\n xor edx, edx\n wrmsr\n hlt");
        assertThat(vm.intercepts().msrs).containsEntry(0x4000_0000, 7L);
    }

    @Test
    void timeIsTheInterceptsPlusWhatWasWritten() {
        vm.intercepts().time = 0x1_0000_0000L;
        vm.run("rdtsc\n mov ebx, edx\n mov ecx, 0x10\n mov eax, 100\n xor edx, edx\n wrmsr\n rdtscp\n hlt");

        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(1);
        assertThat(vm.gpr(ProcessorState.RDX)).isZero();
        assertThat(vm.rax()).isBetween(100L, 200L);
        vm.with(state -> state.cr4 |= Control.CR4_TSD).user().run("rdtsc");
        assertThat(vm.vector()).isEqualTo(13);
    }

    @Test
    void identificationNamesTheMakerAndTheBrand() {
        vm.run("xor eax, eax\n cpuid\n mov [0x20000], ebx\n mov [0x20004], edx\n mov [0x20008], ecx\n"
                + " mov eax, 0x80000002\n cpuid\n mov [0x20010], eax\n mov [0x20014], ebx\n hlt");

        assertThat(vm.read(DATA, 8)).isEqualTo(0x4965_6E69_756E_6547L);
        assertThat(vm.read(DATA + 8, 4)).isEqualTo(0x6C65_746E);
        assertThat(vm.read(DATA + 16, 8)).isEqualTo(0x206E_6F73_696F_6C43L);
    }

    @Test
    void identificationOffersSystemCallOnlyInSixtyFourBitMode() {
        vm.run("mov eax, 0x80000001\n cpuid\n hlt");
        assertThat(vm.gpr(ProcessorState.RDX) & 1 << 11).isNotZero();

        vm.compatibility().run("mov eax, 0x80000001\n cpuid\n hlt");
        assertThat(vm.gpr(ProcessorState.RDX) & 1 << 11).isZero();
    }

    @Test
    void hypercallsPassRegistersByTheConventionOfTheMode() {
        vm.intercepts().hypercalls = true;
        vm.run("mov ecx, 1\n mov edx, 2\n mov r8d, 3\n vmcall\n hlt");
        assertThat(vm.intercepts().log).containsExactly("hypercall 1 2 3");
        assertThat(vm.rax()).isEqualTo(0x1_2345_6789L);

        vm.intercepts().log.clear();
        vm.compatibility()
                .run("mov edx, 1\n mov eax, 2\n mov ebx, 3\n mov ecx, 4\n mov edi, 5\n mov esi, 6\n vmmcall\n hlt");
        assertThat(vm.intercepts().log).containsExactly("hypercall 100000002 300000004 500000006");
        assertThat(vm.rax()).isEqualTo(0x2345_6789L);
        assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(1);
    }

    @Test
    void hypercallsAreUndefinedForTheUserAndUnlessEnabled() {
        assertThat(faultOf("vmcall")).isEqualTo(6);
        vm.intercepts().hypercalls = true;
        vm.user().run("vmcall");
        assertThat(vm.vector()).isEqualTo(6);
    }

    @Test
    void swapGsExchangesTheBases() {
        vm.with(state -> {
            state.kernelGsBase = DATA;
            state.segments[ProcessorState.GS] = new ProcessorState.Segment(USER_DATA, 0x30000, -1, 0xC0F3);
        });
        vm.write(DATA + 8, 4, 0x55);
        vm.run("swapgs\n mov eax, gs:[8]\n hlt");

        assertThat(vm.rax()).isEqualTo(0x55);
        assertThat(vm.cpu().kernelGsBase).isEqualTo(0x30000);
    }

    @Test
    void portsOfTheUserFollowPrivilegeLevelAndBitmap() {
        vm.user().run("in al, 0x40");
        assertThat(vm.vector()).isEqualTo(13);

        vm.user().with(state -> state.rflags = 0x3002).run("in al, 0x40\n ud2");
        assertThat(vm.vector()).isEqualTo(6);

        // a bitmap that allows 0x40 and 0x41 only
        for (int i = 0; i < 12; i++) {
            vm.write(TestVm.TSS + 0x68 + i, 1, i == 8 ? 0xFC : 0xFF);
        }
        vm.descriptor(TestVm.TASK, TestVm.TSS, 0x68 + 10, 0x89);
        vm.with(state -> {
            state.rflags = 2;
            state.segments[ProcessorState.TR] = new ProcessorState.Segment(TestVm.TASK, TestVm.TSS, 0x68 + 10, 0x8B);
        });
        vm.user().run("in ax, 0x40\n ud2");
        assertThat(vm.vector()).isEqualTo(6);
        vm.user().run("in ax, 0x41\n ud2");
        assertThat(vm.vector()).isEqualTo(13);
        vm.user().run("in al, 0x60\n ud2");
        assertThat(vm.vector()).isEqualTo(13);
    }

    @Test
    void portInputReplacesAsMuchOfTheAccumulatorAsItIsWide() {
        vm.intercepts().inputs.add(0x11);
        vm.intercepts().inputs.add(0x2222);
        vm.intercepts().inputs.add(0x8333_3333);
        vm.run("mov rax, -1\n mov dx, 0x1f0\n in al, dx\n mov rbx, rax\n in ax, dx\n mov rcx, rax\n in eax, dx\n hlt");

        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(-1L << 8 | 0x11);
        assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(-1L << 16 | 0x2222);
        assertThat(vm.rax()).isEqualTo(0x8333_3333L);
        assertThat(vm.intercepts().log).containsExactly("in 1f0/1", "in 1f0/2", "in 1f0/4");
    }

    @Test
    void stringPortInstructionsRepeatAndStopAtFaults() {
        for (int i = 0; i < 200; i++) {
            vm.intercepts().inputs.add(i);
        }
        vm.run("mov edi, 0x20000\n mov dx, 0x1f0\n mov ecx, 150\n rep insw\n hlt");
        assertThat(vm.gpr(ProcessorState.RDI)).isEqualTo(DATA + 300);
        assertThat(vm.gpr(ProcessorState.RCX)).isZero();
        assertThat(vm.read(DATA + 298, 2)).isEqualTo(149);

        vm.map(0x21000, 0);
        vm.run("mov edi, 0x20ffc\n mov dx, 0x1f0\n mov ecx, 4\n rep insw\n hlt");
        assertThat(vm.vector()).isEqualTo(14);
        assertThat(vm.frame().rip()).isEqualTo(CODE + 14);
        assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(2);
        assertThat(vm.intercepts().inputs.peek()).isEqualTo(152);
    }

    @Test
    void stringPortOutputReadsItsSegment() {
        vm.write(DATA, 4, 0x0403_0201);
        vm.run("mov esi, 0x20003\n mov edx, 0x80\n mov ecx, 4\n std\n rep outsb\n cld\n hlt");

        assertThat(vm.intercepts().log).containsExactly("out 80/1 4", "out 80/1 3", "out 80/1 2", "out 80/1 1");
    }

    @Test
    void accessControlNeedsPrivilegeAndSetsAc() {
        vm.run("stac\n hlt");
        assertThat(vm.flags() & Flags.AC).isNotZero();
        vm.run("clac\n hlt");
        assertThat(vm.flags() & Flags.AC).isZero();
        vm.user().run("stac");
        assertThat(vm.vector()).isEqualTo(6);
    }

    @Test
    void descriptorTablesAreLoadedAndStored() {
        vm.write(DATA, 2, 0x123);
        vm.write(DATA + 2, 8, 0xFFFF_8000_0000_1000L);
        vm.run("lidt [0x20000]\n sidt [0x20010]\n hlt");
        assertThat(vm.read(DATA + 0x10, 2)).isEqualTo(0x123);
        assertThat(vm.read(DATA + 0x12, 8)).isEqualTo(0xFFFF_8000_0000_1000L);
    }

    @Test
    void aTableAtAWildAddressIsRefused() {
        vm.write(DATA + 2, 8, 0x8000_0000_0000L);

        assertThat(faultOf("lgdt [0x20000]")).isEqualTo(13);
    }

    @Test
    void taskRegisterLoadsOnceUntilTheDescriptorIsFree() {
        vm.descriptor(TestVm.TASK, TestVm.TSS, 0x67, 0x89);
        vm.run("mov eax, 0x48\n ltr ax\n str ebx\n hlt");
        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(0x48);

        assertThat(faultOf("mov eax, 0x48\n ltr ax")).isEqualTo(13);
        assertThat(vm.frame().errorCode()).isEqualTo(0x48);
    }

    @Test
    void theStateThatIsLoadedIsTheStateThatIsCopied() {
        ProcessorState state = vm.processor().state();
        state.gpr[5] = 77;
        state.rflags = 0x246;
        state.kernelGsBase = 0x1000;
        vm.processor().load(state);

        ProcessorState copy = vm.processor().state();

        assertThat(copy).usingRecursiveComparison().isEqualTo(state);
    }

    @Test
    void anInstructionWithoutAMeaningStopsThePartitionWithEvidence() {
        vm.cpu().interrupts.cr8(0);
        vm.intercepts().msrs.put(0x4000_0000, null);

        Exit exit = vm.run("mov ecx, 0x40000000\n rdmsr");

        assertThat(exit).isInstanceOf(Exit.EngineFault.class);
        assertThat(((Exit.EngineFault) exit).report())
                .contains("NullPointerException")
                .contains("rdmsr")
                .contains("0f 32");
    }
}
