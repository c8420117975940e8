package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.X87Op;
import cloison.cpu.fp.Extended;

/// Makes the steps of x87 instructions that load, store and move.
final class X87Transfers {
    private static final int UP = 2;
    private static final int NEAREST = 0;

    private X87Transfers() {}

    static Step of(X87Op op, Instruction i) {
        return switch (op) {
            case FLD -> i.operand(0).kind() == Kind.ST ? loadRegister(i) : load(i);
            case FILD -> loadInteger(i);
            case FBLD -> loadDecimal(i);
            case FST, FSTP, FSTPNCE -> store(op, i);
            case FIST, FISTP -> storeInteger(i, op == X87Op.FISTP, false);
            case FISTTP -> storeInteger(i, true, true);
            case FBSTP -> storeDecimal(i);
            case FXCH -> exchange(i);
            case FCMOVB, FCMOVE, FCMOVBE, FCMOVU, FCMOVNB, FCMOVNE, FCMOVNBE, FCMOVNU -> conditional(op, i);
            case FLD1 -> constant(i, 0x3FFF, 0x8000_0000_0000_0000L, 0, 0);
            case FLDZ -> constant(i, 0, 0, 0, 0);
            case FLDL2T -> constant(i, 0x4000, 0xD49A_784B_CD1B_8AFEL, 0, 1);
            case FLDL2E -> constant(i, 0x3FFF, 0xB8AA_3B29_5C17_F0BBL, 1, 1);
            case FLDPI -> constant(i, 0x4000, 0xC90F_DAA2_2168_C234L, 1, 1);
            case FLDLG2 -> constant(i, 0x3FFD, 0x9A20_9A84_FBCF_F798L, 1, 1);
            case FLDLN2 -> constant(i, 0x3FFE, 0xB172_17F7_D1CF_79ABL, 1, 1);
            default -> throw new IllegalStateException("not a transfer: " + op);
        };
    }

    private static Step loadRegister(Instruction i) {
        int from = i.operand(0).number();
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                if (X87.empty(cpu, from)) {
                    if (X87.underflow(cpu, this)) {
                        X87.push(cpu, Extended.INDEFINITE_EXPONENT, Extended.INDEFINITE_SIGNIFICAND);
                    }
                    return;
                }
                int r = X87.register(cpu, from);
                X87.load(cpu, this, 0, cpu.x87Exponent[r], cpu.x87Significand[r]);
            }
        };
    }

    private static Step load(Instruction i) {
        int size = i.operand(0).size();
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                long at = memory().read(cpu, size);
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                if (size == 10) {
                    long significand = cpu.mmu.read64(at);
                    X87.load(cpu, this, 0, (int) cpu.mmu.read16(cpu.mmu.next(at, 8)), significand);
                    return;
                }
                if (size == 8) {
                    unit.first64(cpu.mmu.read64(at));
                } else {
                    unit.first32((int) cpu.mmu.read32(at));
                }
                unit.widen();
                X87.loadConverted(cpu, this, unit.raised(), unit.exponent(), unit.significand());
            }
        };
    }

    private static Step loadInteger(Instruction i) {
        int size = i.operand(0).size();
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                long value = signed(cpu.mmu.read(memory().read(cpu, size), size), size);
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                unit.secondInteger(value);
                unit.widenInteger();
                X87.load(cpu, this, 0, unit.exponent(), unit.significand());
            }
        };
    }

    static long signed(long value, int size) {
        return size == 2 ? (short) value : size == 4 ? (int) value : value;
    }

    private static Step loadDecimal(Instruction i) {
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                long at = memory().read(cpu, 10);
                long low = cpu.mmu.read64(at);
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                unit.decimal(low, (int) cpu.mmu.read16(cpu.mmu.next(at, 8)));
                X87.load(cpu, this, 0, unit.exponent(), unit.significand());
            }
        };
    }

    /// @param low added to the significand when rounding to nearest
    /// @param up added to the significand when rounding up
    private static Step constant(Instruction i, int exponent, long significand, int nearest, int up) {
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                int rounding = cpu.x87Control >>> 10 & 3;
                int more = rounding == UP ? up : rounding == NEAREST ? nearest : 0;
                X87.load(cpu, this, 0, exponent, significand + more);
            }
        };
    }

    private static Step store(X87Op op, Instruction i) {
        boolean pops = op != X87Op.FST;
        if (i.operand(0).kind() == Kind.ST) {
            return storeRegister(i, pops, op == X87Op.FSTPNCE);
        }
        return switch (i.operand(0).size()) {
            case 4 -> storeSingle(i, pops);
            case 8 -> storeDouble(i, pops);
            default -> storeExtended(i);
        };
    }

    private static Step storeRegister(Instruction i, boolean pops, boolean unchecked) {
        int to = i.operand(0).number();
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                if (X87.empty(cpu, 0) && !unchecked) {
                    if (!X87.underflow(cpu, this)) {
                        return;
                    }
                    X87.writeIndefinite(cpu, to);
                } else {
                    X87.commit(cpu, this, 0);
                    copy(cpu, to);
                }
                if (pops) {
                    X87.pop(cpu);
                }
            }
        };
    }

    /// Copies ST0 to ST(`to`), or does nothing if it is empty, which only FSTPNCE lets happen.
    private static void copy(Cpu cpu, int to) {
        int r = cpu.x87Top;
        if (!X87.empty(cpu, 0)) {
            X87.write(cpu, to, cpu.x87Exponent[r], cpu.x87Significand[r]);
        }
    }

    private static Step storeSingle(Instruction i, boolean pops) {
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                int raised = X87.STACK_FAULT;
                int value = 0xFFC0_0000;
                if (!X87.empty(cpu, 0)) {
                    X87.first(cpu, 0);
                    unit.narrow32();
                    raised = unit.raised();
                    value = unit.float32();
                }
                long at = target(cpu, 4, raised);
                if (X87.commitStore(cpu, this, raised)) {
                    cpu.mmu.write32(at, value);
                    if (pops) {
                        X87.pop(cpu);
                    }
                }
            }
        };
    }

    private static Step storeDouble(Instruction i, boolean pops) {
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                int raised = X87.STACK_FAULT;
                long value = 0xFFF8_0000_0000_0000L;
                if (!X87.empty(cpu, 0)) {
                    X87.first(cpu, 0);
                    unit.narrow64();
                    raised = unit.raised();
                    value = unit.float64();
                }
                long at = target(cpu, 8, raised);
                if (X87.commitStore(cpu, this, raised)) {
                    cpu.mmu.write64(at, value);
                    if (pops) {
                        X87.pop(cpu);
                    }
                }
            }
        };
    }

    private static Step storeExtended(Instruction i) {
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                int r = cpu.x87Top;
                boolean empty = X87.empty(cpu, 0);
                long at = target(cpu, 10, empty ? X87.STACK_FAULT : 0);
                if (X87.commitStore(cpu, this, empty ? X87.STACK_FAULT : 0)) {
                    store80(
                            cpu,
                            at,
                            empty ? Extended.INDEFINITE_SIGNIFICAND : cpu.x87Significand[r],
                            empty ? Extended.INDEFINITE_EXPONENT : cpu.x87Exponent[r]);
                    X87.pop(cpu);
                }
            }
        };
    }

    private static void store80(Cpu cpu, long at, long low, int high) {
        cpu.mmu.write64(at, low);
        cpu.mmu.write16(cpu.mmu.next(at, 8), high);
    }

    private static Step storeInteger(Instruction i, boolean pops, boolean truncate) {
        int size = i.operand(0).size();
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                int raised = X87.STACK_FAULT;
                long value = -1L << size * 8 - 1;
                if (!X87.empty(cpu, 0)) {
                    X87.first(cpu, 0);
                    value = unit.toInteger(size * 8, truncate);
                    raised = unit.raised();
                }
                long at = target(cpu, size, raised);
                if (X87.commitStore(cpu, this, raised)) {
                    cpu.mmu.write(at, size, value & -1L >>> 64 - size * 8);
                    if (pops) {
                        X87.pop(cpu);
                    }
                }
            }
        };
    }

    private static Step storeDecimal(Instruction i) {
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                int raised = X87.STACK_FAULT;
                long low = 0xC000_0000_0000_0000L;
                int high = 0xFFFF;
                if (!X87.empty(cpu, 0)) {
                    X87.first(cpu, 0);
                    low = unit.toDecimal();
                    high = unit.decimalHigh();
                    raised = unit.raised();
                }
                long at = target(cpu, 10, raised);
                if (X87.commitStore(cpu, this, raised)) {
                    store80(cpu, at, low, high);
                    X87.pop(cpu);
                }
            }
        };
    }

    private static Step exchange(Instruction i) {
        int with = i.operand(0).number();
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                if (X87.empty(cpu, 0) || X87.empty(cpu, with)) {
                    if (!X87.underflow(cpu, this)) {
                        return;
                    }
                    if (X87.empty(cpu, 0)) {
                        X87.writeIndefinite(cpu, 0);
                    }
                    if (X87.empty(cpu, with)) {
                        X87.writeIndefinite(cpu, with);
                    }
                } else {
                    X87.commit(cpu, this, 0);
                }
                int a = X87.register(cpu, 0);
                int b = X87.register(cpu, with);
                int exponent = cpu.x87Exponent[a];
                long significand = cpu.x87Significand[a];
                cpu.x87Exponent[a] = cpu.x87Exponent[b];
                cpu.x87Significand[a] = cpu.x87Significand[b];
                cpu.x87Exponent[b] = exponent;
                cpu.x87Significand[b] = significand;
            }
        };
    }

    private static Step conditional(X87Op op, Instruction i) {
        int from = i.operand(1).number();
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                if (X87.empty(cpu, 0) || X87.empty(cpu, from)) {
                    if (X87.underflow(cpu, this)) {
                        X87.writeIndefinite(cpu, 0);
                    }
                    return;
                }
                if (holds(cpu, op)) {
                    int r = X87.register(cpu, from);
                    X87.write(cpu, 0, cpu.x87Exponent[r], cpu.x87Significand[r]);
                }
            }
        };
    }

    private static boolean holds(Cpu cpu, X87Op op) {
        return switch (op) {
            case FCMOVB -> cpu.carry();
            case FCMOVNB -> !cpu.carry();
            case FCMOVE -> cpu.zero();
            case FCMOVNE -> !cpu.zero();
            case FCMOVBE -> cpu.carry() || cpu.zero();
            case FCMOVNBE -> !cpu.carry() && !cpu.zero();
            case FCMOVU -> cpu.parity();
            default -> !cpu.parity();
        };
    }
}
