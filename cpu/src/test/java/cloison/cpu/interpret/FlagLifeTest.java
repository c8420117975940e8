package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.CODE;
import static cloison.cpu.interpret.TestVm.DATA;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cloison.cpu.TranslatorSettings;
import cloison.machine.processor.ProcessorState;
import org.junit.jupiter.api.Test;

/// Translated code with the flags that guests get: dead ones are lost, live ones never.
class FlagLifeTest {
    /// `jz` is the first instruction of a page; the flags come from the page before, by way of the jump cache.
    @Test
    void flagsSurviveAJumpThatMeetsAnotherBlockInTheJumpCache() {
        assumeTrue(Engines.translated());
        try (TestVm vm = TestVm.translated(TranslatorSettings.standard())) {
            // at the same place of another page, a block that needs no flags
            vm.load(DATA, "xor ecx, ecx\n add ecx, 1\n ret");
            vm.load(CODE + 0xFFD, "test rdx, rdx");
            vm.load(CODE + 0x1000, "jz right\n mov eax, 1\n ud2\n right: mov eax, 2\n ud2");
            vm.user();
            vm.run("""
                    mov ebx, 0x20000
                    mov esi, 3
            again:  call rbx
                    sub esi, 1
                    jnz again
                    xor edx, edx
                    mov edi, 0x10ffd
                    jmp rdi
            """);

            assertThat(vm.gpr(ProcessorState.RDX)).isZero();
            assertThat(vm.rax()).isEqualTo(2);
        }
    }

    /// REX.W does not count for bytes: the shift is by no places, and leaves the flags.
    @Test
    void flagsLiveThroughAShiftOfAByteByThirtyTwoPlaces() {
        assumeTrue(Engines.translated());
        try (TestVm vm = TestVm.translated(TranslatorSettings.standard())) {
            vm.run("""
                    clc
                    mov rcx, [0x20000]
                    db 0x48, 0xc0, 0xe0, 0x20
                    setc dl
                    hlt
            """);

            assertThat(vm.gpr(ProcessorState.RDX) & 0xFF).isZero();
        }
    }
}
