package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.VectorOp;

/// Makes the steps of the AES and SHA instructions and of carry-less multiplication.
final class CryptoSteps {
    private CryptoSteps() {}

    static Step of(VectorOp op, Instruction i) {
        int d = Sse.register(i.operand(0));
        int s = Sse.source(i.operand(1));
        PackedShuffles.Whole whole = whole(op, (int) i.immediate & 0xFF);
        Step step = new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                whole.apply(cpu.xmm, d, s);
            }
        };
        return Sse.fetch(i, i.operand(1), step);
    }

    private static PackedShuffles.Whole whole(VectorOp op, int immediate) {
        return switch (op) {
            case AESENC -> Aes::encrypt;
            case AESENCLAST -> Aes::encryptLast;
            case AESDEC -> Aes::decrypt;
            case AESDECLAST -> Aes::decryptLast;
            case AESIMC -> Aes::inverseMixColumns;
            case AESKEYGENASSIST -> (x, d, s) -> Aes.assistKey(x, d, s, immediate);
            case PCLMULQDQ -> (x, d, s) -> multiply(x, d, x[d + (immediate & 1)], x[s + (immediate >> 4 & 1)]);
            case SHA1NEXTE -> Sha::nextE;
            case SHA1MSG1 -> Sha::firstMessage1;
            case SHA1MSG2 -> Sha::secondMessage1;
            case SHA1RNDS4 -> (x, d, s) -> Sha.fourRounds1(x, d, s, immediate & 3);
            case SHA256RNDS2 -> Sha::twoRounds256;
            case SHA256MSG1 -> Sha::firstMessage256;
            case SHA256MSG2 -> Sha::secondMessage256;
            default -> throw new IllegalStateException("not a cryptographic operation: " + op);
        };
    }

    /// Multiplies polynomials over GF(2).
    private static void multiply(long[] x, int d, long a, long b) {
        long low = 0;
        long high = 0;
        for (int i = 0; i < 64; i++) {
            if ((b >>> i & 1) != 0) {
                low ^= a << i;
                high ^= i == 0 ? 0 : a >>> 64 - i;
            }
        }
        PackedShuffles.set(x, d, low, high);
    }
}
