package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.decode.Encoding;
import cloison.cpu.decode.FormSamples;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Row;
import cloison.cpu.state.Flags;
import cloison.machine.Samples;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SequenceTest {
    private static final FormSamples.Limits LIMITS = new FormSamples.Limits(
            List.of(0, 1, 2, 8, 9, 10, 15), List.of(3, 5, 12, 13), List.of(14), -40, 40, 1);

    private static final List<Row> ROWS = OpcodeTable.standard().rows().stream()
            .filter(row -> row.op() instanceof IntegerOp && !row.ends() && Encoding.exists(row, 64))
            .filter(row -> row.op() != IntegerOp.RDRAND && row.op() != IntegerOp.RDSEED)
            .filter(row -> row.op() != IntegerOp.LEAVE && row.op() != IntegerOp.ENTER)
            .toList();

    /// What blocks are mostly made of.
    private static final List<Row> COMMON = ROWS.stream()
            .filter(row -> List.of("MOV", "ADD", "SUB", "CMP", "TEST", "LEA", "XOR", "AND", "SHL", "SHR", "INC", "DEC", "IMUL", "ADC")
                    .contains(row.op().name()))
            .toList();

    private static final List<Row> JUMPS = OpcodeTable.standard().rows().stream()
            .filter(row -> row.op() instanceof IntegerOp op && op.jump())
            .toList();

    @Test
    void aBlockDoesWhatItsInstructionsDoOneByOne() {
        Samples.check(1000, random -> {
            byte[] program = program(random);
            long[] registers = registers(random);
            int flags = random.nextInt() & Flags.STATUS;

            String blocks = outcome(program, registers, flags, false);
            String steps = outcome(program, registers, flags, true);

            assertThat(blocks).as(HexFormat.of().formatHex(program)).isEqualTo(steps);
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
            registers[base] = TestVm.DATA + 0xF80 + random.nextInt(0x50);
        }
        registers[14] = random.nextInt(6);
        registers[4] = TestVm.STACK;
        return registers;
    }

    private static String outcome(byte[] program, long[] registers, int flags, boolean single) {
        try (TestVm vm = TestVm.longMode()) {
            vm.map(TestVm.DATA + 0x1000, 0);
            vm.memory().write(TestVm.CODE, program, 0, program.length);
            byte[] data = new byte[0x1000];
            new Random(flags).nextBytes(data);
            vm.memory().write(TestVm.DATA, data, 0, data.length);
            vm.with(state -> {
                System.arraycopy(registers, 0, state.gpr, 0, 16);
                state.rip = TestVm.CODE;
                state.rflags = flags | 2;
                // an armed breakpoint makes every instruction be executed alone
                state.dr[7] = single ? 0x402 : 0x400;
                state.dr[0] = 0x10;
            });

            vm.processor().run();

            vm.memory().read(TestVm.DATA, data, 0, data.length);
            return Arrays.toString(vm.cpu().gpr) + " rip " + vm.cpu().rip + " flags " + vm.cpu().rflags() + " vector "
                    + vm.vector() + (vm.vector() < 0 ? "" : " " + vm.frame()) + " cr2 " + vm.cpu().cr2 + " data "
                    + Arrays.hashCode(data);
        }
    }
}
