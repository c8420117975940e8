package cloison.cpu.interpret;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.fp.Scalar;

/// Makes the steps of FMA: a product and a sum, rounded once.
///
/// The digits in a mnemonic say which operands are multiplied, and then which is added.
final class FusedSteps {
    private FusedSteps() {}

    static Step of(AvxOp op, Instruction i) {
        String name = op.name();
        int digits = name.indexOf("132") + name.indexOf("213") + name.indexOf("231") + 2;
        int x = name.charAt(digits) - '1';
        int y = name.charAt(digits + 1) - '1';
        int z = name.charAt(digits + 2) - '1';
        String kind = name.substring(1, digits);
        boolean negated = kind.startsWith("FN");
        boolean subtract = kind.equals("FMSUB") || kind.equals("FNMSUB") || kind.equals("FMSUBADD");
        boolean alternate = kind.equals("FMADDSUB") || kind.equals("FMSUBADD");
        boolean single = name.endsWith("S");
        // what is subtracted in even lanes, and in odd ones
        boolean even = alternate ? !subtract : subtract;
        return name.charAt(digits + 3) == 'P'
                ? packed(i, x, y, z, single, negated, even, subtract)
                : scalar(i, x, y, z, single, negated, subtract);
    }

    private static Step packed(
            Instruction i, int x, int y, int z, boolean single, boolean negated, boolean even, boolean odd) {
        int d = Sse.register(i.operand(0));
        int v = Sse.register(i.operand(1));
        int count = i.vectorSize / 8;
        return Avx.step(i, 1, 2, (cpu, _, w, quads) -> {
            Scalar unit = SseFloat.begin(cpu);
            int a = choose(x, d, v, w);
            int b = choose(y, d, v, w);
            int c = choose(z, d, v, w);
            for (int n = 0; n < count; n++) {
                long p = Avx.quad(cpu, a, n);
                long q = Avx.quad(cpu, b, n);
                long r = Avx.quad(cpu, c, n);
                quads[n] = single
                        ? Lanes.pair(
                                unit.fused32((int) p, (int) q, (int) r, negated, even),
                                unit.fused32((int) (p >>> 32), (int) (q >>> 32), (int) (r >>> 32), negated, odd))
                        : unit.fused64(p, q, r, negated, (n & 1) == 0 ? even : odd);
            }
            SseFloat.commit(cpu);
        });
    }

    private static Step scalar(Instruction i, int x, int y, int z, boolean single, boolean negated, boolean subtract) {
        int d = Sse.register(i.operand(0));
        int v = Sse.register(i.operand(1));
        Avx.Source source = new Avx.Source(i, 2);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                int w = source.fetch(cpu);
                long p = cpu.xmm[choose(x, d, v, w)];
                long q = cpu.xmm[choose(y, d, v, w)];
                long r = cpu.xmm[choose(z, d, v, w)];
                Scalar unit = SseFloat.begin(cpu);
                long result = single
                        ? Lanes.select(
                                0xFFFF_FFFFL, unit.fused32((int) p, (int) q, (int) r, negated, subtract), cpu.xmm[d])
                        : unit.fused64(p, q, r, negated, subtract);
                SseFloat.commit(cpu);
                Avx.set(cpu, d, result, cpu.xmm[d + 1]);
            }
        };
    }

    private static int choose(int number, int d, int v, int w) {
        return number == 0 ? d : number == 1 ? v : w;
    }
}
