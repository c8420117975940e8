package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.TranslatorSettings;
import cloison.cpu.state.Control;
import cloison.linux.code.CodeMemory;
import cloison.linux.cpu.HostCpu;
import cloison.machine.Samples;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.ProcessorState;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Gathers, masked moves and MXCSR in translated code, where translations are known and where they are not.
class TranslatedLanesTest {
    private static final int PROTECTION = 13;
    private static final int PAGE_FAULT = 14;
    private static final int INDICES = TestVm.DATA + 0x40;
    private static final int MASK = TestVm.DATA + 0x80;
    private static final int RESULTS = TestVm.DATA + 0x400;
    /// Where lanes are.
    private static final int TABLE = 0x80000;
    private static final int TABLE_PAGES = 32;
    private static final int ROUNDS = 6;

    private TestVm vm = TestVm.longMode();

    @BeforeEach
    void translate() {
        HostCpu host = HostCpu.probed();
        Assumptions.assumeTrue(
                CodeMemory.available() && host != null && host.has(CpuFeature.AVX2.text()),
                "this host cannot run translated code with AVX2");
        start(TranslatorSettings.standard());
    }

    private void start(TranslatorSettings settings) {
        vm.close();
        vm = TestVm.translated(settings);
        vm.with(state -> {
            state.cr4 |= Control.CR4_OSXSAVE;
            state.xcr0 = 7;
            state.gpr[ProcessorState.RSI] = TABLE;
            state.gpr[ProcessorState.RDI] = TABLE;
        });
    }

    @AfterEach
    void close() {
        vm.close();
    }

    /// {@return a gather to YMM1 with indices in YMM2, mask in YMM3 and its base in RSI, as DB has it}
    private static String gather(int opcode, boolean wide, boolean whole, int scale) {
        return gather(0, opcode, wide, whole, scale);
    }

    /// @param first 0, or 8 for YMM9, YMM10 and YMM11
    private static String gather(int first, int opcode, boolean wide, boolean whole, int scale) {
        return "db 0xc4, 0x%02x, 0x%02x, 0x%02x, 0x0c, 0x%02x"
                .formatted(
                        first == 0 ? 0xE2 : 0x22,
                        (wide ? 0x80 : 0) | (~(first + 3) & 15) << 3 | (whole ? 4 : 0) | 1,
                        opcode,
                        scale << 6 | 0x16);
    }

    /// {@return a program that executes an instruction again and again from the same registers}
    private static String again(String instruction) {
        return """
                mov r12d, %d
                mov r13d, %d
                again:
                vmovups ymm1, [%d]
                vmovups ymm2, [%d]
                vmovups ymm3, [%d]
                stc
                %s
                setc byte ptr [r13+64]
                vmovups [r13], ymm1
                vmovups [r13+32], ymm3
                add r13, 96
                dec r12d
                jnz again
                hlt
                """.formatted(ROUNDS, RESULTS, TestVm.DATA, INDICES, MASK, instruction);
    }

    private void fill(Random random, int address, int bytes) {
        byte[] content = new byte[bytes];
        random.nextBytes(content);
        assertThat(vm.memory().write(address, content, 0, bytes)).isTrue();
    }

    private byte[] result(int round) {
        byte[] result = new byte[65];
        assertThat(vm.memory().read(RESULTS + 96L * round, result, 0, result.length))
                .isTrue();
        return result;
    }

    @Test
    void gathersLoadTheSameWhoeverExecutesThem() {
        Samples.check(40, random -> {
            start(TranslatorSettings.standard());
            fill(random, TABLE, TABLE_PAGES * 4096);
            fill(random, TestVm.DATA, 0x100);
            boolean wideIndices = random.nextBoolean();
            int scale = random.nextInt(4);
            for (int at = 0; at < 32; at += wideIndices ? 8 : 4) {
                long index = random.nextInt(TABLE_PAGES * 4096 - 8) >> scale;
                vm.write(INDICES + at, wideIndices ? 8 : 4, index);
            }
            boolean wide = random.nextBoolean();
            int opcode = 0x90 + random.nextInt(2) * 2 + (wideIndices ? 1 : 0);
            int first = 8 * random.nextInt(2);
            String program = again(gather(first, opcode, wide, random.nextBoolean(), scale));
            vm.run(
                    first == 0
                            ? program
                            : program.replace("ymm1", "ymm9")
                                    .replace("ymm2", "ymm10")
                                    .replace("ymm3", "ymm11"));

            assertThat(vm.vector()).isEqualTo(-1);
            // the first one found no translations, the last one all but those of lanes across pages
            for (int round = 1; round < ROUNDS; round++) {
                assertThat(result(round)).isEqualTo(result(0));
            }
        });
    }

    @Test
    void gathersWhoseTranslationsAreThereAreNotInterpreted() {
        vm.run(again(gather(0x90, false, true, 2)));

        long before = vm.processor().interpreted();
        vm.goOn(TestVm.CODE);
        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.processor().interpreted() - before).isLessThan(ROUNDS);
    }

    @Test
    void lanesWhosePagesShareAnEntryOfTheTableEnd() {
        start(Engines.settings(4));
        Random random = new Random(3);
        fill(random, TABLE, TABLE_PAGES * 4096);
        for (int n = 0; n < 8; n++) {
            vm.write(INDICES + 4 * n, 4, n * 4 * 4096 + 8 * n);
            vm.write(MASK + 4 * n, 4, -1);
        }
        vm.run(again(gather(0x90, false, true, 0)));

        assertThat(vm.vector()).isEqualTo(-1);
        for (int n = 0; n < 8; n++) {
            assertThat(vm.read(RESULTS + 96 * (ROUNDS - 1) + 4 * n, 4))
                    .isEqualTo(vm.read(TABLE + n * 4 * 4096 + 8 * n, 4));
        }
        assertThat(result(ROUNDS - 1)).isEqualTo(result(0));
    }

    @Test
    void aLaneThatFaultsLeavesItAndThoseAfterItToBeDone() {
        for (int n = 0; n < 8; n++) {
            vm.write(INDICES + 4 * n, 4, n * 4096);
            vm.write(MASK + 4 * n, 4, -1);
            vm.write(TABLE + n * 4096, 4, 100 + n);
        }
        String program = again(gather(0x90, false, true, 0));
        vm.run(program);
        assertThat(vm.vector()).isEqualTo(-1);
        vm.map(TABLE + 5 * 4096, 0);
        vm.run(program);

        assertThat(vm.vector()).isEqualTo(PAGE_FAULT);
        assertThat(vm.cpu().cr2).isEqualTo(TABLE + 5 * 4096);
        assertThat(vm.cpu().xmm[2]).isEqualTo(101L << 32 | 100);
        assertThat(vm.cpu().ymmHigh[2] & 0xFFFF_FFFFL).isEqualTo(104);
        assertThat(vm.cpu().xmm[6]).isZero();
        assertThat(vm.cpu().xmm[7]).isZero();
        assertThat(vm.cpu().ymmHigh[6]).isEqualTo(-1L << 32);
        assertThat(vm.cpu().ymmHigh[7]).isEqualTo(-1);
    }

    @Test
    void maskedMovesReachOnlyTheirLanes() {
        vm.map(TABLE + 4096, 0);
        vm.with(state -> state.gpr[ProcessorState.RSI] = TABLE + 4096 - 16);
        vm.write(MASK, 4, -1);
        vm.write(MASK + 4, 4, -1);
        for (int n = 0; n < 4; n++) {
            vm.write(TABLE + 4096 - 16 + 4 * n, 4, 7 + n);
        }
        vm.run(again("vpmaskmovd ymm1, ymm3, [rsi]\n vpmaskmovd [rsi+8], ymm3, ymm1"));

        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.read(RESULTS + 8, 8)).isZero();
        assertThat(vm.read(TABLE + 4096 - 16, 8)).isEqualTo(8L << 32 | 7);
        assertThat(vm.read(TABLE + 4096 - 8, 8)).isEqualTo(8L << 32 | 7);

        vm.write(MASK + 16, 4, -1);
        vm.run(again("vpmaskmovd ymm1, ymm3, [rsi]"));
        assertThat(vm.vector()).isEqualTo(PAGE_FAULT);
        assertThat(vm.cpu().cr2).isEqualTo(TABLE + 4096);
    }

    @Test
    void maskedBytesAreStoredWhereRdiPoints() {
        Random random = new Random(5);
        fill(random, TABLE, 64);
        fill(random, TestVm.DATA, 0x100);
        byte[] expected = new byte[16];
        for (int n = 0; n < 16; n++) {
            boolean stored = vm.read(MASK + n, 1) >= 0x80;
            expected[n] = (byte) vm.read(stored ? TestVm.DATA + n : TABLE + n, 1);
        }
        vm.run(again("maskmovdqu xmm1, xmm3"));

        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.gpr(ProcessorState.RDI)).isEqualTo(TABLE);
        byte[] found = new byte[16];
        vm.memory().read(TABLE, found, 0, 16);
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void theControlWordOfSseIsTheGuests() {
        String program = """
                mov r12d, 6
                again:
                mov dword ptr [0x20010], 0x7f80
                ldmxcsr [0x20010]
                mov eax, 1
                cvtsi2ss xmm1, eax
                mov eax, 3
                cvtsi2ss xmm2, eax
                divss xmm1, xmm2
                movd ebx, xmm1
                stmxcsr [0x20014]
                mov dword ptr [0x20010], 0x1f80
                ldmxcsr [0x20010]
                dec r12d
                jnz again
                hlt
                """;
        vm.run(program);

        assertThat(vm.vector()).isEqualTo(-1);
        // a third, truncated
        assertThat(vm.gpr(ProcessorState.RBX)).isEqualTo(0x3EAA_AAAA);
        assertThat(vm.read(0x20014, 4)).isEqualTo(0x7FA0);
        assertThat(vm.cpu().mxcsr).isEqualTo(0x1F80);

        for (int bit : new int[] {16, 17, 31}) {
            vm.run(program.replace("0x7f80", Long.toString(1L << bit)));
            assertThat(vm.vector()).as("bit %d", bit).isEqualTo(PROTECTION);
            assertThat(vm.cpu().mxcsr).isEqualTo(0x1F80);
        }
        long before = vm.processor().interpreted();
        vm.run(program);
        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(vm.processor().interpreted() - before).isLessThan(6);
    }
}
