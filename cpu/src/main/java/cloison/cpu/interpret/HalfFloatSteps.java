package cloison.cpu.interpret;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.fp.Scalar;

/// Makes the steps of F16C: conversions between float16 and float32.
final class HalfFloatSteps {
    private HalfFloatSteps() {}

    static Step of(AvxOp op, Instruction i) {
        return op == AvxOp.VCVTPH2PS ? widen(i) : narrow(i);
    }

    private static Step widen(Instruction i) {
        int count = i.vectorSize / 8;
        return Avx.step(i, -1, 1, (cpu, _, b, quads) -> {
            Scalar unit = SseFloat.begin(cpu);
            for (int n = 0; n < count; n++) {
                int pair = (int) (cpu.xmm[b + (n >> 1)] >>> 32 * (n & 1));
                quads[n] = Lanes.pair(unit.widenHalf(pair & 0xFFFF), unit.widenHalf(pair >>> 16));
            }
            SseFloat.commit(cpu);
        });
    }

    private static Step narrow(Instruction i) {
        int s = Sse.register(i.operand(1));
        int control = (int) i.immediate;
        int count = i.vectorSize / 8;
        if (i.operand(0).kind() == Kind.MEMORY) {
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Avx.ready(cpu);
                    long at = address.write(cpu, 4 * count);
                    cpu.mmu.probeWrite(at, 4 * count, 8);
                    narrow(cpu, s, count, control);
                    if (count == 4) {
                        cpu.mmu.write128(at, cpu.quads[0], cpu.quads[1]);
                    } else {
                        cpu.mmu.write64(at, cpu.quads[0]);
                    }
                }
            };
        }
        int d = Sse.register(i.operand(0));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                narrow(cpu, s, count, control);
                Avx.set(cpu, d, cpu.quads[0], cpu.quads[1]);
            }
        };
    }

    private static void narrow(Cpu cpu, int s, int count, int control) {
        Scalar unit = SseFloat.begin(cpu);
        long low = 0;
        long high = 0;
        for (int n = 0; n < count; n++) {
            long quad = Avx.quad(cpu, s, n);
            long pair = unit.narrowToHalf((int) quad, control)
                    | (long) unit.narrowToHalf((int) (quad >>> 32), control) << 16;
            if (n < 2) {
                low |= pair << 32 * n;
            } else {
                high |= pair << 32 * (n - 2);
            }
        }
        SseFloat.commit(cpu);
        cpu.quads[0] = low;
        cpu.quads[1] = high;
    }
}
