package cloison.cpu.interpret;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.state.Flags;

/// Makes the steps of AVX and AVX2 that reach only the lanes of memory whose sign in a mask is set.
final class MaskedSteps {
    private MaskedSteps() {}

    /// {@return bytes of a lane}
    private static int lane(AvxOp op) {
        return switch (op) {
            case VMASKMOVPS, VPMASKMOVD, VPGATHERDD, VPGATHERQD, VGATHERDPS, VGATHERQPS -> 4;
            default -> 8;
        };
    }

    /// {@return whether indices are quadwords}
    private static boolean wideIndex(AvxOp op) {
        return switch (op) {
            case VPGATHERQD, VPGATHERQQ, VGATHERQPS, VGATHERQPD -> true;
            default -> false;
        };
    }

    /// {@return lane `n` of a register}
    private static long get(Cpu cpu, int register, int n, int size) {
        long quad = Avx.quad(cpu, register, n * size >> 3);
        return size == 8 ? quad : (int) (quad >>> 32 * (n & 1));
    }

    private static void put(Cpu cpu, int register, int n, int size, long value) {
        int quad = n * size >> 3;
        long[] half = quad < 2 ? cpu.xmm : cpu.ymmHigh;
        int at = register + (quad & 1);
        if (size == 8) {
            half[at] = value;
        } else {
            int shift = 32 * (n & 1);
            half[at] = half[at] & ~(0xFFFF_FFFFL << shift) | (value & 0xFFFF_FFFFL) << shift;
        }
    }

    /// Puts lane `n` of four quadwords, which was 0.
    private static void put(long[] quads, int n, int size, long value) {
        quads[n * size >> 3] |= size == 8 ? value : (value & 0xFFFF_FFFFL) << 32 * (n & 1);
    }

    /// VMASKMOV and VPMASKMOV.
    static Step move(AvxOp op, Instruction i) {
        boolean store = i.operand(0).kind() == Kind.MEMORY;
        int size = lane(op);
        int lanes = i.vectorSize / size;
        int m = Sse.register(i.operand(1));
        int r = Sse.register(i.operand(store ? 2 : 0));
        Address address = new Address(i);
        return store ? store(address, lanes, size, m, r) : load(address, lanes, size, m, r);
    }

    private static Step load(Address address, int lanes, int size, int m, int d) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                long[] quads = cpu.quads;
                quads[0] = 0;
                quads[1] = 0;
                quads[2] = 0;
                quads[3] = 0;
                int last = last(cpu, m, lanes, size);
                if (last >= 0) {
                    long at = address.read(cpu, (last + 1) * size);
                    for (int n = 0; n <= last; n++) {
                        if (get(cpu, m, n, size) < 0) {
                            put(quads, n, size, cpu.mmu.read(cpu.mmu.next(at, n * size), size));
                        }
                    }
                }
                Avx.set(cpu, d, quads);
            }
        };
    }

    private static Step store(Address address, int lanes, int size, int m, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                int last = last(cpu, m, lanes, size);
                if (last < 0) {
                    return;
                }
                long at = address.write(cpu, (last + 1) * size);
                for (int n = 0; n <= last; n++) {
                    if (get(cpu, m, n, size) < 0) {
                        cpu.mmu.probeWrite(cpu.mmu.next(at, n * size), size, size);
                    }
                }
                for (int n = 0; n <= last; n++) {
                    if (get(cpu, m, n, size) < 0) {
                        cpu.mmu.write(cpu.mmu.next(at, n * size), size, get(cpu, s, n, size));
                    }
                }
            }
        };
    }

    /// {@return the last lane that the mask has, or -1}
    private static int last(Cpu cpu, int m, int lanes, int size) {
        int last = lanes - 1;
        while (last >= 0 && get(cpu, m, last, size) >= 0) {
            last--;
        }
        return last;
    }

    /// VGATHER and VPGATHER. A lane that was loaded leaves the mask, so that the others remain after a fault.
    static Step gather(AvxOp op, Instruction i) {
        Operand indices = i.operand(1);
        int d = Sse.register(i.operand(0));
        int x = Sse.register(indices);
        int m = Sse.register(i.operand(2));
        if (d == x || d == m || x == m) {
            return new MiscSteps.Undefined();
        }
        int size = lane(op);
        int indexSize = wideIndex(op) ? 8 : 4;
        int lanes = Math.min(i.operand(0).size() / size, indices.size() / indexSize);
        int written = lanes * size;
        int scale = i.scale;
        Address address = new Address(i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Avx.ready(cpu);
                for (int n = 0; n < lanes; n++) {
                    if (get(cpu, m, n, size) < 0) {
                        long distance = get(cpu, x, n, indexSize) << scale;
                        put(cpu, d, n, size, read(cpu, address.readAt(cpu, distance, size), size));
                    }
                    put(cpu, m, n, size, 0);
                }
                clear(cpu, d, written);
                clear(cpu, m, written);
            }
        };
    }

    /// {@return `size` bytes, whose alignment is not checked (SDM volume 2, 2.4, exceptions of class 12)}
    private static long read(Cpu cpu, long at, int size) {
        if ((cpu.flagRest & Flags.AC) == 0) {
            return cpu.mmu.read(at, size);
        }
        long value = 0;
        for (int n = 0; n < size; n++) {
            value |= cpu.mmu.read8(cpu.mmu.next(at, n)) << 8 * n;
        }
        return value;
    }

    /// Clears a register from byte `from` on.
    private static void clear(Cpu cpu, int register, int from) {
        if (from <= 8) {
            cpu.xmm[register + 1] = 0;
        }
        if (from <= 16) {
            cpu.ymmHigh[register] = 0;
            cpu.ymmHigh[register + 1] = 0;
        }
    }
}
