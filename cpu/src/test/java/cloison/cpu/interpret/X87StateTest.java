package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import cloison.cpu.state.CpuState;
import cloison.machine.Samples;
import cloison.machine.wire.Wire;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The images of x87 and SSE state have the layout of SDM volume 1, 8.1.10, 10.5.1 and 13.4.
class X87StateTest {
    private static CpuState random(Random random) {
        CpuState cpu = new CpuState();
        for (int i = 0; i < 8; i++) {
            cpu.x87Significand[i] = random.nextLong();
            cpu.x87Exponent[i] = random.nextInt(0x10000);
        }
        for (int i = 0; i < CpuState.XMM_SOURCE; i++) {
            cpu.xmm[i] = random.nextLong();
            cpu.ymmHigh[i] = random.nextLong();
        }
        cpu.mxcsr = random.nextInt(0x10000);
        cpu.x87Control = X87State.control(random.nextInt());
        X87State.status(cpu, random.nextInt());
        cpu.x87Valid = random.nextInt(0x100);
        cpu.x87Opcode = random.nextInt(0x800);
        cpu.x87Instruction = random.nextInt() & 0xFFFF_FFFFL;
        cpu.x87Operand = random.nextInt() & 0xFFFF_FFFFL;
        return cpu;
    }

    @Test
    void anImageRestoresWhatItWasMadeOf() {
        Samples.check(50, random -> {
            byte[] image = X87State.image(random(random));
            CpuState other = new CpuState();
            X87State.load(other, image);
            assertThat(X87State.image(other)).isEqualTo(image);
        });
    }

    @Test
    void registersAreStoredFromTheTopOfTheStack() {
        CpuState cpu = new CpuState();
        cpu.x87Top = 6;
        cpu.x87Valid = 0xC0;
        cpu.x87Significand[6] = 0xC90F_DAA2_2168_C235L;
        cpu.x87Exponent[6] = 0x4000;
        cpu.mxcsr = 0x1FA0;
        cpu.xmm[31] = 0x55;
        cpu.ymmHigh[31] = 0x66;
        byte[] image = X87State.image(cpu);
        assertThat(Wire.u16(image, 0)).isEqualTo(0x37F);
        assertThat(Wire.u16(image, 2)).isEqualTo(0x3000);
        assertThat(Wire.u8(image, 4)).isEqualTo(0xC0);
        assertThat(Wire.i32(image, 24)).isEqualTo(0x1FA0);
        assertThat(Wire.i32(image, 28)).isEqualTo(0xFFFF);
        assertThat(Wire.u64(image, 32)).isEqualTo(0xC90F_DAA2_2168_C235L);
        assertThat(Wire.u64(image, 40)).isEqualTo(0x4000);
        assertThat(Wire.u64(image, 408)).isEqualTo(0x55);
        assertThat(Wire.u64(image, 824)).isEqualTo(0x66);
        assertThat(Wire.u64(image, 512)).isEqualTo(7);
    }

    @Test
    void anEmptyImageIsTheInitialConfiguration() {
        CpuState cpu = random(new Random(1));
        X87State.load(cpu, new byte[0]);
        assertThat(X87State.inUse(cpu)).isZero();
        assertThat(cpu.x87Control).isEqualTo(0x37F);
        assertThat(cpu.mxcsr).isEqualTo(0x1F80);
    }

    @Test
    void aTruncatedImageIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> X87State.load(new CpuState(), new byte[512]))
                .withMessageContaining("576");
        byte[] image = Arrays.copyOf(X87State.image(new CpuState()), 576);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> X87State.load(new CpuState(), image))
                .withMessageContaining("832");
    }

    @Test
    void environmentsComeBackInEveryForm() {
        Samples.check(50, random -> {
            CpuState cpu = random(random);
            for (boolean real : new boolean[] {false, true}) {
                byte[] first = new byte[28];
                int size = X87State.storeEnvironment(cpu, first, true, real);
                assertThat(size).isEqualTo(28);
                CpuState other = new CpuState();
                System.arraycopy(cpu.x87Significand, 0, other.x87Significand, 0, 8);
                System.arraycopy(cpu.x87Exponent, 0, other.x87Exponent, 0, 8);
                X87State.loadEnvironment(other, first, true, real);
                byte[] second = new byte[28];
                X87State.storeEnvironment(other, second, true, real);
                assertThat(second).isEqualTo(first);
                assertThat(other.x87Instruction).isEqualTo(cpu.x87Instruction);
            }
        });
    }

    @Test
    void theFullTagWordTellsZeroAndSpecialFromValid() {
        CpuState cpu = new CpuState();
        cpu.x87Valid = 0b11111;
        number(cpu, 0, 0x3FFF, Long.MIN_VALUE);
        number(cpu, 1, 0x8000, 0);
        number(cpu, 2, 0x7FFF, Long.MIN_VALUE);
        number(cpu, 3, 0, 1);
        number(cpu, 4, 0x3FFF, 1);
        assertThat(X87State.tags(cpu)).isEqualTo(0b11_11_11_10_10_10_01_00);
    }

    private static void number(CpuState cpu, int register, int exponent, long significand) {
        cpu.x87Exponent[register] = exponent;
        cpu.x87Significand[register] = significand;
    }

    @Test
    void theSummaryBitsFollowTheMasks() {
        CpuState cpu = new CpuState();
        cpu.x87Control = X87State.control(0x37B);
        X87State.status(cpu, 0x0004);
        assertThat(X87State.status(cpu)).isEqualTo(0x8084);
        cpu.x87Control = 0x37F;
        X87State.status(cpu, 0xFFFF);
        assertThat(X87State.status(cpu)).isEqualTo(0x7F7F);
    }
}
