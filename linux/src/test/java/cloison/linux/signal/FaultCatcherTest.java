package cloison.linux.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cloison.linux.code.CodeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultCatcherTest {
    /// Where the exit lies in the code page: mov rsp, r11; mov eax, 7; ret
    private static final int EXIT = 0x100;

    private static final String EXIT_CODE = "4c 89 dc  b8 07 00 00 00  c3";
    /// mov r11, rsp
    private static final String KEEP_RSP = "49 89 e3 ";

    private static final long DIVIDE_ERROR = 0;
    private static final long BREAKPOINT = 3;
    private static final long INVALID_OPCODE = 6;
    private static final long PROTECTION = 13;
    private static final long PAGE_FAULT = 14;

    @BeforeEach
    void onlyWhereCodeCanBeExecuted() {
        assumeTrue(CodeMemory.available());
    }

    private static void put(CodeMemory memory, int at, String code) {
        byte[] bytes = HexFormat.of().parseHex(code.replace(" ", ""));
        memory.writable().asSlice(at, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
    }

    private interface Check {
        void of(long code, MemorySegment record);
    }

    /// Runs guarded code that is expected to fault, and hands the fault to `check`.
    private static void catching(String code, long argument, Check check) {
        try (Arena arena = Arena.ofConfined();
                CodeMemory memory = CodeMemory.allocate(4096)) {
            MemorySegment record = arena.allocate(Fault.SIZE, 8);
            put(memory, 0, KEEP_RSP + code);
            put(memory, EXIT, EXIT_CODE);
            try (Guard _ = FaultCatcher.installed().guard(memory.base(), EXIT, memory.base() + EXIT, record.address());
                    SignalStack _ = SignalStack.onThisThread()) {
                assertThat(CodeMemory.enter(memory.base(), argument)).isEqualTo(7);
            }
            check.of(memory.base() + 3, record);
        }
    }

    @Test
    void anUndefinedOpcodeIsCaught() {
        catching("0f 0b", 0, (code, record) -> {
            assertThat(Fault.of(record, Fault.SIGNAL)).isEqualTo(4);
            assertThat(Fault.of(record, Fault.TRAP)).isEqualTo(INVALID_OPCODE);
            assertThat(Fault.of(record, Fault.RIP)).isEqualTo(code);
            assertThat(Fault.of(record, Fault.SELECTORS) & 0xFFFF).isEqualTo(0x33);
        });
    }

    @Test
    void aDivisionByZeroIsCaught() {
        catching("31 c9  f7 f1", 0, (code, record) -> { // xor ecx, ecx; div ecx
            assertThat(Fault.of(record, Fault.TRAP)).isEqualTo(DIVIDE_ERROR);
            assertThat(Fault.of(record, Fault.RIP)).isEqualTo(code + 2);
            assertThat(Fault.of(record, Fault.FLAGS) & 0x40).isNotZero();
        });
    }

    @Test
    void aBreakpointIsCaughtAndPointsBehindItself() {
        catching("cc", 0, (code, record) -> {
            assertThat(Fault.of(record, Fault.SIGNAL)).isEqualTo(5);
            assertThat(Fault.of(record, Fault.TRAP)).isEqualTo(BREAKPOINT);
            assertThat(Fault.of(record, Fault.RIP)).isEqualTo(code + 1);
        });
    }

    @Test
    void aPageFaultTellsAddressAndErrorCode() {
        catching("48 89 07", 0x1238, (code, record) -> { // mov [rdi], rax
            assertThat(Fault.of(record, Fault.SIGNAL)).isEqualTo(11);
            assertThat(Fault.of(record, Fault.TRAP)).isEqualTo(PAGE_FAULT);
            assertThat(Fault.of(record, Fault.ERROR)).isEqualTo(6);
            assertThat(Fault.of(record, Fault.ADDRESS)).isEqualTo(0x1238);
            assertThat(Fault.of(record, Fault.RIP)).isEqualTo(code);
        });
    }

    @Test
    void codeCannotWriteToItself() {
        catching("48 8d 05 f9 ff ff ff  88 00", 0, (code, record) -> { // lea rax, [rip-7]; mov [rax], al
            assertThat(Fault.of(record, Fault.TRAP)).isEqualTo(PAGE_FAULT);
            assertThat(Fault.of(record, Fault.ERROR)).isEqualTo(7);
            assertThat(Fault.of(record, Fault.ADDRESS)).isEqualTo(code);
        });
    }

    @Test
    void anAddressThatIsNotCanonicalIsAProtectionFault() {
        catching("48 8b 07", 1L << 62, (_, record) -> { // mov rax, [rdi]
            assertThat(Fault.of(record, Fault.SIGNAL)).isIn(7L, 11L);
            assertThat(Fault.of(record, Fault.TRAP)).isEqualTo(PROTECTION);
        });
    }

    @Test
    void theStackPointerMayPointNowhere() {
        catching("bc 10 00 00 00  50", 0, (code, record) -> { // mov esp, 16; push rax
            assertThat(Fault.of(record, Fault.TRAP)).isEqualTo(PAGE_FAULT);
            assertThat(Fault.of(record, Fault.ADDRESS)).isEqualTo(8);
            assertThat(Fault.of(record, Fault.RIP)).isEqualTo(code + 5);
        });
    }

    @Test
    void aJumpThatWentAstrayIsKnownByTheStackPointer() {
        try (Arena arena = Arena.ofConfined();
                CodeMemory memory = CodeMemory.allocate(4096)) {
            MemorySegment record = arena.allocate(Fault.SIZE, 8);
            put(memory, 0, KEEP_RSP + "48 89 fc  b8 10 00 00 00  ff e0"); // mov rsp, rdi; mov eax, 16; jmp rax
            put(memory, EXIT, EXIT_CODE);
            long stack = record.address();
            try (Guard _ = FaultCatcher.installed().guard(memory.base(), EXIT, memory.base() + EXIT, stack, stack);
                    SignalStack _ = SignalStack.onThisThread()) {
                assertThat(CodeMemory.enter(memory.base(), stack)).isEqualTo(7);
            }

            assertThat(Fault.of(record, Fault.TRAP)).isEqualTo(PAGE_FAULT);
            assertThat(Fault.of(record, Fault.RIP)).isEqualTo(16);
        }
    }

    @Test
    void theVirtualMachineGoesOnHandlingItsOwnFaults() {
        catching(
                "0f 0b",
                0,
                (_, record) -> assertThat(Fault.of(record, Fault.TRAP)).isEqualTo(INVALID_OPCODE));
        theVirtualMachineWorks();
        try (SignalStack _ = SignalStack.onThisThread()) {
            theVirtualMachineWorks();
        }
        catching(
                "0f 0b",
                0,
                (_, record) -> assertThat(Fault.of(record, Fault.TRAP)).isEqualTo(INVALID_OPCODE));
    }

    private static void theVirtualMachineWorks() {
        int[] garbage = new int[1];
        int caught = 0;
        for (int i = 0; i < 200_000; i++) {
            caught += lengthThrows(i % 2 == 0 ? null : garbage) ? 1 : 0;
            garbage = new int[100 + (i & 15)];
        }
        assertThat(caught).isEqualTo(100_000);
        for (int i = 0; i < 3; i++) {
            assertThat(overflows()).isTrue();
        }
        System.gc();
        assertThat(garbage).hasSizeBetween(100, 115);
    }

    private static boolean lengthThrows(int @Nullable [] of) {
        try {
            return of.length < 0;
        } catch (NullPointerException e) {
            return true;
        }
    }

    private static boolean overflows() {
        try {
            return depth(0) < 0;
        } catch (StackOverflowError e) {
            return true;
        }
    }

    private static int depth(int n) {
        return n < 0 ? 0 : depth(n + 1) + 1;
    }

    @Test
    void threadsFaultIndependently() throws Exception {
        Throwable[] failed = new Throwable[4];
        Thread[] threads = new Thread[4];
        for (int t = 0; t < threads.length; t++) {
            int me = t;
            threads[t] = new Thread(() -> {
                for (int i = 0; i < 200; i++) {
                    long address = 8L * me + 4096L * (i % 10);
                    catching("48 8b 07", address, (_, record) -> {
                        assertThat(Fault.of(record, Fault.ADDRESS)).isEqualTo(address);
                    });
                }
            });
            threads[t].setUncaughtExceptionHandler((_, e) -> failed[me] = e);
            threads[t].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(failed).containsOnlyNulls();
    }

    @Test
    void aFaultThatNobodyGuardsEndsTheProcessAsBefore() throws Exception {
        assertThat(end("cc")).isEqualTo("status 133: ");
        assertThat(end("0f 0b")).contains("SIGILL").contains("Problematic frame"); // the JVM's own report
    }

    private static String end(String code) throws Exception {
        Process process = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:-CreateCoredumpOnCrash",
                        "-XX:ErrorFile=/dev/null",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Unguarded.class.getName(),
                        code)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return "status " + process.waitFor() + ": " + output;
    }

    /// Executes code that faults, with the catcher installed and nothing guarded.
    static final class Unguarded {
        private Unguarded() {}

        /// Takes the code in hexadecimal.
        public static void main(String[] args) {
            FaultCatcher.installed();
            try (CodeMemory memory = CodeMemory.allocate(4096)) {
                put(memory, 0, args[0] + "c3");
                CodeMemory.enter(memory.base(), 0);
            }
        }
    }
}
