package cloison.cpu.interpret;

import static cloison.cpu.interpret.Lanes.BYTES;
import static cloison.cpu.interpret.Lanes.DOUBLES;
import static cloison.cpu.interpret.Lanes.QUADS;
import static cloison.cpu.interpret.Lanes.WORDS;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.Samples;
import java.math.BigInteger;
import java.util.Random;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;

/// The lane arithmetic says what arithmetic on each lane alone says.
class LanesTest {
    private interface Packed {
        long apply(long a, long b, long high);
    }

    private static final long[] ALL = {BYTES, WORDS, DOUBLES, QUADS};

    /// Checks `packed` against `lane`, which is given signed lanes and whose result is truncated.
    private static void agree(Packed packed, boolean signed, BinaryOperator<BigInteger> lane, long... widths) {
        Samples.check(200, random -> {
            for (long high : widths) {
                long a = interesting(random);
                long b = random.nextInt(4) == 0 ? a : interesting(random);
                int width = Lanes.width(high);
                long expected = 0;
                for (int at = 0; at < 64; at += width) {
                    BigInteger result = lane.apply(take(a, at, width, signed), take(b, at, width, signed));
                    expected |= (result.longValue() & -1L >>> 64 - width) << at;
                }
                assertThat(packed.apply(a, b, high))
                        .as("%x, %x in lanes of %d bits", a, b, width)
                        .isEqualTo(expected);
            }
        });
    }

    private static long interesting(Random random) {
        long value = random.nextLong();
        for (int at = 0; at < 64; at += 8) {
            switch (random.nextInt(4)) {
                case 0 -> value &= ~(0xFFL << at);
                case 1 -> value |= 0xFFL << at;
                case 2 -> value = value & ~(0xFFL << at) | 0x80L << at;
                default -> {}
            }
        }
        return value;
    }

    private static BigInteger take(long value, int at, int width, boolean signed) {
        long top = value >>> at << 64 - width;
        return signed
                ? BigInteger.valueOf(top >> 64 - width)
                : new BigInteger(Long.toUnsignedString(top >>> 64 - width));
    }

    private static BigInteger clamp(BigInteger value, long low, long high) {
        return value.max(BigInteger.valueOf(low)).min(BigInteger.valueOf(high));
    }

    private static BigInteger ones(boolean condition) {
        return condition ? BigInteger.ONE.negate() : BigInteger.ZERO;
    }

    @Test
    void lanesAddAndSubtractWithoutCarryingOver() {
        agree(Lanes::add, true, BigInteger::add, ALL);
        agree(Lanes::subtract, true, BigInteger::subtract, ALL);
    }

    @Test
    void saturationStopsAtTheLimitsOfTheLane() {
        agree(Lanes::addSigned, true, (a, b) -> clamp(a.add(b), -128, 127), BYTES);
        agree(Lanes::addSigned, true, (a, b) -> clamp(a.add(b), -32768, 32767), WORDS);
        agree(Lanes::subtractSigned, true, (a, b) -> clamp(a.subtract(b), -128, 127), BYTES);
        agree(Lanes::subtractSigned, true, (a, b) -> clamp(a.subtract(b), -32768, 32767), WORDS);
        agree(Lanes::addUnsigned, false, (a, b) -> clamp(a.add(b), 0, 255), BYTES);
        agree(Lanes::addUnsigned, false, (a, b) -> clamp(a.add(b), 0, 65535), WORDS);
        agree(Lanes::subtractUnsigned, false, (a, b) -> clamp(a.subtract(b), 0, 255), BYTES);
        agree(Lanes::subtractUnsigned, false, (a, b) -> clamp(a.subtract(b), 0, 65535), WORDS);
    }

    @Test
    void comparisonsFillTheLane() {
        agree(Lanes::equal, true, (a, b) -> ones(a.equals(b)), ALL);
        agree(Lanes::greater, true, (a, b) -> ones(a.compareTo(b) > 0), ALL);
        agree(Lanes::minimumSigned, true, BigInteger::min, ALL);
        agree(Lanes::maximumSigned, true, BigInteger::max, ALL);
        agree(Lanes::minimumUnsigned, false, BigInteger::min, ALL);
        agree(Lanes::maximumUnsigned, false, BigInteger::max, ALL);
    }

    @Test
    void averagesRoundUp() {
        agree(Lanes::average, false, (a, b) -> a.add(b).add(BigInteger.ONE).shiftRight(1), BYTES, WORDS);
    }

    @Test
    void magnitudesAndSigns() {
        agree((a, _, high) -> Lanes.absolute(a, high), true, (a, _) -> a.abs(), BYTES, WORDS, DOUBLES);
        agree(Lanes::sign, true, (a, b) -> a.multiply(BigInteger.valueOf(b.signum())), BYTES, WORDS, DOUBLES);
    }

    @Test
    void shiftsStayInTheirLane() {
        for (long count = 0; count < 70; count++) {
            int n = (int) count;
            agree((a, _, high) -> Lanes.shiftLeft(a, n, high), false, (a, _) -> a.shiftLeft(n), WORDS, DOUBLES, QUADS);
            agree(
                    (a, _, high) -> Lanes.shiftRight(a, n, high),
                    false,
                    (a, _) -> a.shiftRight(n),
                    WORDS,
                    DOUBLES,
                    QUADS);
            agree((a, _, high) -> Lanes.shiftArithmetic(a, n, high), true, (a, _) -> a.shiftRight(n), WORDS, DOUBLES);
        }
        assertThat(Lanes.shiftLeft(-1, 1L << 40, WORDS)).isZero();
        assertThat(Lanes.shiftArithmetic(0x8000_7FFF_8000_7FFFL, -1, WORDS)).isEqualTo(0xFFFF_0000_FFFF_0000L);
    }

    @Test
    void signBitsOfBytesAreCollected() {
        assertThat(Lanes.signs(0x80FF_7F00_0180_FF80L)).isEqualTo(0b1100_0111);
    }

    @Test
    void bytesAreShuffledOrCleared() {
        assertThat(Lanes.shuffleBytes(0x0706_0504_0302_0100L, 0x0F0E_0D0C_0B0A_0908L, 0x8000_0F01_020E_0307L, 15))
                .isEqualTo(0x0000_0F01_020E_0307L);
    }

    @Test
    void productsOfWordsAndBytes() {
        assertThat(Lanes.multiplyAdd(0x8000_8000_8000_8000L, 0x8000_8000_0001_0002L))
                .isEqualTo(0x8000_0000_FFFE_8000L);
        assertThat(Lanes.multiplyAddBytes(0xFFFFL, 0x7F7FL)).isEqualTo(0x7FFFL);
        assertThat(Lanes.multiplyRounded(0x4000L, 0x4000L)).isEqualTo(0x2000L);
        assertThat(Lanes.sumOfDifferences(0x00FF_00FF_00FF_00FFL, 0xFF00_FF00_FF00_FF00L))
                .isEqualTo(8 * 255);
    }
}
