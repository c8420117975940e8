package cloison.cpu.interpret;

import static cloison.cpu.interpret.TestVm.CODE;
import static cloison.cpu.interpret.TestVm.DATA;
import static cloison.cpu.interpret.TestVm.HANDLERS;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.decode.Asm;
import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.FormSamples;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Row;
import cloison.cpu.state.Flags;
import cloison.machine.Samples;
import cloison.machine.processor.ProcessorState;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CompoundTest {
    private static final FormSamples.Limits LIMITS =
            new FormSamples.Limits(List.of(0, 1, 2, 8, 9, 10, 15), List.of(3, 5, 12, 13), List.of(14), -40, 40, 1);

    /// Instructions whose outcome depends on nothing but registers and the data page.
    private static final List<Row> ROWS = OpcodeTable.standard().rows().stream()
            .filter(row -> row.op() instanceof IntegerOp && !row.ends() && FormSamples.exists(row, 64))
            .filter(row -> !Set.of(IntegerOp.RDRAND, IntegerOp.RDSEED, IntegerOp.LEAVE, IntegerOp.ENTER)
                    .contains(row.op()))
            .toList();

    /// What blocks are mostly made of.
    private static final List<Row> COMMON = ROWS.stream()
            .filter(row -> Set.of("MOV ADD SUB CMP TEST LEA XOR AND SHL SHR INC DEC IMUL ADC PUSH POP".split(" "))
                    .contains(row.op().toString()))
            .toList();

    private static final List<Row> JUMPS = OpcodeTable.standard().rows().stream()
            .filter(row -> row.op() instanceof IntegerOp op && op.jump())
            .toList();

    @Test
    void aCompoundDoesWhatItsInstructionsDoOneByOne() {
        Samples.check(400, random -> {
            byte[] program = program(random);
            long[] registers = registers(random);
            int flags = random.nextInt() & Flags.STATUS;

            String compounds = outcome(program, registers, flags, false);
            String steps = outcome(program, registers, flags, true);

            assertThat(compounds).as(HexFormat.of().formatHex(program)).isEqualTo(steps);
        });
    }

    private static byte[] program(Random random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int length = random.nextInt(1, 24);
        for (int n = 0; n < length; n++) {
            List<Row> rows = random.nextInt(5) == 0 ? ROWS : COMMON;
            out.writeBytes(FormSamples.encode(rows.get(random.nextInt(rows.size())), 64, random, LIMITS));
        }
        out.writeBytes(FormSamples.encode(JUMPS.get(random.nextInt(JUMPS.size())), 64, random, LIMITS));
        out.write(0xF4);
        out.write(0xF4);
        return out.toByteArray();
    }

    private static long[] registers(Random random) {
        long[] registers = new long[16];
        for (int n = 0; n < 16; n++) {
            registers[n] = random.nextBoolean() ? random.nextLong() : random.nextInt(-3, 70);
        }
        registers[1] = random.nextInt(70);
        // some accesses reach the page after the data, which is not there
        for (int base : new int[] {3, 5, 6, 7, 12, 13}) {
            registers[base] = DATA + 0xF80 + random.nextInt(0x50);
        }
        registers[14] = random.nextInt(6);
        registers[4] = TestVm.STACK;
        return registers;
    }

    /// {@return what is left by the program's second run; during the first, no address was near the data's end}
    private static String outcome(byte[] program, long[] registers, int flags, boolean alone) {
        try (TestVm vm = TestVm.longMode()) {
            eager(vm);
            vm.map(DATA + 0x1000, 0);
            vm.memory().write(CODE, program, 0, program.length);
            // an armed breakpoint makes every instruction be executed alone
            vm.with(state -> {
                state.dr[7] = alone ? 0x402 : 0x400;
                state.dr[0] = 0x10;
            });
            long[] tame = registers.clone();
            for (int base : new int[] {3, 5, 6, 7, 12, 13}) {
                tame[base] -= 0x400;
            }
            go(vm, tame, flags);
            long before = vm.processor().instructions();
            go(vm, registers, flags);

            byte[] data = new byte[0x1000];
            vm.memory().read(DATA, data, 0, data.length);
            return Arrays.toString(vm.cpu().gpr) + " rip " + vm.cpu().rip + " flags "
                    + vm.cpu().rflags() + " vector "
                    + vm.vector() + (vm.vector() < 0 ? "" : " " + vm.frame()) + " cr2 " + vm.cpu().cr2 + " data "
                    + Arrays.hashCode(data) + " executed " + (vm.processor().instructions() - before);
        }
    }

    private static void go(TestVm vm, long[] registers, int flags) {
        byte[] data = new byte[0x1000];
        new Random(flags).nextBytes(data);
        vm.memory().write(DATA, data, 0, data.length);
        Cpu cpu = vm.cpu();
        System.arraycopy(registers, 0, cpu.gpr, 0, 16);
        cpu.loadFlags(flags, -1);
        cpu.rip = CODE;
        cpu.halted = false;
        vm.processor().run();
    }

    /// Makes a compound of each block when it has been executed once.
    private static void eager(TestVm vm) {
        vm.processor().hotBlocks().interval = 1;
        vm.processor().hotBlocks().warmth = 1;
    }

    @Test
    void aFaultInTheMiddleLeavesWhatWasBefore() {
        try (TestVm vm = TestVm.longMode()) {
            eager(vm);
            vm.map(0x30000, 0);
            Asm program = new Asm(64, CODE).text("""
                    mov rsi, 0x20000
                    mov ecx, 3
            again:  inc rbx
                    cmp rbx, 3
            load:   mov rax, [rsi]
                    add rsi, 0x8000
                    dec ecx
                    jnz again
                    hlt
            """);
            byte[] bytes = program.bytes();
            vm.memory().write(CODE, bytes, 0, bytes.length);
            vm.processor().run();

            assertThat(vm.vector()).isEqualTo(14);
            assertThat(vm.cpu().cr2).isEqualTo(0x30000);
            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(3);
            assertThat(vm.gpr(ProcessorState.RSI)).isEqualTo(0x30000);
            assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(1);
            assertThat(vm.frame().rip()).isEqualTo(program.label("load"));
            // of CMP, not of what came before it or did not happen
            assertThat(vm.frame().rflags() & Flags.STATUS).isEqualTo(Flags.ZF | Flags.PF);
            // the first block, the compound's block twice, the second time in part, and the handler's HLT
            assertThat(vm.processor().instructions()).isEqualTo(8 + 6 + 2 + 1);
        }
    }

    @Test
    void aCompoundMayStoreIntoItself() {
        try (TestVm vm = TestVm.longMode()) {
            eager(vm);
            // from 50 on RDI points to the immediate
            vm.run("""
                    mov edi, 0x20000
                    lea rsi, [patch+1]
                    mov ecx, 100
            again:  add edx, 1
                    cmp ecx, 50
                    cmovbe rdi, rsi
                    mov [rdi], ecx
            patch:  mov eax, 7
                    add ebx, eax
                    dec ecx
                    jnz again
                    hlt
            """);

            assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(100);
            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(50 * 7 + 50 * 51 / 2);
        }
    }

    @Test
    void anInterruptThatBecomesPendingInACompoundComesAfterIt() {
        try (TestVm vm = TestVm.longMode()) {
            eager(vm);
            vm.load(HANDLERS + 0x500, "mov r8, rbx\n mov r9, rdx\n iretq");
            vm.map(0x30000, 0xFEE0_0000L | 7);
            vm.intercepts().onWrite = () -> {
                if (vm.gpr(ProcessorState.RBX) == 5) {
                    vm.interrupts().vectors.add(0x50);
                }
            };
            vm.with(state -> state.rflags = 0x202);
            vm.run("""
                    mov esi, 0x30000
                    mov ecx, 10
            again:  inc rbx
                    mov [rsi], ebx
                    inc rdx
                    dec ecx
                    jnz again
                    hlt
            """);

            assertThat(vm.gpr(8)).isEqualTo(5);
            assertThat(vm.gpr(9)).isEqualTo(5);
            assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(10);
            assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(10);
        }
    }

    @Test
    void blocksOfTheSameStepsShareAClass() {
        try (TestVm vm = TestVm.longMode()) {
            Compound one = compound("mov rax, rbx\n add rax, 5\n");
            Compound same = compound("mov rcx, rdx\n add rsi, 7\n");
            Compound other = compound("add rsi, 7\n mov rcx, rdx\n");
            vm.cpu().gpr[ProcessorState.RBX] = 10;
            vm.cpu().gpr[ProcessorState.RDX] = 20;
            one.run(vm.cpu());
            same.run(vm.cpu());

            assertThat(same.getClass()).isSameAs(one.getClass());
            assertThat(other.getClass()).isNotSameAs(one.getClass());
            assertThat(vm.rax()).isEqualTo(15);
            assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(20);
            assertThat(vm.gpr(ProcessorState.RSI)).isEqualTo(7);
        }
    }

    private static Compound compound(String program) {
        byte[] bytes = Arrays.copyOf(Asm.bytes(64, CODE, program), 64);
        Decoder decoder = new Decoder(OpcodeTable.standard());
        Instruction first = Objects.requireNonNull(decoder.decode(bytes, 0, 15, 64, CODE));
        Instruction second = Objects.requireNonNull(decoder.decode(bytes, first.length, 15, 64, CODE + first.length));
        return Objects.requireNonNull(Compounds.of(new Step[] {Steps.of(first), Steps.of(second)}));
    }
}
