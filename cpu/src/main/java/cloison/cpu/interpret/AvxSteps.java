package cloison.cpu.interpret;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.state.CpuState;
import org.jspecify.annotations.Nullable;

/// Makes the steps of AVX instructions: says which factory makes which, and makes those that do an SSE operation on
/// every 128 bits.
///
/// The SSE operation works on [CpuState#XMM_RESULT], which begins as the first source, and on the second source.
/// Whether it faults is known before the destination is written.
final class AvxSteps {
    private static final Operand RESULT = new Operand(Kind.XMM, 16, CpuState.XMM_RESULT / 2);
    private static final Operand SOURCE = new Operand(Kind.XMM, 16, CpuState.XMM_SOURCE / 2);

    private AvxSteps() {}

    static Step of(AvxOp op, Instruction i) {
        VectorOp legacy = op.legacy();
        if (legacy == null) {
            return own(op, i);
        }
        boolean wide = i.vectorSize == 32;
        return switch (legacy) {
            case MOVUPS, MOVUPD, MOVAPS, MOVAPD, MOVDQA, MOVDQU, LDDQU, MOVNTPS, MOVNTPD, MOVNTDQ, MOVNTDQA ->
                AvxMoves.whole(legacy, i);
            case PMOVMSKB, MOVMSKPS, MOVMSKPD -> AvxMoves.signs(legacy, i);
            case PTEST -> AvxMoves.test(op, i);
            case DPPS -> {
                int control = (int) i.immediate;
                int count = i.vectorSize / 8;
                yield Avx.step(
                        i, 1, 2, (cpu, a, b, quads) -> FloatMixes.dotProducts32(cpu, a, b, control, count, quads));
            }
            case CVTPD2PS, CVTPD2DQ, CVTTPD2DQ -> wide ? narrowing(legacy, i) : lanes(legacy, i);
            case PCMPESTRM, PCMPISTRM, PCMPESTRI, PCMPISTRI, COMISS, COMISD, UCOMISS, UCOMISD, MASKMOVDQU ->
                comparison(legacy, i);
            default -> lanes(legacy, i);
        };
    }

    private static Step own(AvxOp op, Instruction i) {
        return switch (op) {
            case VTESTPS, VTESTPD -> AvxMoves.test(op, i);
            case VZEROUPPER, VZEROALL -> AvxMoves.zero(op, i);
            case VINSERTF128, VINSERTI128, VEXTRACTF128, VEXTRACTI128 -> AvxMoves.half(op, i);
            case VMASKMOVPS, VMASKMOVPD, VPMASKMOVD, VPMASKMOVQ -> MaskedSteps.move(op, i);
            case VPGATHERDD, VPGATHERDQ, VPGATHERQD, VPGATHERQQ, VGATHERDPS, VGATHERDPD, VGATHERQPS, VGATHERQPD ->
                MaskedSteps.gather(op, i);
            case VCVTPH2PS, VCVTPS2PH -> HalfFloatSteps.of(op, i);
            default -> op.name().startsWith("VF") ? FusedSteps.of(op, i) : AvxPermutations.of(op, i);
        };
    }

    /// {@return the SSE step that writes `to`, with all other operands of `i` from number `from` on}
    private static Step step(
            VectorOp op, Instruction i, int immediate, Operand to, @Nullable Operand source, int from) {
        Operand[] operands = new Operand[i.operands.length - from + 1];
        operands[0] = to;
        for (int n = from; n < i.operands.length; n++) {
            operands[n - from + 1] = n == from && source != null ? source : i.operand(n);
        }
        Instruction part = i.with(immediate, operands);
        return switch (op) {
            // more predicates than without VEX
            case CMPPS, CMPPD, CMPSS, CMPSD ->
                Sse.fetch(
                        part,
                        part.operand(1),
                        FloatMixes.of(op, immediate, Sse.register(to), Sse.source(part.operand(1))));
            default -> VectorSteps.of(op, part);
        };
    }

    /// Operations that write no register that they name.
    private static Step comparison(VectorOp op, Instruction i) {
        boolean mask = op == VectorOp.PCMPESTRM || op == VectorOp.PCMPISTRM;
        boolean memory = i.operand(1).kind() == Kind.MEMORY && i.operand(1).size() == 16;
        Avx.Source source = new Avx.Source(i, 1);
        Step step = step(op, i, (int) i.immediate, i.operand(0), memory ? SOURCE : null, 1);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                if (memory) {
                    source.fetch(cpu);
                }
                Avx.run(cpu, step);
                if (mask) {
                    cpu.ymmHigh[0] = 0;
                    cpu.ymmHigh[1] = 0;
                }
            }
        };
    }

    /// Operations on each 128 bits, or on some of the lower 128.
    private static Step lanes(VectorOp op, Instruction i) {
        if (i.operands.length == 1 || i.operand(0).kind() != Kind.XMM) {
            return direct(op, i);
        }
        boolean shift = i.operand(i.operands.length - 1).kind() == Kind.IMMEDIATE
                && i.row.form().digit() >= 0;
        boolean two = i.operands.length > 2 && i.operand(2).kind() != Kind.IMMEDIATE || shift;
        int d = Sse.register(i.operand(0));
        int a = two ? Sse.register(i.operand(1)) : d;
        int from = two ? 2 : 1;
        Operand second = i.operand(from);
        if (i.vectorSize == 32 && i.operand(0).size() == 32) {
            return wide(op, i, d, a, from);
        }
        boolean fetched = second.kind() == Kind.MEMORY && second.size() == 16;
        Avx.Source source = fetched ? new Avx.Source(i, from) : null;
        Step step = step(op, i, (int) i.immediate, RESULT, fetched ? SOURCE : null, from);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                if (source != null) {
                    source.fetch(cpu);
                }
                long[] x = cpu.xmm;
                x[CpuState.XMM_RESULT] = x[a];
                x[CpuState.XMM_RESULT + 1] = x[a + 1];
                Avx.run(cpu, step);
                Avx.set(cpu, d, x[CpuState.XMM_RESULT], x[CpuState.XMM_RESULT + 1]);
            }
        };
    }

    /// Operations that write a general register or memory.
    private static Step direct(VectorOp op, Instruction i) {
        Step step = VectorSteps.of(op, i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                Avx.run(cpu, step);
            }
        };
    }

    /// Operations on 256 bits. What the lower half makes waits until the upper half is made.
    private static Step wide(VectorOp op, Instruction i, int d, int a, int from) {
        Operand second = i.operand(from);
        boolean immediate = second.kind() == Kind.IMMEDIATE;
        Avx.Source source = immediate ? null : new Avx.Source(i, from);
        int upperBits = upperBits(op, second);
        Step low = step(op, i, (int) i.immediate, RESULT, immediate ? null : SOURCE, from);
        Step high = step(op, i, upperImmediate(op, (int) i.immediate & 0xFF), RESULT, immediate ? null : SOURCE, from);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                long[] x = cpu.xmm;
                long[] y = cpu.ymmHigh;
                int b = source == null ? CpuState.XMM_SOURCE : source.fetch(cpu);
                x[CpuState.XMM_SOURCE] = x[b];
                x[CpuState.XMM_SOURCE + 1] = x[b + 1];
                x[CpuState.XMM_RESULT] = x[a];
                x[CpuState.XMM_RESULT + 1] = x[a + 1];
                cpu.scalar.begin(cpu.mxcsr);
                cpu.gathersExceptions = true;
                long first;
                long second;
                try {
                    Avx.run(cpu, low);
                    first = x[CpuState.XMM_RESULT];
                    second = x[CpuState.XMM_RESULT + 1];
                    upper(x, y, b, upperBits);
                    x[CpuState.XMM_RESULT] = y[a];
                    x[CpuState.XMM_RESULT + 1] = y[a + 1];
                    Avx.run(cpu, high);
                } finally {
                    cpu.gathersExceptions = false;
                }
                SseFloat.commit(cpu);
                x[d] = first;
                x[d + 1] = second;
                y[d] = x[CpuState.XMM_RESULT];
                y[d + 1] = x[CpuState.XMM_RESULT + 1];
            }
        };
    }

    /// Puts what the upper half works on into [CpuState#XMM_SOURCE]: what begins at bit `bits` of the source.
    private static void upper(long[] x, long[] y, int b, int bits) {
        if (bits == 128) {
            x[CpuState.XMM_SOURCE] = y[b];
            x[CpuState.XMM_SOURCE + 1] = y[b + 1];
        } else if (bits == 64) {
            x[CpuState.XMM_SOURCE] = x[b + 1];
        } else {
            x[CpuState.XMM_SOURCE] = x[b] >>> bits;
            x[CpuState.XMM_SOURCE + 1] = x[b + 1];
        }
    }

    /// {@return where in the source the operands of the upper half begin}
    private static int upperBits(VectorOp op, Operand source) {
        return switch (op) {
            case PMOVSXBW, PMOVSXWD, PMOVSXDQ, PMOVZXBW, PMOVZXWD, PMOVZXDQ, CVTPS2PD, CVTDQ2PD -> 64;
            case PMOVSXBD, PMOVSXWQ, PMOVZXBD, PMOVZXWQ -> 32;
            case PMOVSXBQ, PMOVZXBQ -> 16;
            // a count that all lanes share
            default -> source.size() == 16 ? 0 : 128;
        };
    }

    /// {@return the immediate for the upper half}
    private static int upperImmediate(VectorOp op, int immediate) {
        return switch (op) {
            case SHUFPD, BLENDPD -> immediate >> 2;
            case MPSADBW -> immediate >> 3;
            case BLENDPS -> immediate >> 4;
            default -> immediate;
        };
    }

    /// Conversions of 256 bits to 128.
    private static Step narrowing(VectorOp op, Instruction i) {
        int d = Sse.register(i.operand(0));
        Avx.Source source = new Avx.Source(i, 1);
        Step step = step(op, i, 0, RESULT, SOURCE, 1);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                long[] x = cpu.xmm;
                int b = source.fetch(cpu);
                x[CpuState.XMM_SOURCE] = x[b];
                x[CpuState.XMM_SOURCE + 1] = x[b + 1];
                cpu.scalar.begin(cpu.mxcsr);
                cpu.gathersExceptions = true;
                long first;
                try {
                    Avx.run(cpu, step);
                    first = x[CpuState.XMM_RESULT];
                    upper(x, cpu.ymmHigh, b, 128);
                    Avx.run(cpu, step);
                } finally {
                    cpu.gathersExceptions = false;
                }
                SseFloat.commit(cpu);
                Avx.set(cpu, d, first, x[CpuState.XMM_RESULT]);
            }
        };
    }
}
