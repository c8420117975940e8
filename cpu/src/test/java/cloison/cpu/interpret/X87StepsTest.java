package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import java.util.HexFormat;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// x87 instructions: the stack, its faults, and when exceptions are reported.
class X87StepsTest {
    private static final long ONE = 0x8000_0000_0000_0000L;

    private final TestVm vm = TestVm.longMode();
    private final Cpu cpu = vm.cpu();

    X87StepsTest() {
        cpu.cr0 |= Control.CR0_NE | Control.CR0_MP;
        cpu.gpr[6] = TestVm.DATA;
    }

    @AfterEach
    void close() {
        vm.close();
    }

    private void run(String... codes) {
        for (String code : codes) {
            byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(code);
            Instruction instruction = new Decoder(OpcodeTable.standard()).decode(bytes, 0, bytes.length, 64, 0x1234);
            assertThat(instruction).as(code).isNotNull();
            Steps.of(instruction).run(cpu);
        }
    }

    private int faultOf(String code) {
        return Assertions.catchThrowableOfType(GuestFault.class, () -> run(code))
                .vector();
    }

    private void top(int exponent, long significand) {
        assertThat(cpu.x87Exponent[cpu.x87Top]).isEqualTo(exponent);
        assertThat(cpu.x87Significand[cpu.x87Top]).isEqualTo(significand);
    }

    private int status() {
        return X87State.status(cpu);
    }

    @Test
    void pushesGoDownAndPopsUp() {
        run("D9 E8", "D9 EB", "DE C1");
        assertThat(cpu.x87Top).isEqualTo(7);
        assertThat(cpu.x87Valid).isEqualTo(0x80);
        top(0x4001, 0x8487_ED51_10B4_611AL);
        assertThat(status()).isEqualTo(0x3820);
        assertThat(cpu.x87Instruction).isEqualTo(0x1234);
    }

    @Test
    void constantsFollowTheRoundingMode() {
        long[] pi = {0xC90F_DAA2_2168_C235L, 0xC90F_DAA2_2168_C234L, 0xC90F_DAA2_2168_C235L, 0xC90F_DAA2_2168_C234L};
        for (int rounding = 0; rounding < 4; rounding++) {
            cpu.x87Control = 0x37F | rounding << 10;
            run("D9 EB");
            top(0x4000, pi[rounding]);
        }
        assertThat(cpu.x87Significand[7]).isEqualTo(pi[0]);
    }

    @Test
    void anEmptyOperandIsTheIndefinite() {
        run("D8 C1");
        assertThat(status()).isEqualTo(0x41);
        top(0xFFFF, 0xC000_0000_0000_0000L);
    }

    @Test
    void aFullStackTakesTheIndefinite() {
        cpu.x87Valid = 0xFF;
        run("D9 E8");
        assertThat(status()).isEqualTo(0x3A41);
        top(0xFFFF, 0xC000_0000_0000_0000L);
    }

    @Test
    void anUnmaskedStackFaultChangesNothingAndIsReportedByTheNext() {
        cpu.x87Control = 0x37E;
        cpu.x87Valid = 0xFF;
        run("D9 E8");
        assertThat(status()).isEqualTo(0x82C1);
        assertThat(cpu.x87Significand[7]).isZero();
        assertThat(cpu.x87Opcode).isEqualTo(0x1E8);
        assertThat(faultOf("D9 C0")).isEqualTo(GuestFault.MF);
        assertThat(faultOf("9B")).isEqualTo(GuestFault.MF);
        run("DF E0");
        assertThat(cpu.gpr[0]).isEqualTo(0x82C1);
        run("DB E2", "9B");
    }

    @Test
    void exceptionsAreNotReportedWithoutNativeErrors() {
        cpu.cr0 &= ~Control.CR0_NE;
        cpu.x87Control = 0x37E;
        run("D8 C1", "D9 E8");
        assertThat(cpu.x87Top).isEqualTo(7);
    }

    @Test
    void anUnmaskedExceptionNotesItsOperand() {
        cpu.x87Control = 0x37B;
        run("D9 E8");
        assertThat(cpu.x87Opcode).isZero();
        run("D8 76 10");
        assertThat(status()).isEqualTo(0xB884);
        assertThat(cpu.x87Operand).isEqualTo(TestVm.DATA + 0x10);
        assertThat(cpu.x87Opcode).isEqualTo(0x076);
        top(0x3FFF, ONE);
    }

    @Test
    void storesToMemoryPopOnlyWhenStored() {
        cpu.x87Control = 0x377;
        run("D9 EB", "D9 E8");
        cpu.x87Exponent[6] = 0x7FF0;
        run("D9 1E");
        assertThat(cpu.x87Top).isEqualTo(6);
        assertThat(status()).isEqualTo(0xB088);
        assertThat(vm.read(TestVm.DATA, 4)).isZero();
        run("DB E2", "DB 3E");
        assertThat(cpu.x87Top).isEqualTo(7);
        assertThat(vm.read(TestVm.DATA + 8, 2)).isEqualTo(0x7FF0);
    }

    @Test
    void comparisonsReachConditionCodesAndFlags() {
        run("D9 EE", "D9 E8", "D8 D1");
        assertThat(status() & 0x4700).isZero();
        run("D9 C9", "D8 D1");
        assertThat(status() & 0x4700).isEqualTo(0x100);
        run("DB F1");
        assertThat(cpu.statusFlags()).isEqualTo(Flags.CF);
        run("DF E8");
        assertThat(cpu.statusFlags()).isEqualTo(Flags.ZF);
        assertThat(cpu.x87Valid).isEqualTo(0x80);
    }

    @Test
    void conditionalMovesLookAtTheFlags() {
        run("D9 EE", "D9 E8");
        cpu.statusFlags(Flags.ZF);
        run("DB C9");
        top(0x3FFF, ONE);
        run("DA C9");
        top(0, 0);
    }

    @Test
    void integersAreLoadedAndStoredTruncated() {
        vm.write(TestVm.DATA, 2, 0xFFFD);
        vm.write(TestVm.DATA + 8, 2, 2);
        run("DF 06", "DE 76 08");
        top(0xBFFF, 0xC000_0000_0000_0000L);
        run("DD 4E 10");
        assertThat(vm.read(TestVm.DATA + 16, 8)).isEqualTo(-1);
        assertThat(cpu.x87Valid).isZero();
    }

    @Test
    void aPageFaultLeavesEverythingAsItWas() {
        run("D9 E8");
        byte[] before = X87State.image(cpu);
        vm.map(TestVm.DATA, 0);
        assertThat(faultOf("DD 1E")).isEqualTo(GuestFault.PF);
        assertThat(faultOf("DB 3E")).isEqualTo(GuestFault.PF);
        assertThat(faultOf("DF 36")).isEqualTo(GuestFault.PF);
        assertThat(faultOf("D8 06")).isEqualTo(GuestFault.PF);
        assertThat(X87State.image(cpu)).isEqualTo(before);
    }

    @Test
    void loadingTheControlWordRaisesWhatWaits() {
        run("D8 C1");
        vm.write(TestVm.DATA, 2, 0x340);
        run("D9 2E");
        assertThat(status() & 0x8080).isEqualTo(0x8080);
        assertThat(faultOf("D9 E8")).isEqualTo(GuestFault.MF);
        run("D9 36");
        assertThat(vm.read(TestVm.DATA + 4, 2)).isEqualTo(0x80C1);
        assertThat(cpu.x87Control).isEqualTo(0x37F);
        run("D9 E8");
    }
}
