package cloison.cpu.fp;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.fp.Scalar.Operation;
import cloison.machine.Samples;
import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// float32 and float64 arithmetic, against rational arithmetic and against Java.
class ScalarTest {
    private static final Operation[] ARITHMETIC = {
        Operation.ADD, Operation.SUBTRACT, Operation.MULTIPLY, Operation.DIVIDE, Operation.SQUARE_ROOT
    };
    private static final int MASKED = 0x1F80;
    private static final long INFINITY = 0x7FF0_0000_0000_0000L;
    private static final long INDEFINITE = 0xFFF8_0000_0000_0000L;
    private static final long SIGNALLING = 0x7FF0_0000_0000_0001L;
    private static final long SMALLEST = 1;
    private static final long ONE = 0x3FF0_0000_0000_0000L;

    private final Scalar scalar = new Scalar();

    private static double number(Random random) {
        long sign = random.nextLong() & Long.MIN_VALUE;
        int exponent = switch (random.nextInt(5)) {
            case 0 -> random.nextInt(4);
            case 1 -> 2046 - random.nextInt(4);
            case 2 -> 1023 - 55 + random.nextInt(110);
            case 3 -> 1023 + random.nextInt(4) - 2;
            default -> random.nextInt(2047);
        };
        long fraction = random.nextLong() >>> 12 & -1L << random.nextInt(53);
        double value = Double.longBitsToDouble(sign | (long) exponent << 52 | fraction);
        return value == 0 ? 1 : value;
    }

    private static float small(Random random) {
        int sign = random.nextInt() & Integer.MIN_VALUE;
        int exponent = random.nextInt(3) == 0 ? random.nextInt(4) : random.nextInt(255);
        int fraction = random.nextInt() >>> 9 & -1 << random.nextInt(24);
        float value = Float.intBitsToFloat(sign | exponent << 23 | fraction);
        return value == 0 ? 1 : value;
    }

    private static Exact exact(Operation operation, Exact a, Exact b) {
        return switch (operation) {
            case ADD -> a.plus(b);
            case SUBTRACT -> a.minus(b);
            case MULTIPLY -> a.times(b);
            case DIVIDE -> a.over(b);
            default -> b.root();
        };
    }

    private void compare64(int rounding, Operation operation, double a, double b) {
        Exact exact = exact(operation, Exact.of(a), Exact.of(b));
        if (exact.numerator().signum() == 0) {
            return;
        }
        Exact.Rounded expected = exact.round(53, -1022, 1023, rounding);
        scalar.begin(MASKED | rounding << 13);
        double result = Double.longBitsToDouble(
                scalar.float64(operation, Double.doubleToRawLongBits(a), Double.doubleToRawLongBits(b)));
        assertThat(scalar.raised() & ~Core.DENORMAL)
                .as("%s %s %s, rounding %d", a, operation, b, rounding)
                .isEqualTo(expected.exceptions());
        if ((expected.exceptions() & Core.OVERFLOW) == 0) {
            BigDecimal magnitude = new BigDecimal(expected.significand())
                    .multiply(
                            expected.quantum() >= 0
                                    ? BigDecimal.valueOf(2).pow(expected.quantum())
                                    : BigDecimal.valueOf(5)
                                            .pow(-expected.quantum())
                                            .scaleByPowerOfTen(expected.quantum()));
            assertThat(new BigDecimal(Math.abs(result)))
                    .as("%s %s %s, rounding %d", a, operation, b, rounding)
                    .isEqualByComparingTo(magnitude);
            assertThat(Double.doubleToRawLongBits(result) < 0).isEqualTo(expected.negative());
        }
    }

    @Test
    void everyRoundingModeIsExact() {
        Samples.check(3000, random -> {
            double a = number(random);
            double b = number(random);
            for (Operation operation : ARITHMETIC) {
                compare64(random.nextInt(4), operation, a, operation == Operation.SQUARE_ROOT ? Math.abs(b) : b);
            }
        });
    }

    @Test
    void float32IsWhatJavaSays() {
        Samples.check(20000, random -> {
            float a = small(random);
            float b = small(random);
            scalar.begin(MASKED);
            int x = Float.floatToRawIntBits(a);
            int y = Float.floatToRawIntBits(b);
            assertThat(scalar.float32(Operation.ADD, x, y)).isEqualTo(Float.floatToRawIntBits(a + b));
            assertThat(scalar.float32(Operation.SUBTRACT, x, y)).isEqualTo(Float.floatToRawIntBits(a - b));
            assertThat(scalar.float32(Operation.MULTIPLY, x, y)).isEqualTo(Float.floatToRawIntBits(a * b));
            assertThat(scalar.float32(Operation.DIVIDE, x, y)).isEqualTo(Float.floatToRawIntBits(a / b));
            assertThat(scalar.float32(Operation.SQUARE_ROOT, 0, y & Integer.MAX_VALUE))
                    .isEqualTo(Float.floatToRawIntBits((float) Math.sqrt(Math.abs(b))));
            assertThat(scalar.widen(x)).isEqualTo(Double.doubleToRawLongBits(a));
            double wide = number(random);
            assertThat(scalar.narrow(Double.doubleToRawLongBits(wide)))
                    .isEqualTo(Float.floatToRawIntBits((float) wide));
        });
    }

    private long result(int mxcsr, Operation operation, long a, long b, int exceptions) {
        scalar.begin(mxcsr);
        long result = scalar.float64(operation, a, b);
        assertThat(scalar.raised()).isEqualTo(exceptions);
        return result;
    }

    @Test
    void invalidOperationsAreIndefinite() {
        assertThat(result(MASKED, Operation.SUBTRACT, INFINITY, INFINITY, Core.INVALID))
                .isEqualTo(INDEFINITE);
        assertThat(result(MASKED, Operation.MULTIPLY, 0, INFINITY, Core.INVALID))
                .isEqualTo(INDEFINITE);
        assertThat(result(MASKED, Operation.DIVIDE, 0, 0, Core.INVALID)).isEqualTo(INDEFINITE);
        assertThat(result(MASKED, Operation.SQUARE_ROOT, 0, ONE | Long.MIN_VALUE, Core.INVALID))
                .isEqualTo(INDEFINITE);
    }

    @Test
    void theFirstNanIsTakenAndQuieted() {
        long quiet = 0x7FF8_0000_0000_0007L;
        assertThat(result(MASKED, Operation.ADD, SIGNALLING, quiet, Core.INVALID))
                .isEqualTo(SIGNALLING | 1L << 51);
        assertThat(result(MASKED, Operation.ADD, quiet, SIGNALLING, Core.INVALID))
                .isEqualTo(quiet);
        assertThat(result(MASKED, Operation.ADD, ONE, quiet, 0)).isEqualTo(quiet);
    }

    @Test
    void divisionByZeroIsInfiniteWhateverTheDividend() {
        assertThat(result(MASKED, Operation.DIVIDE, SMALLEST, Long.MIN_VALUE, Core.ZERO_DIVIDE))
                .isEqualTo(INFINITY | Long.MIN_VALUE);
        assertThat(result(MASKED, Operation.DIVIDE, INFINITY, 0, 0)).isEqualTo(INFINITY);
    }

    @Test
    void aSumOfOppositesIsNegativeZeroOnlyWhenRoundingDown() {
        for (int rounding = 0; rounding < 4; rounding++) {
            assertThat(result(MASKED | rounding << 13, Operation.SUBTRACT, ONE, ONE, 0))
                    .isEqualTo(rounding == Core.DOWN ? Long.MIN_VALUE : 0);
        }
    }

    @Test
    void overflowGivesInfinityOrTheLargestNumber() {
        long largest = INFINITY - 1;
        int both = Core.OVERFLOW | Core.PRECISION;
        assertThat(result(MASKED, Operation.ADD, largest, largest, both)).isEqualTo(INFINITY);
        assertThat(result(MASKED | 1 << 13, Operation.ADD, largest, largest, both))
                .isEqualTo(largest);
        assertThat(result(MASKED | 3 << 13, Operation.ADD, largest, largest, both))
                .isEqualTo(largest);
    }

    @Test
    void tinyResultsAreFlushedAndDenormalOperandsAreZeroOnRequest() {
        long least = 0x0010_0000_0000_0000L;
        long half = 0x3FE0_0000_0000_0000L;
        assertThat(result(MASKED, Operation.MULTIPLY, least, half, 0)).isEqualTo(least >>> 1);
        assertThat(result(MASKED | 1 << 15, Operation.MULTIPLY, least, half, Core.UNDERFLOW | Core.PRECISION))
                .isZero();
        assertThat(result(MASKED | 1 << 15 & ~0x800, Operation.MULTIPLY, least, half, Core.UNDERFLOW | Core.PRECISION))
                .isZero();
        assertThat(result(MASKED, Operation.ADD, SMALLEST, ONE, Core.DENORMAL | Core.PRECISION))
                .isEqualTo(ONE);
        assertThat(result(MASKED | 1 << 6, Operation.ADD, SMALLEST, ONE, 0)).isEqualTo(ONE);
    }

    @Test
    void anUnmaskedExceptionBeforeComputingHidesThoseOfOtherLanes() {
        scalar.begin(MASKED & ~0x100);
        scalar.float64(Operation.ADD, SMALLEST, ONE);
        scalar.float64(Operation.DIVIDE, ONE, 0x4008_0000_0000_0000L);
        assertThat(scalar.raised()).isEqualTo(Core.DENORMAL);
    }

    @Test
    void minimumAndMaximumAnswerWithTheSecondWhenInDoubt() {
        assertThat(result(MASKED, Operation.MINIMUM, 0, Long.MIN_VALUE, 0)).isEqualTo(Long.MIN_VALUE);
        assertThat(result(MASKED, Operation.MAXIMUM, Long.MIN_VALUE, 0, 0)).isZero();
        assertThat(result(MASKED, Operation.MAXIMUM, SIGNALLING, ONE, Core.INVALID))
                .isEqualTo(ONE);
        assertThat(result(MASKED, Operation.MINIMUM, ONE, SIGNALLING, Core.INVALID))
                .isEqualTo(SIGNALLING);
        assertThat(result(MASKED, Operation.MINIMUM, ONE, SMALLEST, Core.DENORMAL))
                .isEqualTo(SMALLEST);
        assertThat(result(MASKED | 1 << 6, Operation.MINIMUM, ONE, SMALLEST, 0)).isZero();
    }

    @Test
    void comparisonsTellOrderAndUnordered() {
        scalar.begin(MASKED);
        assertThat(scalar.compare64(ONE, 0, true)).isEqualTo(Scalar.GREATER);
        assertThat(scalar.compare64(0, Long.MIN_VALUE, true)).isEqualTo(Scalar.EQUAL);
        assertThat(scalar.compare64(ONE | Long.MIN_VALUE, SMALLEST | Long.MIN_VALUE, true))
                .isEqualTo(Scalar.LESS);
        assertThat(scalar.raised()).isEqualTo(Core.DENORMAL);
        assertThat(scalar.compare64(INDEFINITE, ONE, false)).isEqualTo(Scalar.UNORDERED);
        assertThat(scalar.raised()).isEqualTo(Core.DENORMAL);
        assertThat(scalar.holds64(5, INDEFINITE, ONE)).isTrue();
        assertThat(scalar.raised()).isEqualTo(Core.DENORMAL | Core.INVALID);
    }

    @Test
    void integersAreRoundedAsAskedAndRefusedOutOfRange() {
        long value = Double.doubleToRawLongBits(-2.5);
        int[] expected = {-2, -3, -2, -2};
        for (int rounding = 0; rounding < 4; rounding++) {
            scalar.begin(MASKED | rounding << 13);
            assertThat(scalar.toInteger64(value, 32, false)).isEqualTo(expected[rounding]);
            assertThat(scalar.integral64(value, rounding | 8))
                    .isEqualTo(Double.doubleToRawLongBits(expected[rounding]));
            assertThat(scalar.raised()).isEqualTo(Core.PRECISION);
        }
        scalar.begin(MASKED);
        assertThat(scalar.toInteger64(Double.doubleToRawLongBits(-0x1p31), 32, false))
                .isEqualTo(-1L << 31);
        assertThat(scalar.raised()).isZero();
        assertThat(scalar.toInteger64(Double.doubleToRawLongBits(0x1p31), 32, false))
                .isEqualTo(-1L << 31);
        assertThat(scalar.raised()).isEqualTo(Core.INVALID);
        scalar.begin(MASKED);
        assertThat(scalar.toInteger64(Double.doubleToRawLongBits(0x1p63), 64, true))
                .isEqualTo(Long.MIN_VALUE);
        assertThat(scalar.raised()).isEqualTo(Core.INVALID);
        assertThat(scalar.fromInteger32(0x0100_0001)).isEqualTo(Float.floatToRawIntBits(0x1p24f));
    }

    @Test
    void approximationsAreThoseOfTheProcessor() {
        assertThat(Reciprocals.reciprocal(0x3F80_0000)).isEqualTo(0x3F7F_F000);
        assertThat(Reciprocals.reciprocal(0x3F80_1000)).isEqualTo(0x3F7F_D000);
        assertThat(Reciprocals.reciprocal(0x00FF_FFFF)).isEqualTo(0x7E00_0800);
        assertThat(Reciprocals.reciprocal(0x7E7F_FFFF)).isEqualTo(0x0080_0800);
        assertThat(Reciprocals.reciprocal(0xFE80_0000)).isEqualTo(0x8000_0000);
        assertThat(Reciprocals.reciprocal(1)).isEqualTo(0x7F80_0000);
        assertThat(Reciprocals.reciprocalRoot(0x0080_0000)).isEqualTo(0x5EFF_F000);
        assertThat(Reciprocals.reciprocalRoot(0x00FF_FFFF)).isEqualTo(0x5EB5_0800);
        assertThat(Reciprocals.reciprocalRoot(0x7F7F_FFFF)).isEqualTo(0x1F80_0800);
        assertThat(Reciprocals.reciprocalRoot(0xBF80_0000)).isEqualTo(0xFFC0_0000);
        assertThat(Reciprocals.reciprocalRoot(0x8000_0000)).isEqualTo(0xFF80_0000);
        assertThat(Reciprocals.reciprocalRoot(0x7F80_0001)).isEqualTo(0x7FC0_0001);
    }
}
