package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.VectorOp;

/// Makes the steps of the moves between XMM registers, memory and general registers.
final class VectorMoves {
    private static final long LOW = 0xFFFF_FFFFL;

    private VectorMoves() {}

    static Step of(VectorOp op, Instruction i) {
        return switch (op) {
            case MOVUPS, MOVUPD, MOVDQU, LDDQU -> i.operand(0).kind() == Kind.MEMORY ? store(i) : load(i);
            case MOVAPS, MOVAPD, MOVDQA, MOVNTPS, MOVNTPD, MOVNTDQ, MOVNTDQA ->
                i.operand(0).kind() == Kind.MEMORY ? storeAligned(i) : loadAligned(i);
            case MOVSS, MOVD -> doubleword(op, i);
            case MOVSD, MOVQ -> quadword(op, i);
            case MOVLPS, MOVLPD -> i.operand(0).kind() == Kind.MEMORY ? storeHalf(i, 0) : loadHalf(i, 0);
            case MOVHPS, MOVHPD -> i.operand(0).kind() == Kind.MEMORY ? storeHalf(i, 1) : loadHalf(i, 1);
            case PMOVMSKB, MOVMSKPS, MOVMSKPD -> signs(op, i);
            case MASKMOVDQU -> masked(i);
            default -> register(op, i);
        };
    }

    private static Step load(Instruction i) {
        int d = Sse.register(i.operand(0));
        if (i.operand(1).kind() == Kind.XMM) {
            return copy(d, Sse.register(i.operand(1)));
        }
        Address address = new Address(i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long at = address.read(cpu, 16);
                long low = cpu.mmu.read64(at);
                cpu.xmm[d + 1] = cpu.mmu.read64(cpu.mmu.next(at, 8));
                cpu.xmm[d] = low;
            }
        };
    }

    private static Step loadAligned(Instruction i) {
        int d = Sse.register(i.operand(0));
        if (i.operand(1).kind() == Kind.XMM) {
            return copy(d, Sse.register(i.operand(1)));
        }
        Address address = new Address(i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long at = address.read(cpu, 16);
                Sse.align(at);
                long low = cpu.mmu.read64(at);
                cpu.xmm[d + 1] = cpu.mmu.read64(at + 8);
                cpu.xmm[d] = low;
            }
        };
    }

    private static Step copy(int d, int s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long[] x = cpu.xmm;
                x[d] = x[s];
                x[d + 1] = x[s + 1];
            }
        };
    }

    private static Step store(Instruction i) {
        int s = Sse.register(i.operand(1));
        Address address = new Address(i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.mmu.write128(address.write(cpu, 16), cpu.xmm[s], cpu.xmm[s + 1]);
            }
        };
    }

    private static Step storeAligned(Instruction i) {
        int s = Sse.register(i.operand(1));
        Address address = new Address(i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long at = address.write(cpu, 16);
                Sse.align(at);
                cpu.mmu.write128(at, cpu.xmm[s], cpu.xmm[s + 1]);
            }
        };
    }

    private static Step doubleword(VectorOp op, Instruction i) {
        Operand to = i.operand(0);
        Operand from = i.operand(1);
        if (to.kind() == Kind.MEMORY) {
            int s = Sse.register(from);
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    cpu.mmu.write32(address.write(cpu, 4), cpu.xmm[s] & LOW);
                }
            };
        }
        if (to.kind() == Kind.GPR) {
            int s = Sse.register(from);
            int r = to.number();
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    cpu.gpr[r] = cpu.xmm[s] & LOW;
                }
            };
        }
        int d = Sse.register(to);
        if (from.kind() == Kind.MEMORY) {
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    cpu.xmm[d] = cpu.mmu.read32(address.read(cpu, 4));
                    cpu.xmm[d + 1] = 0;
                }
            };
        }
        if (op == VectorOp.MOVSS) {
            int s = Sse.register(from);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    cpu.xmm[d] = cpu.xmm[d] & ~LOW | cpu.xmm[s] & LOW;
                }
            };
        }
        int r = from.number();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d] = cpu.gpr[r] & LOW;
                cpu.xmm[d + 1] = 0;
            }
        };
    }

    private static Step quadword(VectorOp op, Instruction i) {
        Operand to = i.operand(0);
        Operand from = i.operand(1);
        if (to.kind() == Kind.MEMORY) {
            return storeHalf(i, 0);
        }
        if (to.kind() == Kind.GPR) {
            int s = Sse.register(from);
            int r = to.number();
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    cpu.gpr[r] = cpu.xmm[s];
                }
            };
        }
        int d = Sse.register(to);
        if (from.kind() == Kind.MEMORY) {
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    cpu.xmm[d] = cpu.mmu.read64(address.read(cpu, 8));
                    cpu.xmm[d + 1] = 0;
                }
            };
        }
        if (from.kind() == Kind.GPR) {
            int r = from.number();
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    cpu.xmm[d] = cpu.gpr[r];
                    cpu.xmm[d + 1] = 0;
                }
            };
        }
        int s = Sse.register(from);
        boolean merges = op == VectorOp.MOVSD;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d] = cpu.xmm[s];
                if (!merges) {
                    cpu.xmm[d + 1] = 0;
                }
            }
        };
    }

    private static Step loadHalf(Instruction i, int half) {
        int d = Sse.register(i.operand(0)) + half;
        Address address = new Address(i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.xmm[d] = cpu.mmu.read64(address.read(cpu, 8));
            }
        };
    }

    private static Step storeHalf(Instruction i, int half) {
        int s = Sse.register(i.operand(1)) + half;
        Address address = new Address(i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.mmu.write64(address.write(cpu, 8), cpu.xmm[s]);
            }
        };
    }

    /// The moves whose meaning is one of registers only.
    private static Step register(VectorOp op, Instruction i) {
        int d = Sse.register(i.operand(0));
        int s = Sse.source(i.operand(1));
        Step step = new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                rearrange(op, cpu.xmm, d, s);
            }
        };
        return Sse.fetch(i, i.operand(1), step);
    }

    private static void rearrange(VectorOp op, long[] x, int d, int s) {
        long low = x[s];
        long high = x[s + 1];
        switch (op) {
            case MOVHLPS -> x[d] = high;
            case MOVLHPS -> x[d + 1] = low;
            case MOVDDUP -> {
                x[d] = low;
                x[d + 1] = low;
            }
            case MOVSLDUP -> {
                x[d] = low & LOW | low << 32;
                x[d + 1] = high & LOW | high << 32;
            }
            case MOVSHDUP -> {
                x[d] = low & ~LOW | low >>> 32;
                x[d + 1] = high & ~LOW | high >>> 32;
            }
            default -> throw new IllegalStateException("not a move: " + op);
        }
    }

    private static Step signs(VectorOp op, Instruction i) {
        int r = i.operand(0).number();
        int s = Sse.register(i.operand(1));
        if (op == VectorOp.PMOVMSKB) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Sse.ready(cpu);
                    cpu.gpr[r] = Lanes.signs(cpu.xmm[s]) | Lanes.signs(cpu.xmm[s + 1]) << 8;
                }
            };
        }
        boolean wide = op == VectorOp.MOVMSKPD;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long low = cpu.xmm[s];
                long high = cpu.xmm[s + 1];
                cpu.gpr[r] = wide
                        ? low >>> 63 | high >>> 62 & 2
                        : low >>> 31 & 1 | low >>> 62 & 2 | high >>> 29 & 4 | high >>> 60 & 8;
            }
        };
    }

    private static Step masked(Instruction i) {
        int s = Sse.register(i.operand(0));
        int m = Sse.register(i.operand(1));
        Address address = Sse.implicitDestination(i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                long low = cpu.xmm[m];
                long high = cpu.xmm[m + 1];
                Sse.probeMasked(cpu, address, Lanes.signs(low) | Lanes.signs(high) << 8);
                long at = address.write(cpu, 1);
                Sse.storeMasked(cpu, at, cpu.xmm[s], low);
                Sse.storeMasked(cpu, cpu.mmu.next(at, 8), cpu.xmm[s + 1], high);
            }
        };
    }
}
