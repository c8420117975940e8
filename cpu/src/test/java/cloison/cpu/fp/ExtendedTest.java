package cloison.cpu.fp;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.fp.Extended.Operation;
import cloison.machine.Samples;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// 80-bit arithmetic, against rational arithmetic and against values computed to 300 bits.
class ExtendedTest {
    private static final int MASKED = 0x37F;
    private static final long TOP = Long.MIN_VALUE;
    private static final int[] CONTROL_PRECISION = {24, 24, 53, 64};
    private static final int[] PRECISION_CONTROL = {0, 0, 2, 3};

    private final Extended unit = new Extended();

    private void first(int exponent, long significand) {
        unit.begin(MASKED);
        unit.first(exponent, significand);
    }

    private void isExactly(int exponent, long significand) {
        assertThat(Integer.toHexString(unit.exponent()) + ":" + Long.toHexString(unit.significand()))
                .isEqualTo(Integer.toHexString(exponent) + ":" + Long.toHexString(significand));
    }

    private static int exponent(Random random) {
        int sign = random.nextInt(2) << 15;
        return sign
                | switch (random.nextInt(4)) {
                    case 0 -> random.nextInt(3);
                    case 1 -> 0x7FFE - random.nextInt(3);
                    case 2 -> random.nextInt(0x7FFF);
                    default -> 16383 - 66 + random.nextInt(132);
                };
    }

    private static long significand(Random random, int exponent) {
        long value = random.nextLong() & -1L << random.nextInt(64);
        return (exponent & 0x7FFF) == 0 ? value >>> 1 | 1 : value | TOP;
    }

    /// A denormal number that nothing changes is tiny all the same.
    @Test
    void anUnmaskedUnderflowIsToldOfADenormalNumberThatStaysWhatItIs() {
        unit.begin(MASKED & ~Extended.UNDERFLOW);
        unit.first(0x8000, 0x0001_403A_3FB9_6DA2L);
        unit.second(0x8000, 0);
        unit.scale();
        isExactly(0xDFF2, 0xA01D_1FDC_B6D1_0000L);
        assertThat(unit.raised() & Extended.UNDERFLOW).isNotZero();

        unit.begin(MASKED & ~Extended.UNDERFLOW);
        unit.first(0x8000, 0xB99C);
        unit.second(0x7FFF, TOP);
        assertThat(unit.remainder(false)).isTrue();
        isExactly(0xDFD1, 0xB99C_0000_0000_0000L);
        assertThat(unit.raised() & Extended.UNDERFLOW).isNotZero();
    }

    @Test
    void arithmeticIsRoundedOnceInEveryPrecisionAndMode() {
        Samples.check(4000, random -> {
            int ea = exponent(random);
            long sa = significand(random, ea);
            int eb = exponent(random);
            long sb = significand(random, eb);
            int rounding = random.nextInt(4);
            int precision = random.nextInt(1, 4);
            check(rounding, precision, ea, sa, eb, sb);
        });
    }

    private void check(int rounding, int precision, int ea, long sa, int eb, long sb) {
        Exact a = Exact.ofExtended(ea, sa);
        Exact b = Exact.ofExtended(eb, sb);
        Exact root = Exact.ofExtended(ea & 0x7FFF, sa).root();
        for (int i = 0; i < 5; i++) {
            Exact exact = switch (i) {
                case 0 -> a.plus(b);
                case 1 -> a.times(b);
                case 2 -> a.minus(b);
                case 3 -> b.over(a);
                default -> root;
            };
            if (exact.numerator().signum() == 0) {
                continue;
            }
            unit.begin(0x3F | rounding << 10 | PRECISION_CONTROL[precision] << 8);
            unit.first(i == 4 ? ea & 0x7FFF : ea, sa);
            unit.second(eb, sb);
            switch (i) {
                case 0 -> unit.arithmetic(Operation.ADD);
                case 1 -> unit.arithmetic(Operation.MULTIPLY);
                case 2 -> unit.arithmetic(Operation.SUBTRACT);
                case 3 -> unit.arithmetic(Operation.DIVIDE_REVERSED);
                default -> unit.squareRoot();
            }
            agree(exact.round(CONTROL_PRECISION[precision], -16382, 16383, rounding), i);
        }
    }

    private void agree(Exact.Rounded expected, int operation) {
        int raised = unit.raised() & ~Extended.DENORMAL;
        if ((expected.exceptions() & Core.OVERFLOW) != 0) {
            assertThat(raised & ~Extended.C1).isEqualTo(expected.exceptions());
            return;
        }
        assertThat(raised)
                .as("operation %d", operation)
                .isEqualTo(expected.exceptions() | (expected.up() ? Extended.C1 : 0));
        BigInteger significand = new BigInteger(Long.toUnsignedString(unit.significand()));
        int exponent = Math.max(unit.exponent() & 0x7FFF, 1) - 16383 - 63;
        int shift = exponent - expected.quantum();
        BigInteger mine = shift >= 0 ? significand.shiftLeft(shift) : significand;
        BigInteger theirs =
                shift >= 0 ? expected.significand() : expected.significand().shiftLeft(-shift);
        assertThat(mine).as("operation %d", operation).isEqualTo(theirs);
        assertThat(unit.exponent() >>> 15).isEqualTo(expected.negative() ? 1 : 0);
    }

    @Test
    void encodingsThatAreNoNumbersAreInvalid() {
        int[] exponents = {0x3FFF, 0x7FFF, 0x7FFF};
        long[] significands = {1, 0, 1};
        for (int i = 0; i < 3; i++) {
            first(exponents[i], significands[i]);
            unit.second(0x3FFF, TOP);
            unit.arithmetic(Operation.ADD);
            assertThat(unit.raised()).isEqualTo(Extended.INVALID);
            isExactly(0xFFFF, 0xC000_0000_0000_0000L);
        }
    }

    @Test
    void pseudoDenormalsCountAsDenormal() {
        first(0, TOP);
        unit.second(1, TOP);
        unit.arithmetic(Operation.ADD);
        assertThat(unit.raised()).isEqualTo(Extended.DENORMAL);
        isExactly(2, TOP);
    }

    @Test
    void theLargerNanIsTakenButAQuietOneBeforeASignallingOne() {
        first(0x7FFF, 0xC000_0000_0000_0001L);
        unit.second(0xFFFF, 0xC000_0000_0000_0002L);
        unit.arithmetic(Operation.ADD);
        isExactly(0xFFFF, 0xC000_0000_0000_0002L);
        assertThat(unit.raised()).isZero();
        first(0x7FFF, 0xC000_0000_0000_0001L);
        unit.second(0xFFFF, 0xBFFF_FFFF_FFFF_FFFFL);
        unit.arithmetic(Operation.ADD);
        isExactly(0x7FFF, 0xC000_0000_0000_0001L);
        assertThat(unit.raised()).isEqualTo(Extended.INVALID);
    }

    @Test
    void unmaskedOverflowWrapsTheExponent() {
        unit.begin(MASKED & ~Extended.OVERFLOW);
        unit.first(0x7FFE, TOP);
        unit.second(0x7FFE, TOP);
        unit.arithmetic(Operation.MULTIPLY);
        assertThat(unit.raised()).isEqualTo(Extended.OVERFLOW);
        isExactly(0x7FFE + 0x7FFE - 16383 - 24576, TOP);
    }

    @Test
    void anUnmaskedDenormalOperandStopsTheOperation() {
        unit.begin(MASKED & ~Extended.DENORMAL);
        unit.first(0, 1);
        unit.second(0x3FFF, TOP);
        unit.arithmetic(Operation.ADD);
        assertThat(unit.raised()).isEqualTo(Extended.DENORMAL);
    }

    @Test
    void remainderTellsTheQuotientsLowBits() {
        // 14 = 4 * 3 + 2
        first(0x4002, 0xE000_0000_0000_0000L);
        unit.second(0x4000, 0xC000_0000_0000_0000L);
        unit.remainder(false);
        isExactly(0x4000, TOP);
        assertThat(unit.raised()).isEqualTo(Extended.C0);
        // 14 = 5 * 3 - 1
        first(0x4002, 0xE000_0000_0000_0000L);
        unit.second(0x4000, 0xC000_0000_0000_0000L);
        unit.remainder(true);
        isExactly(0xBFFF, TOP);
        assertThat(unit.raised()).isEqualTo(Extended.C0 | Extended.C1);
    }

    @Test
    void remainderIsThatOfIntegers() {
        Samples.check(2000, random -> {
            int distance = random.nextInt(64);
            long sa = random.nextLong() | TOP;
            long sb = random.nextLong() | TOP;
            first(16383 + 63 + distance, sa);
            unit.second(16383 + 63, sb);
            unit.remainder(false);
            BigInteger a = new BigInteger(Long.toUnsignedString(sa)).shiftLeft(distance);
            BigInteger[] expected = a.divideAndRemainder(new BigInteger(Long.toUnsignedString(sb)));
            int low = expected[0].intValue() & 7;
            assertThat(unit.raised())
                    .isEqualTo((low & 1) * Extended.C1 | (low >> 1 & 1) * Extended.C3 | (low >> 2) * Extended.C0);
            BigInteger mine = unit.significand() == 0
                    ? BigInteger.ZERO
                    : new BigInteger(Long.toUnsignedString(unit.significand()))
                            .shiftRight(16383 + 63 - unit.exponent());
            assertThat(mine).isEqualTo(expected[1]);
        });
    }

    @Test
    void farOperandsAreReducedInSteps() {
        first(0x3FFF + 100, TOP);
        unit.second(0x3FFF, 0xC000_0000_0000_0000L);
        unit.remainder(false);
        assertThat(unit.raised()).isEqualTo(Extended.C2);
        assertThat(unit.exponent()).isLessThan(0x3FFF + 100 - 30);
    }

    @Test
    void scalingTruncatesTheExponentAndMayOverflow() {
        first(0x3FFF, 0xC000_0000_0000_0000L);
        unit.second(0xC001, 0xF000_0000_0000_0000L);
        unit.scale();
        isExactly(0x3FFF - 7, 0xC000_0000_0000_0000L);
        first(0x3FFF, TOP);
        unit.second(0x4010, TOP);
        unit.scale();
        isExactly(0x7FFF, TOP);
        assertThat(unit.raised()).isEqualTo(Extended.OVERFLOW | Extended.PRECISION | Extended.C1);
    }

    @Test
    void extractionSplitsExponentAndSignificand() {
        first(0xC002, 0xA000_0000_0000_0000L);
        unit.extract();
        isExactly(0xBFFF, 0xA000_0000_0000_0000L);
        assertThat(unit.secondExponent()).isEqualTo(0x4000);
        assertThat(unit.secondSignificand()).isEqualTo(0xC000_0000_0000_0000L);
        first(0, 0);
        unit.extract();
        assertThat(unit.raised()).isEqualTo(Extended.ZERO_DIVIDE);
        assertThat(unit.secondExponent()).isEqualTo(0xFFFF);
    }

    @Test
    void decimalsComeAndGo() {
        unit.begin(MASKED);
        unit.decimal(0x1234_5678_9012_3456L, 0x8078);
        int exponent = unit.exponent();
        long significand = unit.significand();
        first(exponent, significand);
        assertThat(unit.toDecimal()).isEqualTo(0x1234_5678_9012_3456L);
        assertThat(unit.decimalHigh()).isEqualTo(0x8078);
        assertThat(unit.raised()).isZero();
        // 10^18 does not fit
        first(0x3FFF + 59, 0xDE0B_6B3A_7640_0000L);
        assertThat(unit.toDecimal()).isEqualTo(0xC000_0000_0000_0000L);
        assertThat(unit.decimalHigh()).isEqualTo(0xFFFF);
        assertThat(unit.raised()).isEqualTo(Extended.INVALID);
    }

    @Test
    void integersThatDoNotFitAreIndefinite() {
        first(0x3FFF + 15, TOP);
        assertThat(unit.toInteger(16, false)).isEqualTo(-0x8000);
        assertThat(unit.raised()).isEqualTo(Extended.INVALID);
        first(0xBFFF + 15, TOP);
        assertThat(unit.toInteger(16, false)).isEqualTo(-0x8000);
        assertThat(unit.raised()).isZero();
        first(0x3FFE, 0xC000_0000_0000_0000L);
        assertThat(unit.toInteger(64, false)).isEqualTo(1);
        assertThat(unit.raised()).isEqualTo(Extended.PRECISION | Extended.C1);
        first(0x3FFE, 0xC000_0000_0000_0000L);
        assertThat(unit.toInteger(64, true)).isZero();
    }

    @Test
    void narrowingRoundsAndWideningIsExact() {
        first(0x3FFF, 0x8000_0080_0000_0001L);
        unit.narrow32();
        assertThat(unit.float32()).isEqualTo(0x3F80_0001);
        assertThat(unit.raised()).isEqualTo(Extended.PRECISION | Extended.C1);
        first(0x3FFF - 1074, TOP);
        unit.narrow64();
        assertThat(unit.float64()).isEqualTo(1);
        assertThat(unit.raised()).isZero();
        unit.begin(MASKED);
        unit.first64(1);
        unit.widen();
        isExactly(0x3FFF - 1074, TOP);
        assertThat(unit.raised()).isEqualTo(Extended.DENORMAL);
        unit.begin(MASKED);
        unit.first32(0x7F80_0001);
        unit.widen();
        isExactly(0x7FFF, 0xC000_0100_0000_0000L);
        assertThat(unit.raised()).isEqualTo(Extended.INVALID);
    }

    @Test
    void classesAreTold() {
        assertThat(Extended.examine(0x8000, 0)).isEqualTo(Extended.C3 | Extended.C1);
        assertThat(Extended.examine(0, 1)).isEqualTo(Extended.C3 | Extended.C2);
        assertThat(Extended.examine(0x3FFF, TOP)).isEqualTo(Extended.C2);
        assertThat(Extended.examine(0x7FFF, TOP)).isEqualTo(Extended.C2 | Extended.C0);
        assertThat(Extended.examine(0x7FFF, TOP | 1)).isEqualTo(Extended.C0);
        assertThat(Extended.examine(0x3FFF, 1)).isZero();
    }

    @Test
    void sinesUseThe66BitsOfPi() {
        // one; the number next to pi, whose sine is the rest of the 66 bits; 2^62; 1000
        sine(0x3FFF, TOP, 0x3FFE, 0xD76A_A478_4867_7021L, 0x3FFE, 0x8A51_407D_A834_5C92L);
        sine(0x4000, 0xC90F_DAA2_2168_C235L, 0xBFBF, TOP, 0xBFFF, TOP);
        sine(0x403D, TOP, 0xBFFE, 0xB506_A9DD_559C_F157L, 0xBFFE, 0xB503_3C86_7715_345AL);
        sine(0x4008, 0xFA00_0000_0000_0000L, 0x3FFE, 0xD3AE_60A8_5103_5AD7L, 0x3FFE, 0x8FF8_133C_9F8D_DBA4L);
    }

    private void sine(int exponent, long significand, int sineExponent, long sine, int cosineExponent, long cosine) {
        first(exponent, significand);
        unit.sine();
        isExactly(sineExponent, sine);
        assertThat(unit.raised() & ~Extended.C1).isEqualTo(Extended.PRECISION);
        first(exponent ^ 0x8000, significand);
        unit.cosine();
        isExactly(cosineExponent, cosine);
        first(exponent ^ 0x8000, significand);
        unit.sineAndCosine();
        isExactly(cosineExponent, cosine);
        assertThat(unit.secondExponent()).isEqualTo(sineExponent ^ 0x8000);
        assertThat(unit.secondSignificand()).isEqualTo(sine);
    }

    @Test
    void tangentsAreQuotientsOfThose() {
        first(0x3FFF, TOP);
        unit.tangent();
        isExactly(0x3FFF, 0xC759_22E5_F71D_2DC5L);
        first(0xC000, 0xC90F_DAA2_2168_C235L);
        unit.tangent();
        isExactly(0xBFBF, TOP);
        first(0x403D, TOP);
        unit.tangent();
        isExactly(0x3FFF, 0x8002_6C65_41A0_88B0L);
    }

    @Test
    void argumentsTooLargeAreLeftAlone() {
        first(0x403E, TOP);
        unit.sine();
        assertThat(unit.raised()).isEqualTo(Extended.C2);
        first(0x7FFF, TOP);
        unit.cosine();
        assertThat(unit.raised()).isEqualTo(Extended.INVALID);
    }

    @Test
    void arcTangentsCoverAllQuadrants() {
        arcTangent(0x3FFF, TOP, 0x3FFF, TOP, 0x3FFE, 0xC90F_DAA2_2168_C235L);
        arcTangent(0x3FFF, TOP, 0xC000, TOP, 0x4000, 0xAB63_739C_BFAD_72CCL);
        arcTangent(0xC000, 0xC000_0000_0000_0000L, 0x3FFD, TOP, 0xBFFF, 0xBE6B_7B6E_2CED_A2D4L);
        arcTangent(0x8000, 0, 0xBFFF, TOP, 0xC000, 0xC90F_DAA2_2168_C235L);
        arcTangent(0x7FFF, TOP, 0x7FFF, TOP, 0x3FFE, 0xC90F_DAA2_2168_C235L);
        arcTangent(0x7FFF, TOP, 0xFFFF, TOP, 0x4000, 0x96CB_E3F9_990E_91A8L);
        arcTangent(0x3FFF, TOP, 0, 0, 0x3FFF, 0xC90F_DAA2_2168_C235L);
    }

    private void arcTangent(int ey, long sy, int ex, long sx, int exponent, long significand) {
        first(ey, sy);
        unit.second(ex, sx);
        unit.arcTangent();
        isExactly(exponent, significand);
    }

    @Test
    void powersAndLogarithms() {
        power(0x3FFE, TOP, 0x3FFD, 0xD413_CCCF_E779_9211L);
        power(0xBFFE, 0xC000_0000_0000_0000L, 0xBFFD, 0xCF90_1F5C_E48E_AD21L);
        power(0x3FD7, TOP, 0x3FD6, 0xB172_17F7_D20C_F928L);
        power(0xBFFF, TOP, 0xBFFE, TOP);
        logarithm(false, 0x3FFF, TOP, 0x4002, 0xA000_0000_0000_0000L, 0x4000, 0xD49A_784B_CD1B_8AFEL);
        logarithm(
                false, 0x4000, 0xC000_0000_0000_0000L, 0x3FFE, 0xB333_3333_3333_3000L, 0xBFFF, 0xC598_99E7_0DDC_E30EL);
        logarithm(false, 0xC000, TOP, 0x3FFF, 0x8000_0000_0000_0008L, 0xBFC4, 0xB8AA_3B29_5C17_F0B6L);
        logarithm(false, 0x4000, 0xC000_0000_0000_0000L, 0x3FFF - 5, TOP, 0xC002, 0xF000_0000_0000_0000L);
        logarithm(true, 0x3FFF, TOP, 0x3FCD, TOP, 0x3FCD, 0xB8AA_3B29_5C17_D9A6L);
        logarithm(true, 0x3FFF, TOP, 0x3FFD, TOP, 0x3FFD, 0xA4D3_C25E_68DC_57F2L);
        logarithm(true, 0x4001, 0xA000_0000_0000_0000L, 0xBFFD, TOP, 0xC000, 0x84CF_DF37_8533_D678L);
    }

    private void power(int exponent, long significand, int expectedExponent, long expected) {
        first(exponent, significand);
        unit.powerMinusOne();
        isExactly(expectedExponent, expected);
    }

    private void logarithm(boolean plusOne, int ey, long sy, int ex, long sx, int expectedExponent, long expected) {
        first(ey, sy);
        unit.second(ex, sx);
        unit.logarithm(plusOne);
        isExactly(expectedExponent, expected);
    }

    @Test
    void logarithmsOfZeroAndOfNegativeNumbers() {
        first(0x3FFF, TOP);
        unit.second(0x8000, 0);
        unit.logarithm(false);
        isExactly(0xFFFF, TOP);
        assertThat(unit.raised()).isEqualTo(Extended.ZERO_DIVIDE);
        first(0x3FFF, TOP);
        unit.second(0xBFFF, TOP);
        unit.logarithm(false);
        assertThat(unit.raised()).isEqualTo(Extended.INVALID);
    }

    @Test
    void functionsStayNearThoseOfJava() {
        Samples.check(500, random -> {
            double value = (random.nextDouble() - 0.5) * 20;
            unit.begin(MASKED);
            unit.first64(Double.doubleToRawLongBits(value));
            unit.sine();
            near(Math.sin(value));
            unit.begin(MASKED);
            unit.first64(Double.doubleToRawLongBits(value));
            unit.tangent();
            near(Math.tan(value));
            double other = (random.nextDouble() - 0.5) * 8;
            unit.begin(MASKED);
            unit.first64(Double.doubleToRawLongBits(value));
            unit.second64(Double.doubleToRawLongBits(other));
            unit.arcTangent();
            near(Math.atan2(value, other));
            unit.begin(MASKED);
            unit.first64(Double.doubleToRawLongBits(1));
            unit.second64(Double.doubleToRawLongBits(Math.abs(value)));
            unit.logarithm(false);
            near(Math.log(Math.abs(value)) / Math.log(2));
            unit.begin(MASKED);
            unit.first64(Double.doubleToRawLongBits(other / 4));
            unit.powerMinusOne();
            near(Math.expm1(other / 4 * Math.log(2)));
        });
    }

    private void near(double expected) {
        int exponent = unit.exponent();
        long significand = unit.significand();
        first(exponent, significand);
        unit.narrow64();
        double mine = Double.longBitsToDouble(unit.float64());
        assertThat(Math.abs(mine - expected)).isLessThanOrEqualTo(Math.abs(expected) * 1e-14 + 1e-18);
    }
}
