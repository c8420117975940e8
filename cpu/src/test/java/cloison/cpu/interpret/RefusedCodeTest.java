package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.TranslatorSettings;
import cloison.linux.code.CodeMemory;
import cloison.machine.processor.Exit;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Emitted code that is wrong, as a mistake of the translator would make it: its processor stops with a report, the JVM
/// goes on.
class RefusedCodeTest {
    private static final byte[] MARK = {0x48, (byte) 0xB8, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x08};

    private TestVm vm = TestVm.longMode();

    @BeforeEach
    void translate() {
        Assumptions.assumeTrue(CodeMemory.available(), "this host cannot run translated code");
        vm.close();
        vm = TestVm.translated(TranslatorSettings.standard().withCodeBytes(1 << 20));
    }

    @AfterEach
    void close() {
        vm.close();
    }

    @ParameterizedTest
    @CsvSource({
        "an instruction that does not exist, 0f 0b",
        "a load from nowhere,                48 8b 04 25 08 00 00 00",
        "a store to nowhere,                 48 89 04 25 08 00 00 00",
        "a privileged instruction,           f4",
    })
    void aFaultWhereNoneCanBeIsReported(String what, String wrong) {
        vm.run("nop\n mov rax, 0x0877665544332211\n hlt");
        assertThat(vm.vector()).isEqualTo(-1);
        long at = find(vm.code().writable());
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(wrong);
        MemorySegment.copy(bytes, 0, vm.code().writable(), ValueLayout.JAVA_BYTE, at, bytes.length);

        assertThat(vm.goOn(TestVm.CODE))
                .as(what)
                .isInstanceOfSatisfying(
                        Exit.EngineFault.class,
                        fault -> assertThat(fault.report())
                                .contains("refused emitted code at 0x%x"
                                        .formatted(vm.code().base() + at))
                                .contains("of the block of guest address 0x%x: %s ".formatted(TestVm.CODE, wrong))
                                .contains("RIP %016x".formatted(TestVm.CODE)));
    }

    @ParameterizedTest
    @CsvSource({
        "to where nothing is mapped,      48 c7 c0 10 00 00 00 ff e0",
        "to where nothing is executable,  48 8d 04 24 ff e0",
        "to an address of no form at all, 48 b8 00 00 00 00 00 00 00 80 ff e0",
    })
    void aJumpOutOfTheCodeIsReported(String what, String wrong) {
        vm.run("mov rax, 0x0877665544332211\n mov rbx, 0x1122334455667788\n mov rcx, 0x1122334455667788\n hlt");
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(wrong);
        MemorySegment code = vm.code().writable();
        MemorySegment.copy(bytes, 0, code, ValueLayout.JAVA_BYTE, find(code), bytes.length);

        assertThat(vm.goOn(TestVm.CODE))
                .as(what)
                .isInstanceOfSatisfying(
                        Exit.EngineFault.class,
                        fault -> assertThat(fault.report()).contains("refused emitted code"));
    }

    private static long find(MemorySegment code) {
        MemorySegment mark = MemorySegment.ofArray(MARK);
        for (long at = 0; at <= code.byteSize() - MARK.length; at++) {
            if (code.asSlice(at, MARK.length).mismatch(mark) < 0) {
                return at;
            }
        }
        throw new AssertionError("the instruction was not emitted as it is");
    }
}
