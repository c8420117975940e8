package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.RCX;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.mmu.Mmu;

/// Makes the steps of shifts and rotates, and of multiplications and divisions.
final class ShiftSteps {
    private ShiftSteps() {}

    static Step of(IntegerOp op, Instruction i) {
        int size = i.operand(0).size();
        int bits = 8 * size;
        int most = size == 8 ? 63 : 31;
        boolean variable = i.operand(1).kind() == Kind.GPR;
        int fixed = (i.operand(1).kind() == Kind.CONSTANT ? i.operand(1).number() : (int) i.immediate) & most;
        if (i.operand(0).kind() == Kind.MEMORY) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    Mmu mmu = cpu.mmu;
                    long at = writing(cpu, size);
                    long value = mmu.readForWrite(at, size);
                    int count = variable ? (int) cpu.gpr[RCX] & most : fixed;
                    store(cpu, op, at, size, value, count);
                }
            };
        }
        Slot d = Slot.of(i.operand(0));
        if (variable) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    d.set(cpu, Shifts.apply(cpu, op, d.get(cpu), (int) cpu.gpr[RCX] & most, bits));
                }
            };
        }
        if (size < 4 || fixed == 0) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    d.set(cpu, Shifts.apply(cpu, op, d.get(cpu), fixed, bits));
                }
            };
        }
        return wide(op, d.register(), fixed, bits);
    }

    /// Rotates through the carry store before they change the carry that they read: the store may have to be repeated.
    private static void store(Cpu cpu, IntegerOp op, long at, int size, long value, int count) {
        long result = cpu.flagResult;
        long aux = cpu.flagAux;
        long shifted = Shifts.apply(cpu, op, value, count, 8 * size);
        long newResult = cpu.flagResult;
        long newAux = cpu.flagAux;
        cpu.flagResult = result;
        cpu.flagAux = aux;
        cpu.mmu.write(at, size, shifted);
        cpu.flagResult = newResult;
        cpu.flagAux = newAux;
    }

    private static Step wide(IntegerOp op, int d, int count, int bits) {
        long mask = Slot.mask(bits / 8);
        return switch (op) {
            case SHL ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = Shifts.left(cpu, cpu.gpr[d], count, bits) & mask;
                    }
                };
            case SHR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = Shifts.right(cpu, cpu.gpr[d], count, bits) & mask;
                    }
                };
            case SAR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = Shifts.arithmetic(cpu, cpu.gpr[d], count, bits) & mask;
                    }
                };
            default ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = Shifts.apply(cpu, op, cpu.gpr[d], count, bits) & mask;
                    }
                };
        };
    }

    /// SHLD and SHRD.
    static Step twoRegisters(IntegerOp op, Instruction i) {
        boolean left = op == IntegerOp.SHLD;
        int size = i.operand(0).size();
        int bits = 8 * size;
        int most = size == 8 ? 63 : 31;
        Slot s = Slot.of(i.operand(1));
        boolean variable = i.operand(2).kind() == Kind.GPR;
        int fixed = (int) i.immediate & most;
        if (i.operand(0).kind() == Kind.MEMORY) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    Mmu mmu = cpu.mmu;
                    long at = writing(cpu, size);
                    long value = mmu.readForWrite(at, size);
                    int count = variable ? (int) cpu.gpr[RCX] & most : fixed;
                    mmu.write(at, size, both(cpu, left, value, s.get(cpu), count, bits));
                }
            };
        }
        Slot d = Slot.of(i.operand(0));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                int count = variable ? (int) cpu.gpr[RCX] & most : fixed;
                d.set(cpu, both(cpu, left, d.get(cpu), s.get(cpu), count, bits));
            }
        };
    }

    private static long both(Cpu cpu, boolean left, long value, long filler, int count, int bits) {
        return left
                ? Shifts.doubleLeft(cpu, value, filler, count, bits)
                : Shifts.doubleRight(cpu, value, filler, count, bits);
    }

    // ---- multiplication and division

    /// MUL, DIV, IDIV, and IMUL with one operand.
    static Step accumulator(IntegerOp op, Instruction i) {
        int size = i.operand(0).size();
        if (i.operand(0).kind() == Kind.MEMORY) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    accumulate(cpu, op, cpu.mmu.read(reading(cpu, size), size), 8 * size);
                }
            };
        }
        Slot s = Slot.of(i.operand(0));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                accumulate(cpu, op, s.get(cpu), 8 * size);
            }
        };
    }

    private static void accumulate(Cpu cpu, IntegerOp op, long operand, int bits) {
        switch (op) {
            case MUL -> Multiply.wide(cpu, operand, bits, false);
            case IMUL -> Multiply.wide(cpu, operand, bits, true);
            case DIV -> Multiply.divide(cpu, operand, bits);
            default -> Multiply.divideSigned(cpu, operand, bits);
        }
    }

    /// IMUL with two or three operands.
    static Step multiply(Instruction i) {
        int size = i.operand(0).size();
        int bits = 8 * size;
        Slot d = Slot.of(i.operand(0));
        boolean immediate = i.operands.length == 3;
        long factor = i.immediate;
        if (i.operand(1).kind() == Kind.MEMORY) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    long value = cpu.mmu.read(reading(cpu, size), size);
                    d.set(cpu, Multiply.signed(cpu, value, immediate ? factor : d.get(cpu), bits));
                }
            };
        }
        Slot s = Slot.of(i.operand(1));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                d.set(cpu, Multiply.signed(cpu, s.get(cpu), immediate ? factor : d.get(cpu), bits));
            }
        };
    }
}
