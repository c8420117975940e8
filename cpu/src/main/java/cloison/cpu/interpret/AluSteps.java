package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;

/// Makes the steps of the binary arithmetic and logical instructions whose operands are registers and immediates.
///
/// Operands of 4 and 8 bytes, *wide* ones, have a form for each operation; smaller ones share a form.
final class AluSteps {
    private AluSteps() {}

    static Step of(IntegerOp op, Instruction i) {
        Operand to = i.operand(0);
        Operand from = i.operand(1);
        if (to.kind() == Kind.MEMORY || from.kind() == Kind.MEMORY) {
            return AluMemorySteps.of(op, i);
        }
        boolean wide = to.size() >= 4;
        if (from.kind() == Kind.IMMEDIATE) {
            return wide ? registerImmediate(op, i) : narrowImmediate(op, i);
        }
        return wide ? registerRegister(op, i) : narrow(op, i);
    }

    /// {@return 64 minus the bits of the first operand}
    static int shift(Instruction i) {
        return 64 - 8 * i.operand(0).size();
    }

    private static Step registerRegister(IntegerOp op, Instruction i) {
        int d = i.operand(0).number();
        int s = i.operand(1).number();
        int shift = shift(i);
        long mask = Slot.mask(i.operand(0).size());
        if (d == s && (op == IntegerOp.XOR || op == IntegerOp.SUB)) {
            return clear(d);
        }
        return switch (op) {
            case ADD ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.add(cpu, gpr[d], gpr[s], shift) & mask;
                    }
                };
            case OR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.or(cpu, gpr[d], gpr[s], shift) & mask;
                    }
                };
            case ADC ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.addCarry(cpu, gpr[d], gpr[s], shift) & mask;
                    }
                };
            case SBB ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.subBorrow(cpu, gpr[d], gpr[s], shift) & mask;
                    }
                };
            case AND ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.and(cpu, gpr[d], gpr[s], shift) & mask;
                    }
                };
            case SUB ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.sub(cpu, gpr[d], gpr[s], shift) & mask;
                    }
                };
            case XOR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.xor(cpu, gpr[d], gpr[s], shift) & mask;
                    }
                };
            case CMP ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        Alu.sub(cpu, gpr[d], gpr[s], shift);
                    }
                };
            case TEST ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        Alu.and(cpu, gpr[d], gpr[s], shift);
                    }
                };
            default -> throw new IllegalStateException("not arithmetic: " + op);
        };
    }

    /// The idiom for zero.
    private static Step clear(int d) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                cpu.gpr[d] = 0;
                cpu.flagResult = 0;
                cpu.flagAux = 0;
            }
        };
    }

    private static Step registerImmediate(IntegerOp op, Instruction i) {
        int d = i.operand(0).number();
        long b = i.immediate;
        int shift = shift(i);
        long mask = Slot.mask(i.operand(0).size());
        return switch (op) {
            case ADD ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.add(cpu, gpr[d], b, shift) & mask;
                    }
                };
            case OR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.or(cpu, gpr[d], b, shift) & mask;
                    }
                };
            case ADC ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.addCarry(cpu, gpr[d], b, shift) & mask;
                    }
                };
            case SBB ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.subBorrow(cpu, gpr[d], b, shift) & mask;
                    }
                };
            case AND ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.and(cpu, gpr[d], b, shift) & mask;
                    }
                };
            case SUB ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.sub(cpu, gpr[d], b, shift) & mask;
                    }
                };
            case XOR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long[] gpr = cpu.gpr;
                        gpr[d] = Alu.xor(cpu, gpr[d], b, shift) & mask;
                    }
                };
            case CMP ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        Alu.sub(cpu, cpu.gpr[d], b, shift);
                    }
                };
            case TEST ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        Alu.and(cpu, cpu.gpr[d], b, shift);
                    }
                };
            default -> throw new IllegalStateException("not arithmetic: " + op);
        };
    }

    private static Step narrow(IntegerOp op, Instruction i) {
        Slot d = Slot.of(i.operand(0));
        Slot s = Slot.of(i.operand(1));
        int shift = shift(i);
        if (op == IntegerOp.TEST) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Alu.and(cpu, d.get(cpu), s.get(cpu), shift);
                }
            };
        }
        if (op == IntegerOp.CMP) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Alu.sub(cpu, d.get(cpu), s.get(cpu), shift);
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                d.set(cpu, Alu.apply(cpu, op, d.get(cpu), s.get(cpu), shift));
            }
        };
    }

    private static Step narrowImmediate(IntegerOp op, Instruction i) {
        Slot d = Slot.of(i.operand(0));
        long b = i.immediate;
        int shift = shift(i);
        if (op == IntegerOp.TEST) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Alu.and(cpu, d.get(cpu), b, shift);
                }
            };
        }
        if (op == IntegerOp.CMP) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Alu.sub(cpu, d.get(cpu), b, shift);
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                d.set(cpu, Alu.apply(cpu, op, d.get(cpu), b, shift));
            }
        };
    }

    /// INC, DEC, NEG and NOT.
    static Step unary(IntegerOp op, Instruction i) {
        if (i.operand(0).kind() == Kind.MEMORY) {
            return AluMemorySteps.unary(op, i);
        }
        int shift = shift(i);
        if (i.operand(0).size() < 4) {
            Slot d = Slot.of(i.operand(0));
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    d.set(cpu, Alu.apply(cpu, op, d.get(cpu), 0, shift));
                }
            };
        }
        int d = i.operand(0).number();
        long mask = Slot.mask(i.operand(0).size());
        return switch (op) {
            case INC ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = Alu.increment(cpu, cpu.gpr[d], shift) & mask;
                    }
                };
            case DEC ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = Alu.decrement(cpu, cpu.gpr[d], shift) & mask;
                    }
                };
            case NEG ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = Alu.negate(cpu, cpu.gpr[d], shift) & mask;
                    }
                };
            default ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = ~cpu.gpr[d] & mask;
                    }
                };
        };
    }
}
