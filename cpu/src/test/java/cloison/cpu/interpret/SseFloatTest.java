package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.fp.Scalar;
import cloison.cpu.fp.Scalar.Operation;
import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;
import cloison.machine.Samples;
import java.util.Random;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What Java's arithmetic stands in for has the same results and exceptions as the software arithmetic.
class SseFloatTest {
    private static final Operation[] FAST = {
        Operation.ADD, Operation.SUBTRACT, Operation.MULTIPLY, Operation.DIVIDE, Operation.SQUARE_ROOT
    };

    private final TestVm vm = TestVm.longMode();
    private final Cpu cpu = vm.cpu();
    private final Scalar reference = new Scalar();

    @AfterEach
    void close() {
        vm.close();
    }

    private static long float64(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> Double.doubleToRawLongBits(random.nextInt(2000) / 8.0 - 100);
            case 1 -> random.nextLong();
            case 2 ->
                random.nextLong() & 0x800F_FFFF_FFFF_FFFFL & -1L << random.nextInt(52)
                        | (long) (1023 - 30 + random.nextInt(60)) << 52;
            default ->
                random.nextLong() & 0x800F_FFFF_FFFF_FFFFL & -1L << random.nextInt(52)
                        | (long) (random.nextInt(4) + (random.nextBoolean() ? 0 : 2044)) << 52;
        };
    }

    private static int float32(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> Float.floatToRawIntBits(random.nextInt(2000) / 8f - 100);
            case 1 -> random.nextInt();
            default -> random.nextInt() & 0x807F_FFFF & -1 << random.nextInt(23) | random.nextInt(256) << 23;
        };
    }

    @Test
    void shortcutsAgreeWithSoftware() {
        Samples.check(5000, random -> {
            int mxcsr = 0x1F80 | (random.nextBoolean() ? 0x20 : 0);
            long a = float64(random);
            long b = float64(random);
            int x = float32(random);
            int y = float32(random);
            for (Operation operation : FAST) {
                cpu.mxcsr = mxcsr;
                reference.begin(mxcsr);
                long mine = operation == Operation.SQUARE_ROOT
                        ? SseFloat.squareRoot64(cpu, b)
                        : SseFloat.float64(cpu, operation, a, b);
                assertThat(mine).as("%x %s %x", a, operation, b).isEqualTo(reference.float64(operation, a, b));
                assertThat(cpu.mxcsr).as("%x %s %x", a, operation, b).isEqualTo(mxcsr | reference.raised());
                cpu.mxcsr = mxcsr;
                reference.begin(mxcsr);
                assertThat(SseFloat.float32(cpu, operation, x, y))
                        .as("%x %s %x", x, operation, y)
                        .isEqualTo(reference.float32(operation, x, y));
                assertThat(cpu.mxcsr).as("%x %s %x", x, operation, y).isEqualTo(mxcsr | reference.raised());
            }
            cpu.mxcsr = mxcsr;
            reference.begin(mxcsr);
            assertThat(SseFloat.compare64(cpu, a, b, true)).isEqualTo(reference.compare64(a, b, true));
            assertThat(SseFloat.compare32(cpu, x, y, false)).isEqualTo(reference.compare32(x, y, false));
            assertThat(SseFloat.narrow(cpu, a)).isEqualTo(reference.narrow(a));
            assertThat(SseFloat.truncate64(cpu, a, 64)).isEqualTo(reference.toInteger64(a, 64, true));
            assertThat(SseFloat.fromInteger64(cpu, a)).isEqualTo(reference.fromInteger64(a));
            assertThat(cpu.mxcsr).isEqualTo(mxcsr | reference.raised());
        });
    }

    @Test
    void aTinyProductRoundedUpToTheLeastNormalNumberUnderflows() {
        cpu.mxcsr = 0x1FA0;
        long below = Double.doubleToRawLongBits(Math.nextDown(1.0));
        long least = Double.doubleToRawLongBits(Double.MIN_NORMAL);
        assertThat(SseFloat.multiply64(cpu, below, least)).isEqualTo(least);
        assertThat(cpu.mxcsr).isEqualTo(0x1FB0);
        cpu.mxcsr = 0x1FA0;
        int below32 = Float.floatToRawIntBits(Math.nextDown(1f));
        int least32 = Float.floatToRawIntBits(Float.MIN_NORMAL);
        assertThat(SseFloat.multiply32(cpu, below32, least32)).isEqualTo(least32);
        assertThat(cpu.mxcsr).isEqualTo(0x1FB0);
        cpu.mxcsr = 0x1F80;
        assertThat(SseFloat.narrow(cpu, Double.doubleToRawLongBits(Math.nextDown((double) Float.MIN_NORMAL))))
                .isEqualTo(least32);
        assertThat(cpu.mxcsr).isEqualTo(0x1FA0);
        cpu.mxcsr = 0x1F80;
        assertThat(SseFloat.narrow(cpu, Double.doubleToRawLongBits(Float.MIN_NORMAL * (1 - 0x1p-26 * 3))))
                .isEqualTo(least32);
        assertThat(cpu.mxcsr).isEqualTo(0x1FB0);
    }

    @Test
    void anUnmaskedExceptionFaultsAndLeavesItsFlag() {
        cpu.cr4 |= Control.CR4_OSXMMEXCPT;
        cpu.mxcsr = 0x1D80;
        assertThat(fault()).isEqualTo(GuestFault.XM);
        assertThat(cpu.mxcsr).isEqualTo(0x1D84);
        cpu.cr4 &= ~Control.CR4_OSXMMEXCPT;
        assertThat(fault()).isEqualTo(GuestFault.UD);
    }

    private int fault() {
        return Assertions.catchThrowableOfType(
                        GuestFault.class, () -> SseFloat.divide64(cpu, Double.doubleToRawLongBits(1), 0))
                .vector();
    }
}
