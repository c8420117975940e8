package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.processor.Invalidation;
import cloison.machine.processor.ProcessorState;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A processor that makes others forget translations goes on only when none of them uses one any more.
class RemoteFlushTest {
    private static final int PAGE = 0x60000;
    private static final int FIRST = 0x61000;
    private static final int SECOND = 0x62000;
    private static final int SEEN = 0x63000;
    private static final int STOP = 0x63100;
    private static final int OTHER_CODE = 0x30000;
    private static final long[] OTHER = {2};
    private static final int ROUNDS = 300;

    private final TestVm vm = TestVm.longMode();
    private final Interpreter other = vm.another();

    RemoteFlushTest() {
        vm.write(FIRST, 8, 1);
        vm.write(SECOND, 8, 2);
        vm.intercepts().hypercalls = true;
    }

    @AfterEach
    void close() {
        vm.close();
    }

    /// @param used whether accessed and dirty bits are set already, so that emitted code finds the page by itself
    private void mapTo(int target, boolean global, boolean used) {
        vm.write(TestVm.PT + 8L * (PAGE >> 12), 8, target | (global ? 0x107 : 7) | (used ? 0x60 : 0));
    }

    private static Invalidation page() {
        Invalidation what = new Invalidation();
        what.range(PAGE, 1);
        return what;
    }

    private void startOther(String program) {
        vm.load(OTHER_CODE, program);
        ProcessorState state = vm.processor().state();
        state.rip = OTHER_CODE;
        other.load(state);
    }

    private void together(Runnable first, Runnable second) throws ExecutionException, InterruptedException {
        try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
            Future<?> one = pool.submit(first);
            Future<?> two = pool.submit(second);
            one.get();
            two.get();
        }
    }

    /// Remaps the page over and over under a processor that reads it.
    private void remap(boolean global, Invalidation what) throws Exception {
        mapTo(FIRST, global, false);
        startOther("""
                again: mov rax, [0x60000]
                mov [0x63000], rax
                cmp dword ptr [0x63100], 0
                je again
                hlt
                """);
        int[] round = {0};
        vm.intercepts().onHypercall = caller -> {
            int target = ++round[0] % 2 == 0 ? FIRST : SECOND;
            mapTo(target, global, (round[0] & 2) != 0);
            vm.codePages().forget((int) caller, OTHER, what);
            vm.write(SEEN, 8, 0);
            long seen;
            do {
                Thread.onSpinWait();
                seen = vm.read(SEEN, 8);
            } while (seen == 0);
            assertThat(seen).isEqualTo(target == FIRST ? 1 : 2);
            if (round[0] == ROUNDS) {
                vm.write(STOP, 4, 1);
            }
        };
        together(
                () -> vm.run(
                        "mov ebx, %d%n again: xor ecx, ecx%n vmcall%n dec ebx%n jnz again%n hlt".formatted(ROUNDS)),
                other::run);
        assertThat(round[0]).isEqualTo(ROUNDS);
        assertThat(vm.vector()).isEqualTo(-1);
    }

    @Test
    void aPageIsForgottenWhereverItIsUsed() throws Exception {
        remap(true, page());
    }

    @Test
    void allTranslationsAreForgotten() throws Exception {
        Invalidation all = new Invalidation();
        all.all(true);
        remap(true, all);
    }

    @Test
    void allButGlobalTranslationsAreForgotten() throws Exception {
        Invalidation local = new Invalidation();
        local.all(false);
        remap(false, local);
    }

    @Test
    void processorsThatWaitForEachOtherDoNotWaitForEver() throws Exception {
        String program = "mov ebx, 3000%n again: mov ecx, %d%n vmcall%n dec ebx%n jnz again%n hlt";
        startOther(program.formatted(1));
        vm.intercepts().onHypercall = caller -> vm.codePages().forget((int) caller, new long[] {3}, page());
        together(() -> vm.run(program.formatted(0)), other::run);
        assertThat(vm.gpr(ProcessorState.RBX)).isZero();
        assertThat(other.cpu().gpr[ProcessorState.RBX]).isZero();
    }

    @Test
    void aProcessorThatDoesNotExecuteForgetsBeforeItDoes() {
        mapTo(FIRST, true, true);
        startOther("mov rax, [0x60000]\n hlt\n mov rbx, [0x60000]\n hlt");
        other.run();
        mapTo(SECOND, true, true);

        vm.codePages().forget(0, OTHER, page());
        other.cpu().halted = false;
        other.run();

        assertThat(other.cpu().gpr[ProcessorState.RAX]).isEqualTo(1);
        assertThat(other.cpu().gpr[ProcessorState.RBX]).isEqualTo(2);
    }
}
