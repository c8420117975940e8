package cloison.cpu.interpret;

import static cloison.cpu.interpret.Lanes.BYTES;
import static cloison.cpu.interpret.Lanes.DOUBLES;
import static cloison.cpu.interpret.Lanes.QUADS;
import static cloison.cpu.interpret.Lanes.WORDS;

import cloison.cpu.decode.VectorOp;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/// The packed integer operations that treat every 64-bit half alone, so that they mean the same for MMX and SSE.
final class PackedLanes {
    private PackedLanes() {}

    /// {@return what `op` makes of one half of its destination and source, or null if halves do not suffice}
    static @Nullable LongBinaryOperator of(VectorOp op) {
        return switch (op) {
            case PAND, ANDPS, ANDPD -> (a, b) -> a & b;
            case PANDN, ANDNPS, ANDNPD -> (a, b) -> ~a & b;
            case POR, ORPS, ORPD -> (a, b) -> a | b;
            case PXOR, XORPS, XORPD -> (a, b) -> a ^ b;
            case PADDB -> (a, b) -> Lanes.add(a, b, BYTES);
            case PADDW -> (a, b) -> Lanes.add(a, b, WORDS);
            case PADDD -> (a, b) -> Lanes.add(a, b, DOUBLES);
            case PADDQ -> Long::sum;
            case PSUBB -> (a, b) -> Lanes.subtract(a, b, BYTES);
            case PSUBW -> (a, b) -> Lanes.subtract(a, b, WORDS);
            case PSUBD -> (a, b) -> Lanes.subtract(a, b, DOUBLES);
            case PSUBQ -> (a, b) -> a - b;
            case PADDSB -> (a, b) -> Lanes.addSigned(a, b, BYTES);
            case PADDSW -> (a, b) -> Lanes.addSigned(a, b, WORDS);
            case PADDUSB -> (a, b) -> Lanes.addUnsigned(a, b, BYTES);
            case PADDUSW -> (a, b) -> Lanes.addUnsigned(a, b, WORDS);
            case PSUBSB -> (a, b) -> Lanes.subtractSigned(a, b, BYTES);
            case PSUBSW -> (a, b) -> Lanes.subtractSigned(a, b, WORDS);
            case PSUBUSB -> (a, b) -> Lanes.subtractUnsigned(a, b, BYTES);
            case PSUBUSW -> (a, b) -> Lanes.subtractUnsigned(a, b, WORDS);
            case PCMPEQB -> (a, b) -> Lanes.equal(a, b, BYTES);
            case PCMPEQW -> (a, b) -> Lanes.equal(a, b, WORDS);
            case PCMPEQD -> (a, b) -> Lanes.equal(a, b, DOUBLES);
            case PCMPEQQ -> (a, b) -> Lanes.equal(a, b, QUADS);
            case PCMPGTB -> (a, b) -> Lanes.greater(a, b, BYTES);
            case PCMPGTW -> (a, b) -> Lanes.greater(a, b, WORDS);
            case PCMPGTD -> (a, b) -> Lanes.greater(a, b, DOUBLES);
            case PCMPGTQ -> (a, b) -> Lanes.greater(a, b, QUADS);
            case PMINSB -> (a, b) -> Lanes.minimumSigned(a, b, BYTES);
            case PMINSW -> (a, b) -> Lanes.minimumSigned(a, b, WORDS);
            case PMINSD -> (a, b) -> Lanes.minimumSigned(a, b, DOUBLES);
            case PMINUB -> (a, b) -> Lanes.minimumUnsigned(a, b, BYTES);
            case PMINUW -> (a, b) -> Lanes.minimumUnsigned(a, b, WORDS);
            case PMINUD -> (a, b) -> Lanes.minimumUnsigned(a, b, DOUBLES);
            case PMAXSB -> (a, b) -> Lanes.maximumSigned(a, b, BYTES);
            case PMAXSW -> (a, b) -> Lanes.maximumSigned(a, b, WORDS);
            case PMAXSD -> (a, b) -> Lanes.maximumSigned(a, b, DOUBLES);
            case PMAXUB -> (a, b) -> Lanes.maximumUnsigned(a, b, BYTES);
            case PMAXUW -> (a, b) -> Lanes.maximumUnsigned(a, b, WORDS);
            case PMAXUD -> (a, b) -> Lanes.maximumUnsigned(a, b, DOUBLES);
            case PAVGB -> (a, b) -> Lanes.average(a, b, BYTES);
            case PAVGW -> (a, b) -> Lanes.average(a, b, WORDS);
            case PABSB -> (_, b) -> Lanes.absolute(b, BYTES);
            case PABSW -> (_, b) -> Lanes.absolute(b, WORDS);
            case PABSD -> (_, b) -> Lanes.absolute(b, DOUBLES);
            case PSIGNB -> (a, b) -> Lanes.sign(a, b, BYTES);
            case PSIGNW -> (a, b) -> Lanes.sign(a, b, WORDS);
            case PSIGND -> (a, b) -> Lanes.sign(a, b, DOUBLES);
            case PMULLW -> Lanes::multiplyLow;
            case PMULHW -> Lanes::multiplyHigh;
            case PMULHUW -> Lanes::multiplyHighUnsigned;
            case PMULHRSW -> Lanes::multiplyRounded;
            case PMADDWD -> Lanes::multiplyAdd;
            case PMADDUBSW -> Lanes::multiplyAddBytes;
            case PMULLD -> Lanes::multiplyLowDoubles;
            case PMULUDQ -> Lanes::multiplyUnsignedDoubles;
            case PMULDQ -> Lanes::multiplySignedDoubles;
            case PSADBW -> Lanes::sumOfDifferences;
            default -> null;
        };
    }

    /// {@return what `op` makes of one half and a count, or null if it is not such a shift}
    static @Nullable LongBinaryOperator shift(VectorOp op) {
        return switch (op) {
            case PSLLW -> (a, n) -> Lanes.shiftLeft(a, n, WORDS);
            case PSLLD -> (a, n) -> Lanes.shiftLeft(a, n, DOUBLES);
            case PSLLQ -> (a, n) -> Lanes.shiftLeft(a, n, QUADS);
            case PSRLW -> (a, n) -> Lanes.shiftRight(a, n, WORDS);
            case PSRLD -> (a, n) -> Lanes.shiftRight(a, n, DOUBLES);
            case PSRLQ -> (a, n) -> Lanes.shiftRight(a, n, QUADS);
            case PSRAW -> (a, n) -> Lanes.shiftArithmetic(a, n, WORDS);
            case PSRAD -> (a, n) -> Lanes.shiftArithmetic(a, n, DOUBLES);
            default -> null;
        };
    }
}
