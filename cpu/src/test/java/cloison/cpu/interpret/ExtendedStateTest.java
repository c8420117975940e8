package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.DATA;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.Control;
import cloison.machine.processor.CpuModel;
import cloison.machine.processor.ProcessorState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// XSAVE and its kin do what SDM volume 1, chapter 13, says.
class ExtendedStateTest {
    private static final int HEADER = DATA + 512;
    private static final int HALVES = DATA + 576;
    private static final long COMPACTED = 1L << 63;
    private static final long JUNK = 0x5A5A_5A5A_5A5A_5A5AL;

    private final TestVm vm = TestVm.longMode(CpuModel.V3);

    {
        vm.with(state -> {
            state.cr4 |= Control.CR4_OSXSAVE;
            state.xcr0 = 7;
        });
        for (int at = 0; at < 0x1000; at += 8) {
            vm.write(DATA + at, 8, JUNK);
        }
        header(0, 0);
    }

    @AfterEach
    void close() {
        vm.close();
    }

    private void header(long present, long format) {
        vm.write(HEADER, 8, present);
        vm.write(HEADER + 8, 8, format);
        for (int at = 16; at < 64; at += 8) {
            vm.write(HEADER + at, 8, 0);
        }
    }

    private void fillRegisters() {
        for (int i = 0; i < 32; i++) {
            vm.cpu().xmm[i] = 0x1000 + i;
            vm.cpu().ymmHigh[i] = 0x2000 + i;
        }
        vm.cpu().mxcsr = 0x1FA0;
        vm.cpu().x87Control = 0x27F;
    }

    /// Executes an instruction on the area with a request.
    private void with(int request, String instruction) {
        vm.run("mov eax, %d%n xor edx, edx%n %s [0x20000]%n hlt".formatted(request, instruction));
    }

    private long cpuid(int leaf, int subleaf, int register) {
        vm.run("mov eax, %d%n mov ecx, %d%n cpuid%n hlt".formatted(leaf, subleaf));
        return vm.gpr(register);
    }

    @Test
    void everyComponentHasItsPlace() {
        fillRegisters();
        with(-1, "xsave64");

        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.read(DATA, 2)).isEqualTo(0x27F);
        assertThat(vm.read(DATA + 24, 8)).isEqualTo(0xFFFF_0000_1FA0L);
        assertThat(vm.read(DATA + 160, 8)).isEqualTo(0x1000);
        assertThat(vm.read(DATA + 160 + 255 - 7, 8)).isEqualTo(0x101F);
        assertThat(vm.read(HEADER, 8)).isEqualTo(7);
        assertThat(vm.read(HEADER + 8, 8)).isZero();
        assertThat(vm.read(HALVES, 8)).isEqualTo(0x2000);
        assertThat(vm.read(HALVES + 248, 8)).isEqualTo(0x201F);
        assertThat(vm.read(HALVES + 256, 8)).isEqualTo(JUNK);
        assertThat(vm.read(DATA + 416, 8)).isEqualTo(JUNK);
    }

    @Test
    void outsideSixtyFourBitModeThereAreEightRegisters() {
        fillRegisters();
        vm.compatibility();
        with(7, "xsave");
        assertThat(vm.read(DATA + 160 + 127 - 7, 8)).isEqualTo(0x100F);
        assertThat(vm.read(DATA + 160 + 128, 8)).isEqualTo(JUNK);
        assertThat(vm.read(HALVES + 120, 8)).isEqualTo(0x200F);
        assertThat(vm.read(HALVES + 128, 8)).isEqualTo(JUNK);

        header(0, 0);
        with(7, "xrstor");
        assertThat(vm.cpu().ymmHigh[15]).isZero();
        assertThat(vm.cpu().ymmHigh[16]).isEqualTo(0x2010);
        assertThat(vm.cpu().xmm[16]).isEqualTo(0x1010);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xsave64", "xsaveopt64", "xsavec64"})
    void whatWasSavedIsRestored(String save) {
        fillRegisters();
        with(7, save);
        assertThat(vm.read(HEADER, 8)).isEqualTo(7);
        vm.with(state -> state.xsave = new byte[0]);
        assertThat(X87State.inUse(vm.cpu())).isZero();

        with(7, "xrstor64");

        assertThat(vm.vector()).isEqualTo(-1);
        for (int i = 0; i < 32; i++) {
            assertThat(vm.cpu().xmm[i]).isEqualTo(0x1000 + i);
            assertThat(vm.cpu().ymmHigh[i]).isEqualTo(0x2000 + i);
        }
        assertThat(vm.cpu().mxcsr).isEqualTo(0x1FA0);
        assertThat(vm.cpu().x87Control).isEqualTo(0x27F);
    }

    @Test
    void onlyWhatIsRequestedIsSavedAndRestored() {
        fillRegisters();
        header(3, 0);
        with(4, "xsave64");
        assertThat(vm.read(DATA, 8)).isEqualTo(JUNK);
        assertThat(vm.read(DATA + 24, 4)).as("MXCSR comes along with AVX").isEqualTo(0x1FA0);
        assertThat(vm.read(DATA + 160, 8)).isEqualTo(JUNK);
        assertThat(vm.read(HEADER, 8)).as("bits that are not requested stay").isEqualTo(7);

        header(0, 0);
        with(4, "xrstor64");
        assertThat(vm.cpu().ymmHigh[0]).isZero();
        assertThat(vm.cpu().xmm[0]).isEqualTo(0x1000);
    }

    @Test
    void aComponentInItsInitialConfigurationIsSparedAndNotClaimed() {
        vm.cpu().ymmHigh[3] = 9;
        header(7, 0);
        with(7, "xsaveopt64");
        assertThat(vm.read(HEADER, 8)).isEqualTo(4);
        assertThat(vm.read(DATA, 8)).isEqualTo(JUNK);
        assertThat(vm.read(DATA + 160, 8)).isEqualTo(JUNK);
        assertThat(vm.read(HALVES + 24, 8)).isEqualTo(9);

        with(7, "xsavec64");
        assertThat(vm.read(HEADER, 8)).isEqualTo(4);
        assertThat(vm.read(HEADER + 8, 8)).isEqualTo(COMPACTED | 7);

        vm.run("mov ecx, 1\n xgetbv\n hlt");
        assertThat(vm.rax()).isEqualTo(4);
    }

    @Test
    void aComponentThatIsNotPresentIsInitialized() {
        fillRegisters();
        header(0, 0);
        vm.write(DATA + 24, 4, 0x1F80);
        with(7, "xrstor64");
        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(X87State.inUse(vm.cpu())).isZero();
    }

    @Test
    void controlAndStatusBelongToSseInTheCompactedFormat() {
        fillRegisters();
        header(4, COMPACTED | 7);
        with(7, "xrstor64");
        assertThat(vm.vector()).as("the junk in MXCSR's place is not looked at").isEqualTo(-1);
        assertThat(vm.cpu().mxcsr).isEqualTo(0x1F80);

        header(2, COMPACTED | 2);
        with(7, "xrstor64");
        assertThat(vm.vector()).isEqualTo(13);
    }

    @Test
    void headersThatMakeNoSenseAreRefused() {
        vm.write(DATA + 24, 4, 0x1F80);
        long[][] headers = {
            {8, 0, 0}, // not in XCR0
            {0, 1, 0}, // neither format
            {0, 0, 1}, // reserved
            {4, COMPACTED | 3, 0}, // present, not in the format
            {0, COMPACTED | 8, 0}, // in the format, not in XCR0
            {COMPACTED, COMPACTED, 0}, // reserved
            {0, COMPACTED, 1} // reserved
        };
        for (long[] header : headers) {
            header(header[0], header[1]);
            vm.write(HEADER + 16, 8, header[2]);
            with(7, "xrstor64");
            assertThat(vm.vector())
                    .as("%x %x %x", header[0], header[1], header[2])
                    .isEqualTo(13);
        }
        header(0, COMPACTED);
        vm.write(HEADER + 56, 8, 1);
        with(7, "xrstor64");
        assertThat(vm.vector()).isEqualTo(13);
        header(0, 0);
        with(7, "xrstor64");
        assertThat(vm.vector()).isEqualTo(-1);
    }

    @Test
    void withoutTheFeatureTheCompactedFormatIsRefused() {
        try (TestVm old = TestVm.longMode(CpuModel.V2)) {
            old.with(state -> {
                state.cr4 |= Control.CR4_OSXSAVE;
                state.xcr0 = 3;
            });
            old.write(HEADER + 8, 8, COMPACTED);
            old.run("mov eax, 3\n xor edx, edx\n xrstor64 [0x20000]\n hlt");
            assertThat(old.vector()).isEqualTo(13);
            old.run("mov ecx, 1\n xgetbv\n hlt");
            assertThat(old.vector()).isEqualTo(13);
        }
    }

    @Test
    void anAreaIsAlignedToSixtyFourBytesAndWholeInMemory() {
        vm.run("mov eax, 7\n xor edx, edx\n xsave64 [0x20010]\n hlt");
        assertThat(vm.vector()).isEqualTo(13);

        vm.map(0x21000, 0);
        fillRegisters();
        vm.run("mov eax, 7\n xor edx, edx\n xsave64 [0x20d00]\n hlt");
        assertThat(vm.vector()).isEqualTo(14);
        assertThat(vm.read(DATA + 0xD00, 8)).as("nothing was stored").isEqualTo(JUNK);
        vm.run("mov eax, 3\n xor edx, edx\n xsave64 [0x20d00]\n hlt");
        assertThat(vm.vector()).as("without AVX it fits").isEqualTo(-1);

        vm.write(DATA + 0xD00 + 512, 8, 7);
        vm.write(DATA + 0xD00 + 520, 8, 0);
        for (int at = 528; at < 576; at += 8) {
            vm.write(DATA + 0xD00 + at, 8, 0);
        }
        vm.run("mov eax, 7\n xor edx, edx\n xrstor64 [0x20d00]\n hlt");
        assertThat(vm.vector()).isEqualTo(14);
    }

    @Test
    void theControlRegisterTakesWhatTheModelHas() {
        for (long value : new long[] {1, 3, 7}) {
            vm.run("xor ecx, ecx\n xor edx, edx\n mov eax, %d%n xsetbv%n xor eax, eax%n xgetbv%n hlt".formatted(value));
            assertThat(vm.vector()).isEqualTo(-1);
            assertThat(vm.rax()).isEqualTo(value);
        }
        for (long value : new long[] {0, 2, 4, 5, 6, 8, 9, 0xF}) {
            vm.run("xor ecx, ecx\n xor edx, edx\n mov eax, %d%n xsetbv%n hlt".formatted(value));
            assertThat(vm.vector()).as("%x", value).isEqualTo(13);
        }
        vm.run("xor ecx, ecx\n mov edx, 1\n mov eax, 7\n xsetbv\n hlt");
        assertThat(vm.vector()).isEqualTo(13);
        vm.run("mov ecx, 1\n xor edx, edx\n mov eax, 7\n xsetbv\n hlt");
        assertThat(vm.vector()).isEqualTo(13);
        vm.run("mov ecx, 2\n xgetbv\n hlt");
        assertThat(vm.vector()).isEqualTo(13);
        vm.user().run("xor ecx, ecx\n xor edx, edx\n mov eax, 7\n xsetbv\n hlt");
        assertThat(vm.vector()).isEqualTo(13);
    }

    @Test
    void withoutTheSystemsSupportNothingOfItExists() {
        assertThat(cpuid(1, 0, ProcessorState.RCX) & 1 << 27).isNotZero();
        vm.with(state -> state.cr4 &= ~Control.CR4_OSXSAVE);
        assertThat(cpuid(1, 0, ProcessorState.RCX) & 1 << 27).isZero();
        for (String instruction : new String[] {"xsave", "xsaveopt", "xsavec", "xrstor"}) {
            with(7, instruction);
            assertThat(vm.vector()).as(instruction).isEqualTo(6);
        }
        vm.run("xor ecx, ecx\n xgetbv\n hlt");
        assertThat(vm.vector()).isEqualTo(6);
    }

    @Test
    void sizesFollowTheControlRegister() {
        assertThat(cpuid(0xD, 0, ProcessorState.RAX)).isEqualTo(7);
        assertThat(cpuid(0xD, 0, ProcessorState.RBX)).isEqualTo(832);
        assertThat(cpuid(0xD, 0, ProcessorState.RCX)).isEqualTo(832);
        assertThat(cpuid(0xD, 1, ProcessorState.RAX)).isEqualTo(7);
        assertThat(cpuid(0xD, 1, ProcessorState.RBX)).isEqualTo(832);
        assertThat(cpuid(0xD, 2, ProcessorState.RAX)).isEqualTo(256);
        assertThat(cpuid(0xD, 2, ProcessorState.RBX)).isEqualTo(576);
        assertThat(cpuid(0xD, 2, ProcessorState.RCX)).isZero();
        assertThat(cpuid(0xD, 3, ProcessorState.RAX)).isZero();

        vm.with(state -> state.xcr0 = 3);
        assertThat(cpuid(0xD, 0, ProcessorState.RBX)).isEqualTo(576);
        assertThat(cpuid(0xD, 0, ProcessorState.RCX)).isEqualTo(832);
        assertThat(cpuid(0xD, 1, ProcessorState.RBX)).isEqualTo(576);
    }
}
