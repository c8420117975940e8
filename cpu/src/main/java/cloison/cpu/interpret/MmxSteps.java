package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;
import java.util.function.LongBinaryOperator;

/// Makes the steps of instructions on MMX registers, which are the significands of the x87 registers.
///
/// Every one of them except EMMS makes all x87 registers valid and the top register R0, and a written register gets
/// all ones for sign and exponent (SDM volume 1, 9.5).
final class MmxSteps {
    private MmxSteps() {}

    /// Throws #UD, #NM, or the #MF that waits, where MMX instructions do.
    static void ready(Cpu cpu) {
        if ((cpu.cr0 & (Control.CR0_EM | Control.CR0_TS)) != 0) {
            throw (cpu.cr0 & Control.CR0_EM) != 0 ? GuestFault.undefined() : GuestFault.of(GuestFault.NM, 0);
        }
        X87.pending(cpu);
    }

    /// Enters MMX use: nothing can fault any more.
    static void enter(Cpu cpu) {
        cpu.x87Top = 0;
        cpu.x87Valid = 0xFF;
    }

    /// Enters MMX use and writes register `d`.
    static void write(Cpu cpu, int d, long value) {
        enter(cpu);
        cpu.x87Significand[d] = value;
        cpu.x87Exponent[d] = 0xFFFF;
    }

    static Step of(VectorOp op, Instruction i) {
        return switch (op) {
            case MOVD, MOVQ, MOVNTQ -> move(i);
            case MOVQ2DQ -> toXmm(i);
            case MOVDQ2Q -> fromXmm(i);
            case PMOVMSKB -> signs(i);
            case MASKMOVQ -> masked(i);
            case PINSRW -> insert(i);
            case PEXTRW -> extract(i);
            case EMMS -> empty();
            default -> i.operand(1).kind() == Kind.IMMEDIATE ? shiftBy(op, i) : operation(i, lanes(op, i));
        };
    }

    private static Step move(Instruction i) {
        Operand to = i.operand(0);
        Operand from = i.operand(1);
        int size = to.kind() == Kind.MMX ? from.size() : to.size();
        long mask = -1L >>> 64 - size * 8;
        if (to.kind() == Kind.MMX) {
            return operation(i, (_, b) -> b);
        }
        int s = from.number();
        if (to.kind() == Kind.GPR) {
            int r = to.number();
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    ready(cpu);
                    enter(cpu);
                    cpu.gpr[r] = cpu.x87Significand[s] & mask;
                }
            };
        }
        if (to.kind() == Kind.MEMORY) {
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    ready(cpu);
                    cpu.mmu.write(address.write(cpu, size), size, cpu.x87Significand[s] & mask);
                    enter(cpu);
                }
            };
        }
        throw new IllegalStateException("no such move: " + i);
    }

    /// Any operation of the destination and a source in a register or memory; sources smaller than 64 bits have zeroes
    /// above.
    private static Step operation(Instruction i, LongBinaryOperator lanes) {
        int d = i.operand(0).number();
        Operand from = i.operand(1);
        int size = from.size();
        int s = from.number();
        if (from.kind() == Kind.MEMORY) {
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    ready(cpu);
                    long value = cpu.mmu.read(address.read(cpu, size), size);
                    write(cpu, d, lanes.applyAsLong(cpu.x87Significand[d], value));
                }
            };
        }
        if (from.kind() == Kind.GPR) {
            long mask = -1L >>> 64 - size * 8;
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    ready(cpu);
                    write(cpu, d, lanes.applyAsLong(cpu.x87Significand[d], cpu.gpr[s] & mask));
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                write(cpu, d, lanes.applyAsLong(cpu.x87Significand[d], cpu.x87Significand[s]));
            }
        };
    }

    private static LongBinaryOperator lanes(VectorOp op, Instruction i) {
        int immediate = (int) i.immediate & 0xFF;
        LongBinaryOperator lanes = PackedLanes.of(op);
        if (lanes == null) {
            lanes = PackedLanes.shift(op);
        }
        if (lanes != null) {
            return lanes;
        }
        return switch (op) {
            case PUNPCKLBW -> Lanes::interleaveBytesLow;
            case PUNPCKLWD -> Lanes::interleaveWordsLow;
            case PUNPCKLDQ -> Lanes::interleaveDoublesLow;
            case PUNPCKHBW -> Lanes::interleaveBytesHigh;
            case PUNPCKHWD -> Lanes::interleaveWordsHigh;
            case PUNPCKHDQ -> Lanes::interleaveDoublesHigh;
            case PACKSSWB -> (a, b) -> Lanes.packSignedWords(a) | Lanes.packSignedWords(b) << 32;
            case PACKUSWB -> (a, b) -> Lanes.packUnsignedWords(a) | Lanes.packUnsignedWords(b) << 32;
            case PACKSSDW -> (a, b) -> Lanes.packSignedDoubles(a) | Lanes.packSignedDoubles(b) << 32;
            case PSHUFB -> (a, b) -> Lanes.shuffleBytes(a, a, b, 7);
            case PSHUFW -> (_, b) -> Lanes.shuffleWords(b, immediate);
            case PALIGNR -> (a, b) -> align(a, b, immediate);
            case PHADDW -> (a, b) -> Lanes.addPairsOfWords(a) | Lanes.addPairsOfWords(b) << 32;
            case PHADDSW -> (a, b) -> Lanes.addPairsOfWordsSigned(a) | Lanes.addPairsOfWordsSigned(b) << 32;
            case PHSUBW -> (a, b) -> Lanes.subtractPairsOfWords(a) | Lanes.subtractPairsOfWords(b) << 32;
            case PHSUBSW -> (a, b) -> Lanes.subtractPairsOfWordsSigned(a) | Lanes.subtractPairsOfWordsSigned(b) << 32;
            case PHADDD -> (a, b) -> Lanes.addPairOfDoubles(a) | Lanes.addPairOfDoubles(b) << 32;
            case PHSUBD -> (a, b) -> Lanes.subtractPairOfDoubles(a) | Lanes.subtractPairOfDoubles(b) << 32;
            default -> throw new IllegalStateException("not an MMX operation: " + op);
        };
    }

    /// {@return the eight bytes at byte `from` of `high` and `low` together}
    private static long align(long high, long low, int from) {
        int shift = from * 8;
        if (from < 8) {
            return shift == 0 ? low : low >>> shift | high << 64 - shift;
        }
        return from < 16 ? high >>> shift - 64 : 0;
    }

    private static Step shiftBy(VectorOp op, Instruction i) {
        int d = i.operand(0).number();
        int count = (int) i.immediate & 0xFF;
        LongBinaryOperator shift = PackedLanes.shift(op);
        if (shift == null) {
            throw new IllegalStateException("not a shift: " + op);
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                write(cpu, d, shift.applyAsLong(cpu.x87Significand[d], count));
            }
        };
    }

    private static Step toXmm(Instruction i) {
        int d = Sse.register(i.operand(0));
        int s = i.operand(1).number();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                ready(cpu);
                enter(cpu);
                cpu.xmm[d] = cpu.x87Significand[s];
                cpu.xmm[d + 1] = 0;
            }
        };
    }

    private static Step fromXmm(Instruction i) {
        int d = i.operand(0).number();
        int s = Sse.register(i.operand(1));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                ready(cpu);
                write(cpu, d, cpu.xmm[s]);
            }
        };
    }

    private static Step signs(Instruction i) {
        int r = i.operand(0).number();
        int s = i.operand(1).number();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                enter(cpu);
                cpu.gpr[r] = Lanes.signs(cpu.x87Significand[s]);
            }
        };
    }

    private static Step masked(Instruction i) {
        int s = i.operand(0).number();
        int m = i.operand(1).number();
        Address address = Sse.implicitDestination(i);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                long mask = cpu.x87Significand[m];
                Sse.probeMasked(cpu, address, Lanes.signs(mask));
                Sse.storeMasked(cpu, address.write(cpu, 1), cpu.x87Significand[s], mask);
                enter(cpu);
            }
        };
    }

    private static Step insert(Instruction i) {
        int d = i.operand(0).number();
        int shift = ((int) i.immediate & 3) * 16;
        long mask = 0xFFFFL << shift;
        if (i.operand(1).kind() == Kind.MEMORY) {
            Address address = new Address(i);
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    ready(cpu);
                    long value = cpu.mmu.read16(address.read(cpu, 2));
                    write(cpu, d, Lanes.select(mask, value << shift, cpu.x87Significand[d]));
                }
            };
        }
        int r = i.operand(1).number();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                write(cpu, d, Lanes.select(mask, cpu.gpr[r] << shift, cpu.x87Significand[d]));
            }
        };
    }

    private static Step extract(Instruction i) {
        int r = i.operand(0).number();
        int s = i.operand(1).number();
        int shift = ((int) i.immediate & 3) * 16;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                enter(cpu);
                cpu.gpr[r] = cpu.x87Significand[s] >>> shift & 0xFFFF;
            }
        };
    }

    private static Step empty() {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                cpu.x87Valid = 0;
                cpu.x87Top = 0;
            }
        };
    }
}
