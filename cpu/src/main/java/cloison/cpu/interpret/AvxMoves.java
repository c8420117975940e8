package cloison.cpu.interpret;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import java.util.Arrays;

/// Makes the steps of AVX that move whole registers and halves of them, collect or test signs and bits, and clear.
final class AvxMoves {
    private AvxMoves() {}

    static Step whole(VectorOp op, Instruction i) {
        boolean aligned = switch (op) {
            case MOVUPS, MOVUPD, MOVDQU, LDDQU -> false;
            default -> true;
        };
        if (i.operand(0).kind() == Kind.MEMORY) {
            return store(i, aligned);
        }
        return i.operand(1).kind() == Kind.MEMORY ? load(i, aligned) : copy(i);
    }

    private static Step copy(Instruction i) {
        int d = Sse.register(i.operand(0));
        int s = Sse.register(i.operand(1));
        boolean wide = i.vectorSize == 32;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                cpu.xmm[d] = cpu.xmm[s];
                cpu.xmm[d + 1] = cpu.xmm[s + 1];
                cpu.ymmHigh[d] = wide ? cpu.ymmHigh[s] : 0;
                cpu.ymmHigh[d + 1] = wide ? cpu.ymmHigh[s + 1] : 0;
            }
        };
    }

    private static Step load(Instruction i, boolean aligned) {
        int d = Sse.register(i.operand(0));
        int size = i.vectorSize;
        Address address = new Address(i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                long at = address.read(cpu, size);
                if (aligned) {
                    align(at, size);
                }
                Avx.load(cpu, at, size, d);
                if (size == 16) {
                    cpu.ymmHigh[d] = 0;
                    cpu.ymmHigh[d + 1] = 0;
                }
            }
        };
    }

    private static Step store(Instruction i, boolean aligned) {
        int s = Sse.register(i.operand(1));
        int size = i.vectorSize;
        Address address = new Address(i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                long at = address.write(cpu, size);
                if (aligned) {
                    align(at, size);
                }
                Avx.store(cpu, at, size, s);
            }
        };
    }

    private static void align(long linear, int size) {
        if ((linear & size - 1) != 0) {
            throw GuestFault.protection();
        }
    }

    /// VPMOVMSKB, VMOVMSKPS, VMOVMSKPD.
    static Step signs(VectorOp op, Instruction i) {
        int r = i.operand(0).number();
        int s = Sse.register(i.operand(1));
        int quads = i.vectorSize / 8;
        int perQuad = op == VectorOp.PMOVMSKB ? 8 : op == VectorOp.MOVMSKPS ? 2 : 1;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                long signs = 0;
                for (int n = 0; n < quads; n++) {
                    signs |= signs(Avx.quad(cpu, s, n), perQuad) << n * perQuad;
                }
                cpu.gpr[r] = signs;
            }
        };
    }

    private static long signs(long quad, int lanes) {
        return switch (lanes) {
            case 1 -> quad >>> 63;
            case 2 -> quad >>> 31 & 1 | quad >>> 62 & 2;
            default -> Lanes.signs(quad);
        };
    }

    /// VPTEST, VTESTPS, VTESTPD: the last two look at signs only.
    static Step test(AvxOp op, Instruction i) {
        int a = Sse.register(i.operand(0));
        Avx.Source source = new Avx.Source(i, 1);
        int quads = i.vectorSize / 8;
        long mask = switch (op) {
            case VTESTPS -> Lanes.DOUBLES;
            case VTESTPD -> Long.MIN_VALUE;
            default -> -1;
        };
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                int b = source.fetch(cpu);
                long common = 0;
                long missing = 0;
                for (int n = 0; n < quads; n++) {
                    common |= Avx.quad(cpu, a, n) & Avx.quad(cpu, b, n);
                    missing |= ~Avx.quad(cpu, a, n) & Avx.quad(cpu, b, n);
                }
                cpu.statusFlags(((common & mask) == 0 ? Flags.ZF : 0) | ((missing & mask) == 0 ? Flags.CF : 0));
            }
        };
    }

    /// VZEROUPPER and VZEROALL: registers 8 to 15 outside 64-bit mode stay.
    static Step zero(AvxOp op, Instruction i) {
        boolean all = op == AvxOp.VZEROALL;
        int end = i.mode == 64 ? 32 : 16;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                Arrays.fill(cpu.ymmHigh, 0, end, 0);
                if (all) {
                    Arrays.fill(cpu.xmm, 0, end, 0);
                }
            }
        };
    }

    /// VINSERTF128, VEXTRACTF128 and their integer twins.
    static Step half(AvxOp op, Instruction i) {
        boolean upper = (i.immediate & 1) != 0;
        if (op == AvxOp.VINSERTF128 || op == AvxOp.VINSERTI128) {
            return Avx.step(i, 1, 2, (cpu, a, b, quads) -> {
                for (int n = 0; n < 2; n++) {
                    quads[n] = upper ? cpu.xmm[a + n] : cpu.xmm[b + n];
                    quads[n + 2] = upper ? cpu.xmm[b + n] : cpu.ymmHigh[a + n];
                }
            });
        }
        int s = Sse.register(i.operand(1));
        if (i.operand(0).kind() == Kind.MEMORY) {
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Avx.ready(cpu);
                    long[] from = upper ? cpu.ymmHigh : cpu.xmm;
                    cpu.mmu.write128(address.write(cpu, 16), from[s], from[s + 1]);
                }
            };
        }
        int d = Sse.register(i.operand(0));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                long[] from = upper ? cpu.ymmHigh : cpu.xmm;
                Avx.set(cpu, d, from[s], from[s + 1]);
            }
        };
    }
}
