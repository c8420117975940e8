package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.FormSamples;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Row;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.decode.X87Op;
import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import cloison.machine.Samples;
import cloison.machine.wire.Wire;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// SSE and MMX instructions on registers; the differential tests compare every form with a processor.
class VectorStepsTest {
    private final TestVm vm = TestVm.longMode();
    private final Cpu cpu = vm.cpu();

    VectorStepsTest() {
        cpu.cr0 |= Control.CR0_NE | Control.CR0_MP;
        cpu.cr4 |= Control.CR4_OSFXSR | Control.CR4_OSXMMEXCPT | Control.CR4_OSXSAVE;
        cpu.xcr0 = 3;
    }

    @AfterEach
    void close() {
        vm.close();
    }

    private static Step step(String code) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(code);
        Instruction instruction = new Decoder(OpcodeTable.standard()).decode(bytes, 0, bytes.length, 64, 0x1000);
        assertThat(instruction).as(code).isNotNull();
        return Steps.of(instruction);
    }

    private void run(String code) {
        step(code).run(cpu);
    }

    private int faultOf(String code) {
        return Assertions.catchThrowableOfType(GuestFault.class, () -> run(code))
                .vector();
    }

    private void xmm(int register, long low, long high) {
        cpu.xmm[2 * register] = low;
        cpu.xmm[2 * register + 1] = high;
    }

    private void text(int register, String text) {
        byte[] bytes = new byte[16];
        for (int i = 0; i < text.length(); i++) {
            bytes[i] = (byte) text.charAt(i);
        }
        xmm(register, Wire.u64(bytes, 0), Wire.u64(bytes, 8));
    }

    @Test
    void everyRowHasAStep() {
        FormSamples.Limits limits = new FormSamples.Limits(List.of(0, 1, 2), List.of(6), List.of(), -8, 8, 0);
        Samples.check(4, random -> {
            for (Row row : OpcodeTable.standard().rows()) {
                if (row.op() instanceof VectorOp || row.op() instanceof X87Op) {
                    for (int mode : new int[] {16, 32, 64}) {
                        made(row, mode, random, limits);
                    }
                }
            }
        });
    }

    private static void made(Row row, int mode, Random random, FormSamples.Limits limits) {
        if (!FormSamples.exists(row, mode)) {
            return;
        }
        byte[] bytes = FormSamples.encode(row, mode, random, limits);
        Instruction instruction = new Decoder(OpcodeTable.standard()).decode(bytes, 0, bytes.length, mode, 0x1000);
        assertThat(instruction).as(row.toString()).isNotNull();
        assertThat(Steps.of(instruction)).as(row.toString()).isNotNull();
    }

    @Test
    void everyOperationHasARow() {
        for (VectorOp op : VectorOp.values()) {
            assertThat(OpcodeTable.standard().rows()).as(op.name()).anyMatch(row -> row.op() == op);
        }
        for (X87Op op : X87Op.values()) {
            assertThat(OpcodeTable.standard().rows()).as(op.name()).anyMatch(row -> row.op() == op);
        }
    }

    @Test
    void instructionsAreUnavailableUntilTheSystemSupportsThem() {
        cpu.cr0 |= Control.CR0_TS;
        assertThat(faultOf("66 0F EF C0")).isEqualTo(GuestFault.NM);
        assertThat(faultOf("0F EF C0")).isEqualTo(GuestFault.NM);
        assertThat(faultOf("9B")).isEqualTo(GuestFault.NM);
        cpu.cr4 &= ~(Control.CR4_OSFXSR | Control.CR4_OSXSAVE);
        assertThat(faultOf("66 0F EF C0")).isEqualTo(GuestFault.UD);
        cpu.cr0 ^= Control.CR0_TS | Control.CR0_EM;
        assertThat(faultOf("0F EF C0")).isEqualTo(GuestFault.UD);
        assertThat(faultOf("D9 D0")).isEqualTo(GuestFault.NM);
        assertThat(faultOf("0F AE 23")).isEqualTo(GuestFault.UD);
    }

    @Test
    void mmxInstructionsMakeTheX87RegistersValid() {
        cpu.x87Top = 5;
        cpu.x87Valid = 0;
        cpu.gpr[0] = 0x1234_5678_9ABC_DEF0L;
        run("48 0F 6E D8");
        assertThat(cpu.x87Top).isZero();
        assertThat(cpu.x87Valid).isEqualTo(0xFF);
        assertThat(cpu.x87Significand[3]).isEqualTo(0x1234_5678_9ABC_DEF0L);
        assertThat(cpu.x87Exponent[3]).isEqualTo(0xFFFF);
        run("0F 77");
        assertThat(cpu.x87Valid).isZero();
    }

    @Test
    void aWaitingX87ExceptionIsReportedByTheNextMmxInstruction() {
        cpu.x87Control = 0x37E;
        X87State.status(cpu, 1);
        assertThat(faultOf("0F EF C0")).isEqualTo(GuestFault.MF);
        run("DB E3");
        run("0F EF C0");
    }

    @Test
    void byteShiftsMoveTheWholeRegister() {
        xmm(1, 0x0706_0504_0302_0100L, 0x0F0E_0D0C_0B0A_0908L);
        run("66 0F 73 F9 03");
        assertThat(cpu.xmm[2]).isEqualTo(0x0403_0201_0000_0000L);
        assertThat(cpu.xmm[3]).isEqualTo(0x0C0B_0A09_0807_0605L);
        run("66 0F 73 D9 0B");
        assertThat(cpu.xmm[2]).isEqualTo(0x0000_000C_0B0A_0908L);
        assertThat(cpu.xmm[3]).isZero();
    }

    @Test
    void alignmentTakesBytesFromBothOperands() {
        xmm(0, 0x1716_1514_1312_1110L, 0x1F1E_1D1C_1B1A_1918L);
        xmm(1, 0x0706_0504_0302_0100L, 0x0F0E_0D0C_0B0A_0908L);
        run("66 0F 3A 0F C1 05");
        assertThat(cpu.xmm[0]).isEqualTo(0x0C0B_0A09_0807_0605L);
        assertThat(cpu.xmm[1]).isEqualTo(0x1413_1211_100F_0E0DL);
    }

    @Test
    void stringsAreSearchedForASubstring() {
        text(1, "lo");
        text(2, "hello, world");
        // PCMPISTRI xmm1, xmm2, equal ordered
        run("66 0F 3A 63 CA 0C");
        assertThat(cpu.gpr[1]).isEqualTo(3);
        assertThat(cpu.statusFlags()).isEqualTo(Flags.CF | Flags.ZF | Flags.SF);
    }

    @Test
    void stringsAreSearchedForRanges() {
        text(1, "az");
        text(2, "HELLO world 1234");
        run("66 0F 3A 63 CA 04");
        assertThat(cpu.gpr[1]).isEqualTo(6);
        // the last one outside the range
        run("66 0F 3A 63 CA 54");
        assertThat(cpu.gpr[1]).isEqualTo(15);
        assertThat(cpu.statusFlags()).isEqualTo(Flags.CF | Flags.SF | Flags.OF);
    }

    @Test
    void explicitLengthsSaturateAndMayBeNegative() {
        text(1, "abcdefghijklmnop");
        text(2, "abcdefghijklmnop");
        cpu.gpr[0] = -3;
        cpu.gpr[2] = 1L << 31;
        // PCMPESTRM xmm1, xmm2, equal each, byte mask
        run("66 0F 3A 60 CA 48");
        assertThat(cpu.xmm[0]).isEqualTo(0x0000_0000_00FF_FFFFL);
        assertThat(cpu.xmm[1]).isZero();
        assertThat(cpu.statusFlags()).isEqualTo(Flags.CF | Flags.SF | Flags.OF);
    }

    @Test
    void operandsOfSixteenBytesMustBeAligned() {
        cpu.gpr[6] = TestVm.DATA + 8;
        xmm(1, 0x1111, 0x2222);
        assertThat(faultOf("66 0F 7F 0E")).isEqualTo(GuestFault.GP);
        assertThat(faultOf("66 0F FC 06")).isEqualTo(GuestFault.GP);
        assertThat(vm.read(TestVm.DATA + 8, 8)).isZero();
        run("F3 0F 7F 0E");
        run("66 0F FC 46 08");
        assertThat(cpu.xmm[0]).isEqualTo(0x2222);
        run("66 0F 3A 63 16 00");
    }

    @Test
    void maskedStoresWriteTheChosenBytesAlone() {
        cpu.gpr[7] = TestVm.DATA + 0xFFC;
        xmm(1, 0x0807_0605_0403_0201L, 0x100F_0E0D_0C0B_0A09L);
        xmm(2, 0x8000_0080_0000_80FFL, 0x7F7F_7F7F_7F7F_7F7FL);
        run("66 0F F7 CA");
        assertThat(vm.read(TestVm.DATA + 0xFFC, 8)).isEqualTo(0x0800_0005_0000_0201L);
        assertThat(vm.read(TestVm.DATA + 0x1004, 8)).isZero();
    }

    @Test
    void fxsaveKeepsAndFxrstorBringsBack() {
        cpu.gpr[6] = TestVm.DATA;
        xmm(15, 7, 8);
        cpu.x87Significand[0] = 5;
        cpu.x87Valid = 1;
        byte[] before = X87State.image(cpu);
        run("48 0F AE 06");
        run("DB E3");
        xmm(15, 0, 0);
        run("48 0F AE 0E");
        assertThat(X87State.image(cpu)).isEqualTo(before);
        vm.write(TestVm.DATA + 26, 1, 1);
        assertThat(faultOf("48 0F AE 0E")).isEqualTo(GuestFault.GP);
        assertThat(X87State.image(cpu)).isEqualTo(before);
    }

    @Test
    void xrstorInitializesWhatTheHeaderDoesNotName() {
        cpu.gpr[6] = TestVm.DATA;
        cpu.gpr[0] = 3;
        cpu.x87Top = 3;
        xmm(3, 1, 2);
        run("48 0F AE 26");
        assertThat(vm.read(TestVm.DATA + 512, 8)).isEqualTo(3);
        vm.write(TestVm.DATA + 512, 1, 2);
        vm.write(TestVm.DATA + 24, 4, 0x1FA0);
        xmm(3, 0, 0);
        run("48 0F AE 2E");
        assertThat(cpu.x87Top).isZero();
        assertThat(cpu.xmm[6]).isEqualTo(1);
        assertThat(cpu.mxcsr).isEqualTo(0x1FA0);
        vm.write(TestVm.DATA + 520, 1, 1);
        assertThat(faultOf("48 0F AE 2E")).isEqualTo(GuestFault.GP);
    }

    @Test
    void xsaveoptLeavesInitialComponentsUnwritten() {
        cpu.gpr[6] = TestVm.DATA;
        cpu.gpr[0] = 3;
        vm.write(TestVm.DATA, 8, -1);
        vm.write(TestVm.DATA + 512, 1, 3);
        run("48 0F AE 36");
        assertThat(vm.read(TestVm.DATA, 8)).isEqualTo(-1);
        assertThat(vm.read(TestVm.DATA + 512, 8)).isZero();
        assertThat(vm.read(TestVm.DATA + 24, 4)).isEqualTo(0x1F80);
    }

    @Test
    void fnsaveStoresInitializesAndFrstorBringsBack() {
        cpu.gpr[6] = TestVm.DATA;
        cpu.x87Top = 2;
        cpu.x87Valid = 0x0C;
        cpu.x87Significand[3] = Long.MIN_VALUE;
        cpu.x87Exponent[3] = 0xBFFF;
        byte[] before = X87State.image(cpu);
        run("DD 36");
        assertThat(cpu.x87Valid).isZero();
        assertThat(vm.read(TestVm.DATA + 8, 4)).isEqualTo(0xFFFF_FF1FL);
        assertThat(vm.read(TestVm.DATA + 28 + 18, 2)).isEqualTo(0xBFFF);
        run("DD 26");
        assertThat(X87State.image(cpu)).isEqualTo(before);
    }
}
