package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.CODE;
import static cloison.cpu.interpret.TestVm.DATA;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.processor.Exit;
import cloison.machine.processor.ProcessorState;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ChangingCodeTest {
    @Test
    void aStoreIntoTheNextInstructionIsExecutedAsStored() {
        try (TestVm vm = TestVm.longMode()) {
            // mov byte [rip+1], 42 rewrites the immediate of the mov eax that follows
            vm.run("mov byte ptr [patch+1], 42\n patch: mov eax, 7\n hlt");

            assertThat(vm.rax()).isEqualTo(42);
        }
    }

    @Test
    void aLoopThatRewritesItselfSeesEachVersion() {
        try (TestVm vm = TestVm.longMode()) {
            vm.run("""
                    xor ebx, ebx
                    mov ecx, 100
            again:  mov [patch+1], ecx
            patch:  mov eax, 0
                    add ebx, eax
                    dec ecx
                    jnz again
                    hlt
            """);

            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(5050);
        }
    }

    @Test
    void codeWrittenInAnotherPageIsExecutedWhenItIsCalledAgain() {
        try (TestVm vm = TestVm.longMode()) {
            vm.load(DATA, "mov eax, 1\n ret");
            vm.run("""
                    call 0x20000
                    mov ebx, eax
                    mov dword ptr [0x20001], 2
                    call 0x20000
                    hlt
            """);

            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(1);
            assertThat(vm.rax()).isEqualTo(2);
        }
    }

    @Test
    void codeIsTheSameUnderEveryAddress() {
        try (TestVm vm = TestVm.longMode()) {
            vm.map(0x30000, DATA | 7);
            vm.load(DATA, "mov eax, 1\n ret");
            vm.run("call 0x20000\n mov ebx, eax\n mov byte ptr [0x30001], 9\n call 0x20000\n hlt");

            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(1);
            assertThat(vm.rax()).isEqualTo(9);
        }
    }

    @Test
    void aDeviceMayWriteCode() {
        try (TestVm vm = TestVm.longMode()) {
            vm.run("mov eax, 1\n hlt");
            vm.write(CODE + 1, 1, 5);
            vm.with(state -> state.rip = CODE);
            vm.cpu().rip = CODE;
            vm.processor().run();

            assertThat(vm.rax()).isEqualTo(5);
        }
    }

    @Test
    void dataBesideCodeInOnePageIsOrdinaryMemory() {
        try (TestVm vm = TestVm.longMode()) {
            vm.run("""
                    mov ecx, 10000
            again:  inc dword ptr [0x10800]
                    dec ecx
                    jnz again
                    mov eax, [0x10800]
                    hlt
            """);

            assertThat(vm.rax()).isEqualTo(10000);
            assertThat(vm.codePages().version(CODE)).isZero();
        }
    }

    @Test
    void anInstructionAcrossPagesIsCheckedInBoth() {
        try (TestVm vm = TestVm.longMode()) {
            vm.bytes(0x20FFE, 0xB8, 0x01, 0x00, 0x00, 0x00, 0xC3);
            vm.run("call 0x20ffe\n mov ebx, eax\n mov byte ptr [0x21000], 1\n call 0x20ffe\n hlt");

            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(1);
            assertThat(vm.rax()).isEqualTo(0x101);
        }
    }

    @Test
    void anInstructionThatFillsItsPageNeverTouchesTheNext() {
        try (TestVm vm = TestVm.longMode()) {
            vm.map(0x21000, 0);
            vm.bytes(0x20FFF, 0xF4);

            assertThat(vm.run("jmp 0x20fff")).isInstanceOf(Exit.Halted.class);
            assertThat(vm.cpu().rip).isEqualTo(0x21000);
        }
    }

    @Test
    void codeRemappedToAnotherPageIsFoundAfterTheFlush() {
        try (TestVm vm = TestVm.longMode()) {
            vm.load(0x30000, "mov eax, 1\n ret");
            vm.load(0x40000, "mov eax, 2\n ret");
            vm.run("""
                    call 0x30000
                    mov ebx, eax
                    mov qword ptr [0x4180], 0x40007
                    invlpg [0x30000]
                    call 0x30000
                    mov ecx, eax
                    mov qword ptr [0x4180], 0x30007
                    mov rdx, cr3
                    mov cr3, rdx
                    call 0x30000
                    hlt
            """);

            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(1);
            assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(2);
            assertThat(vm.rax()).isEqualTo(1);
        }
    }

    @Test
    void codeThatALimitCutOffIsExecutedUnderAnother() {
        try (TestVm vm = TestVm.protectedMode()) {
            vm.descriptor(TestVm.FREE, 0, 0x30006, 0x409B);
            vm.load(0x30000, "mov ebx, 1\n mov eax, 2\n hlt");
            vm.run("jmp 0x60:0x30000");

            assertThat(vm.vector()).isEqualTo(13);
            assertThat(vm.frame().rip()).isEqualTo(0x30005);
            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(1);
            assertThat(vm.rax()).isZero();

            vm.run("jmp 0x30:0x30000");

            assertThat(vm.rax()).isEqualTo(2);
        }
    }

    @Test
    void aStackInTheCodesPageWorks() {
        try (TestVm vm = TestVm.longMode()) {
            vm.with(state -> state.gpr[ProcessorState.RSP] = CODE + 0x28);
            vm.run("mov rax, 7\n push rax\n pop rbx\n jmp over\n space 32\n over: push rbx\n pop rcx\n hlt");

            assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(7);
        }
    }

    @Test
    void codeThatADeviceAnswersIsFetchedAnewEachTime() {
        try (TestVm vm = TestVm.longMode()) {
            vm.map(0x30000, 0xFEE0_0000L | 7);
            vm.intercepts().devices.put(0xFEE0_0000L, 0xB0L);
            vm.intercepts().devices.put(0xFEE0_0001L, 0x11L);
            vm.intercepts().devices.put(0xFEE0_0002L, 0xF4L);
            vm.run("jmp 0x30000");
            assertThat(vm.rax() & 0xFF).isEqualTo(0x11);

            vm.intercepts().devices.put(0xFEE0_0001L, 0x22L);
            vm.run("jmp 0x30000");
            assertThat(vm.rax() & 0xFF).isEqualTo(0x22);
        }
    }

    @Test
    void aBlockRunsWithFewTranslations() {
        try (TestVm vm = TestVm.longMode(64)) {
            vm.run("""
                    mov rsi, 0x20000
                    mov ecx, 300
            again:  mov [rsi], rsi
                    add rsi, 0x1000
                    dec ecx
                    jnz again
                    mov rsi, 0x20000
                    mov ecx, 300
            more:   cmp [rsi], rsi
                    jne bad
                    add rsi, 0x1000
                    dec ecx
                    jnz more
                    hlt
            bad:    ud2
            """);

            assertThat(vm.vector()).isEqualTo(-1);
        }
    }

    @Test
    void whatAnotherProcessorWritesIsExecutedAfterASerializingInstruction() throws Exception {
        try (TestVm vm = TestVm.longMode()) {
            Interpreter other = vm.another();
            // the second processor calls 0x40000 whenever the flag changes; the first rewrites it between
            vm.load(0x40000, "mov eax, 0\n ret");
            vm.load(0x30000, """
                    xor ebx, ebx
                    xor esi, esi
            next:   inc esi
                    cmp esi, 200
                    ja done
            wait:   pause
                    cmp [0x50000], esi
                    jne wait
                    xor eax, eax
                    cpuid
                    call 0x40000
                    add edi, eax
                    mov [0x50008], esi
                    jmp next
            done:   hlt
            """);
            ProcessorState state = vm.processor().state();
            state.rip = 0x30000;
            state.gpr[ProcessorState.RSP] = TestVm.USER_STACK;
            other.load(state);
            String program = """
                    xor esi, esi
            next:   inc esi
                    cmp esi, 200
                    ja done
                    mov [0x40001], esi
                    mov [0x50000], esi
            wait:   pause
                    cmp [0x50008], esi
                    jne wait
                    jmp next
            done:   hlt
            """;
            together(() -> vm.run(program), other::run);

            assertThat(other.cpu().gpr[ProcessorState.RDI]).isEqualTo(200 * 201 / 2);
        }
    }

    @Test
    void lockedInstructionsOfTwoProcessorsLoseNothing() throws Exception {
        try (TestVm vm = TestVm.longMode()) {
            Interpreter other = vm.another();
            String program = """
                    mov ecx, 20000
            again:  lock inc dword ptr [0x20000]
                    lock add qword ptr [0x20004], 1
                    lock inc word ptr [0x2000f]
                    lock inc dword ptr [0x20ffe]
                    dec ecx
                    jnz again
                    hlt
            """;
            vm.load(0x30000, program);
            ProcessorState state = vm.processor().state();
            state.rip = 0x30000;
            other.load(state);
            together(() -> vm.run(program), other::run);

            assertThat(vm.read(0x20000, 4)).isEqualTo(40000);
            assertThat(vm.read(0x20004, 8)).isEqualTo(40000);
            assertThat(vm.read(0x2000F, 2)).isEqualTo(40000);
            assertThat(vm.read(0x20FFE, 4)).isEqualTo(40000);
        }
    }

    private static void together(Runnable first, Runnable second) throws InterruptedException, ExecutionException {
        try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
            Future<?> one = pool.submit(first);
            Future<?> two = pool.submit(second);
            one.get();
            two.get();
        }
    }
}
