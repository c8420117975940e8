package cloison.cpu.interpret;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.TranslatorSettings;
import cloison.cpu.decode.FormSamples;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.OperandCode;
import cloison.cpu.decode.Row;
import cloison.cpu.decode.X87Op;
import cloison.cpu.state.Control;
import cloison.linux.code.CodeMemory;
import cloison.linux.cpu.HostCpu;
import cloison.machine.processor.ProcessorState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.StringJoiner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// x87 and MMX in translated code: who executes it, and that each of guest and JVM finds the registers as it left them.
class TranslatedX87Test {
    private static final FormSamples.Limits LIMITS =
            new FormSamples.Limits(List.of(0, 1, 2, 13, 15), List.of(6), List.of(), -8, 8, 0);
    private static final int NOT_AVAILABLE = 7;
    private static final int FLOATING_POINT_ERROR = 16;
    private static final int ROUNDS = 100;

    /// What the interpreter executes in any case.
    private static final Set<X87Op> INTERPRETED = EnumSet.of(
            X87Op.FNINIT,
            X87Op.FNSTENV,
            X87Op.FLDENV,
            X87Op.FNSAVE,
            X87Op.FRSTOR,
            X87Op.F2XM1,
            X87Op.FYL2X,
            X87Op.FYL2XP1,
            X87Op.FPTAN,
            X87Op.FPATAN,
            X87Op.FSIN,
            X87Op.FCOS,
            X87Op.FSINCOS);

    private TestVm vm = TestVm.longMode();

    @BeforeEach
    void translate() {
        Assumptions.assumeTrue(CodeMemory.available(), "this host cannot run translated code");
        vm.close();
        vm = TestVm.translated(TranslatorSettings.standard());
        vm.with(state -> {
            state.cr0 |= Control.CR0_MP;
            state.gpr[ProcessorState.RSI] = TestVm.DATA + 64;
            state.gpr[ProcessorState.RDI] = TestVm.DATA + 128;
        });
        // for FLDCW
        for (int at = -16; at < 16; at++) {
            vm.write(TestVm.DATA + 64 + at, 1, 0x7F);
        }
    }

    @AfterEach
    void close() {
        vm.close();
    }

    private static boolean mmx(Row row) {
        for (OperandCode code : row.registerCodes()) {
            switch (code.source()) {
                case RM_MMX, RM_MMX_REGISTER, REG_MMX -> {
                    return true;
                }
                default -> {}
            }
        }
        return row.op().name().equals("EMMS");
    }

    /// {@return how many instructions are interpreted while one is executed again and again}
    private long interpreted(byte[] instruction) {
        StringJoiner bytes = new StringJoiner(", ");
        for (byte each : instruction) {
            bytes.add("0x%02x".formatted(each));
        }
        long before = vm.processor().interpreted();
        vm.run("mov r12d, %d\n again: db %s\n dec r12d\n jnz again\n hlt".formatted(ROUNDS, bytes));
        assertThat(vm.vector()).isEqualTo(-1);
        return vm.processor().interpreted() - before;
    }

    @Test
    void theHostExecutesWhatHasOneResult() {
        HostCpu host = HostCpu.probed();
        int seen = 0;
        for (Row row : OpcodeTable.standard().rows()) {
            boolean x87 = row.op() instanceof X87Op;
            boolean here = row.features().stream().allMatch(feature -> host != null && host.has(feature.text()));
            if ((x87 || mmx(row)) && FormSamples.exists(row, 64) && here) {
                byte[] code = FormSamples.encode(row, 64, new Random(5), LIMITS);
                boolean theirs = x87 && INTERPRETED.contains((X87Op) row.op());
                assertThat(interpreted(code) < ROUNDS).as(row.toString()).isEqualTo(!theirs);
                seen++;
            }
        }
        assertThat(seen).isGreaterThan(220);
    }

    @Test
    void theInstructionPointerIsTheGuests() {
        // the first gigabyte once more at 5 GiB, where addresses have more than 32 bits
        vm.write(TestVm.PDPT + 8 * 5, 8, TestVm.PD | 7);
        long high = 5L << 30;
        vm.run("""
                mov ecx, 4
                mov rax, %d
                jmp rax
                """.formatted(high + 0x11000));
        vm.load(0x11000, """
                fninit
                again:
                fldpi
                fld1
                faddp st1, st0
                fxsave64 [0x20800]
                fstp st0
                dec ecx
                jnz again
                hlt
                """);
        vm.cpu().gpr[ProcessorState.RCX] = 4;
        vm.with(state -> state.rip = high + 0x11000);
        vm.cpu().halted = false;
        vm.processor().run();

        assertThat(vm.read(0x20808, 8)).isEqualTo(high + 0x11000 + 6);
        assertThat(vm.cpu().x87Instruction).isEqualTo(high + 0x11000 + 17);
    }

    @Test
    void anExceptionUnmaskedInTheMiddleIsReportedByTheNextThatWaits() {
        vm.write(0x20000, 2, 0x37B);
        vm.run("""
                fninit
                fldz
                fld1
                add eax, 1
                fldcw [0x20000]
                fdiv st0, st1
                fnstsw ax
                mov rbx, 77
                there:
                fld1
                hlt
                """);

        assertThat(vm.vector()).isEqualTo(FLOATING_POINT_ERROR);
        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(77);
        assertThat(vm.rax() & 0xFFFF).isEqualTo(0xB084);
        assertThat(vm.read(vm.frame().rip(), 2)).isEqualTo(0xE8D9);
        assertThat(vm.cpu().x87Opcode).isEqualTo(0x0F1);
    }

    @Test
    void whatWaitsComesWhenItsMaskIsLifted() {
        vm.write(0x20000, 2, 0x37B);
        vm.run("""
                mov ecx, 3
                again:
                fninit
                fldz
                fld1
                fdiv st0, st1
                dec ecx
                jnz again
                fldcw [0x20000]
                fwait
                hlt
                """);

        assertThat(vm.vector()).isEqualTo(FLOATING_POINT_ERROR);
        assertThat(vm.read(vm.frame().rip(), 1)).isEqualTo(0x9B);
        assertThat(X87State.status(vm.cpu())).isEqualTo(0xB084);
    }

    @Test
    void registersAreNotAvailableWhileAnotherTaskHasThem() {
        String program = """
                mov ecx, 3
                again:
                fldpi
                paddb mm1, mm0
                emms
                mov rax, cr0
                or rax, 8
                cmp ecx, 1
                jne go
                mov cr0, rax
                go:
                dec ecx
                jmp again
                """;
        vm.run(program);

        assertThat(vm.vector()).isEqualTo(NOT_AVAILABLE);
        assertThat(vm.read(vm.frame().rip(), 2)).isEqualTo(0xEBD9);
        assertThat(vm.gpr(ProcessorState.RCX)).isZero();
    }

    /// Native code called from Java stores its control word and tags, in which all registers must be empty.
    @Test
    void theJvmFindsTheInitialStateWhileTheGuestsRegistersAreFull() {
        List<String> states = new ArrayList<>();
        try (Arena arena = Arena.ofConfined();
                CodeMemory code = CodeMemory.allocate(4096)) {
            // fnstenv [rdi]; fldenv [rdi]; ret
            byte[] store = {(byte) 0xD9, 0x37, (byte) 0xD9, 0x27, (byte) 0xC3};
            MemorySegment.copy(store, 0, code.writable(), ValueLayout.JAVA_BYTE, 0, store.length);
            MemorySegment environment = arena.allocate(28, 8);
            vm.intercepts().onWrite = () -> {
                CodeMemory.enter(code.base(), environment.address());
                states.add("%04x %04x".formatted(environment.get(JAVA_SHORT, 0), environment.get(JAVA_SHORT, 8)));
            };
            fillRegistersAndStoreToADevice();
        }
        assertThat(states).hasSize(60).containsOnly("037f ffff");
    }

    private void fillRegistersAndStoreToADevice() {
        // 8 MiB and on is no memory
        vm.run("""
                mov dword ptr [0x20000], 0x0c7f
                fninit
                fldcw [0x20000]
                fld1
                fld1
                fldpi
                fldl2t
                fldl2e
                fldlg2
                fldln2
                fldz
                mov ecx, 60
                mov ebx, 0x900000
                again:
                fadd st0, st3
                mov [rbx], ecx
                fsub st0, st3
                dec ecx
                jnz again
                fstp st0
                fstp tbyte ptr [0x20010]
                hlt
                """);

        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.cpu().x87Control).isEqualTo(0xC7F);
        assertThat(vm.cpu().x87Valid).isEqualTo(0xFC);
        assertThat(vm.cpu().x87Status & 0x41).isZero();
        // ln 2, truncated
        assertThat(vm.read(0x20010, 8)).isEqualTo(0xB172_17F7_D1CF_79ABL);
    }

    @Test
    void anInterruptFindsAndLeavesTheRegisters() {
        vm.load(TestVm.HANDLERS + 0x40 * 16, "inc r15\n jmp 0x12000");
        vm.load(0x12000, """
                fxsave [0x20800]
                fninit
                fldpi
                fldpi
                fmulp st1, st0
                fstp qword ptr [0x20700]
                fxrstor [0x20800]
                iretq
                """);
        for (int n = 0; n < 50; n++) {
            vm.interrupts().vectors.add(0x40);
        }
        vm.with(state -> state.rflags |= 0x200);
        vm.run("""
                fninit
                fldz
                fld1
                mov ecx, 20000
                again:
                fadd st1, st0
                dec ecx
                jnz again
                fstp st0
                fistp dword ptr [0x20010]
                hlt
                """);

        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.gpr(15)).isEqualTo(50);
        assertThat(vm.read(0x20010, 4)).isEqualTo(20000);
    }

    @Test
    void registersOutliveAccessesThatLeave() {
        // with four translations, most accesses of these eight pages leave
        vm.close();
        vm = TestVm.translated(Engines.settings(4));
        for (int n = 0; n < 8; n++) {
            vm.write(0x80000 + n * 0x5000, 8, n + 1);
        }
        vm.run("""
                mov ecx, 100
                fninit
                fldz
                again:
                fild qword ptr [0x80000]
                fiadd dword ptr [0x85000]
                fild qword ptr [0x8a000]
                fiadd dword ptr [0x8f000]
                fild qword ptr [0x94000]
                fiadd dword ptr [0x99000]
                fild qword ptr [0x9e000]
                fiadd dword ptr [0xa3000]
                faddp st1, st0
                faddp st1, st0
                faddp st1, st0
                faddp st1, st0
                dec ecx
                jnz again
                fistp dword ptr [0x20010]
                hlt
                """);

        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.read(0x20010, 4)).isEqualTo(3600);
        assertThat(X87State.status(vm.cpu())).isZero();
    }
}
