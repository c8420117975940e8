package cloison.cpu.interpret;

import static cloison.cpu.interpret.Lanes.BYTES;
import static cloison.cpu.interpret.Lanes.DOUBLES;
import static cloison.cpu.interpret.Lanes.QUADS;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand.Kind;

/// Makes the steps of AVX and AVX2 that SSE has not: permutations, broadcasts, blends, shifts by a count for each lane.
final class AvxPermutations {
    private static final long LOW = 0xFFFF_FFFFL;

    private AvxPermutations() {}

    static Step of(AvxOp op, Instruction i) {
        int control = (int) i.immediate & 0xFF;
        int count = i.vectorSize / 8;
        return switch (op) {
            case VPERMILPS ->
                i.operand(2).kind() == Kind.IMMEDIATE
                        ? Avx.step(i, -1, 1, (cpu, _, b, quads) -> {
                            for (int n = 0; n < count; n++) {
                                int pair = control >> 4 * (n & 1);
                                quads[n] = Lanes.pair(single(cpu, b, n, pair), single(cpu, b, n, pair >> 2));
                            }
                        })
                        : Avx.step(i, 1, 2, (cpu, a, b, quads) -> {
                            for (int n = 0; n < count; n++) {
                                long order = Avx.quad(cpu, b, n);
                                quads[n] = Lanes.pair(
                                        single(cpu, a, n, (int) order), single(cpu, a, n, (int) (order >>> 32)));
                            }
                        });
            case VPERMILPD ->
                i.operand(2).kind() == Kind.IMMEDIATE
                        ? Avx.step(i, -1, 1, (cpu, _, b, quads) -> {
                            for (int n = 0; n < count; n++) {
                                quads[n] = Avx.quad(cpu, b, n & 2 | control >> n & 1);
                            }
                        })
                        : Avx.step(i, 1, 2, (cpu, a, b, quads) -> {
                            for (int n = 0; n < count; n++) {
                                quads[n] = Avx.quad(cpu, a, n & 2 | (int) (Avx.quad(cpu, b, n) >> 1) & 1);
                            }
                        });
            case VPERMD, VPERMPS ->
                Avx.step(i, 1, 2, (cpu, a, b, quads) -> {
                    for (int n = 0; n < count; n++) {
                        long order = Avx.quad(cpu, a, n);
                        quads[n] = Lanes.pair(anywhere(cpu, b, (int) order), anywhere(cpu, b, (int) (order >>> 32)));
                    }
                });
            case VPERMQ, VPERMPD ->
                Avx.step(i, -1, 1, (cpu, _, b, quads) -> {
                    for (int n = 0; n < count; n++) {
                        quads[n] = Avx.quad(cpu, b, control >> 2 * n & 3);
                    }
                });
            case VPERM2F128, VPERM2I128 ->
                Avx.step(i, 1, 2, (cpu, a, b, quads) -> {
                    for (int n = 0; n < count; n++) {
                        int half = control >> 2 * (n & 2);
                        quads[n] =
                                (half & 8) != 0 ? 0 : Avx.quad(cpu, (half & 2) == 0 ? a : b, 2 * (half & 1) + (n & 1));
                    }
                });
            case VPBLENDD ->
                Avx.step(i, 1, 2, (cpu, a, b, quads) -> {
                    for (int n = 0; n < count; n++) {
                        int pair = control >> 2 * n;
                        long mask = ((pair & 1) != 0 ? LOW : 0) | ((pair & 2) != 0 ? ~LOW : 0);
                        quads[n] = Lanes.select(mask, Avx.quad(cpu, b, n), Avx.quad(cpu, a, n));
                    }
                });
            case VPBLENDVB -> blend(i, BYTES);
            case VBLENDVPS -> blend(i, DOUBLES);
            case VBLENDVPD -> blend(i, QUADS);
            case VPBROADCASTB -> broadcast(i, 0x0101_0101_0101_0101L, 0xFF);
            case VPBROADCASTW -> broadcast(i, 0x0001_0001_0001_0001L, 0xFFFF);
            case VPBROADCASTD, VBROADCASTSS -> broadcast(i, 0x0000_0001_0000_0001L, LOW);
            case VPBROADCASTQ, VBROADCASTSD -> broadcast(i, 1, -1);
            case VBROADCASTF128, VBROADCASTI128 ->
                Avx.step(i, -1, 1, (cpu, _, b, quads) -> {
                    for (int n = 0; n < count; n++) {
                        quads[n] = cpu.xmm[b + (n & 1)];
                    }
                });
            case VPSLLVD, VPSLLVQ, VPSRLVD, VPSRLVQ, VPSRAVD ->
                Avx.step(i, 1, 2, (cpu, a, b, quads) -> {
                    for (int n = 0; n < count; n++) {
                        quads[n] = shifted(op, Avx.quad(cpu, a, n), Avx.quad(cpu, b, n));
                    }
                });
            default -> throw new IllegalStateException("no step for " + op);
        };
    }

    /// {@return one of the four doublewords of the 128 bits in which quadword `n` is}
    private static int single(Cpu cpu, int register, int n, int order) {
        return (int) (Avx.quad(cpu, register, n & 2 | order >> 1 & 1) >>> 32 * (order & 1));
    }

    /// {@return one of the eight doublewords of a register}
    private static int anywhere(Cpu cpu, int register, int order) {
        return (int) (Avx.quad(cpu, register, order >> 1 & 3) >>> 32 * (order & 1));
    }

    private static Step broadcast(Instruction i, long copies, long mask) {
        int count = i.vectorSize / 8;
        return Avx.step(i, -1, 1, (cpu, _, b, quads) -> {
            long value = (cpu.xmm[b] & mask) * copies;
            for (int n = 0; n < count; n++) {
                quads[n] = value;
            }
        });
    }

    /// Takes the lanes of the second source whose sign in the fourth operand is set.
    private static Step blend(Instruction i, long signs) {
        int count = i.vectorSize / 8;
        int m = Sse.register(i.operand(3));
        return Avx.step(i, 1, 2, (cpu, a, b, quads) -> {
            for (int n = 0; n < count; n++) {
                long mask = Lanes.spread(Avx.quad(cpu, m, n) & signs, signs);
                quads[n] = Lanes.select(mask, Avx.quad(cpu, b, n), Avx.quad(cpu, a, n));
            }
        });
    }

    private static long shifted(AvxOp op, long value, long counts) {
        return switch (op) {
            case VPSLLVQ -> Lanes.shiftLeft(value, counts, QUADS);
            case VPSRLVQ -> Lanes.shiftRight(value, counts, QUADS);
            default ->
                Lanes.pair(shifted(op, (int) value, (int) counts), shifted(op, (int) (value >>> 32), (int)
                        (counts >>> 32)));
        };
    }

    private static int shifted(AvxOp op, int value, int count) {
        boolean within = Integer.compareUnsigned(count, 32) < 0;
        return switch (op) {
            case VPSLLVD -> within ? value << count : 0;
            case VPSRLVD -> within ? value >>> count : 0;
            default -> within ? value >> count : value >> 31;
        };
    }
}
