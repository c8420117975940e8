package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.mmu.Mmu;

/// Makes the steps of the arithmetic and logical instructions that have a memory operand.
///
/// What is written is checked for writing before anything is computed. Locked forms compute until nobody else stored in
/// between, and only then set the flags.
final class AluMemorySteps {
    private AluMemorySteps() {}

    static Step of(IntegerOp op, Instruction i) {
        Operand to = i.operand(0);
        Operand from = i.operand(1);
        if (from.kind() == Kind.MEMORY) {
            return to.size() >= 4 ? load(op, i) : loadNarrow(op, i);
        }
        return switch (op) {
            case CMP -> from.kind() == Kind.IMMEDIATE ? compareImmediate(i) : compare(i);
            case TEST -> from.kind() == Kind.IMMEDIATE ? testImmediate(i) : test(i);
            default -> {
                if (i.lock) {
                    yield locked(op, i);
                }
                yield from.kind() == Kind.IMMEDIATE ? storeImmediate(op, i) : store(op, i);
            }
        };
    }

    // ---- register with memory

    private static Step load(IntegerOp op, Instruction i) {
        int d = i.operand(0).number();
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        long mask = Slot.mask(size);
        return switch (op) {
            case ADD ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = Alu.add(cpu, cpu.gpr[d], b, shift) & mask;
                    }
                };
            case OR ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = Alu.or(cpu, cpu.gpr[d], b, shift) & mask;
                    }
                };
            case ADC ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = Alu.addCarry(cpu, cpu.gpr[d], b, shift) & mask;
                    }
                };
            case SBB ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = Alu.subBorrow(cpu, cpu.gpr[d], b, shift) & mask;
                    }
                };
            case AND ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = Alu.and(cpu, cpu.gpr[d], b, shift) & mask;
                    }
                };
            case SUB ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = Alu.sub(cpu, cpu.gpr[d], b, shift) & mask;
                    }
                };
            case XOR ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = Alu.xor(cpu, cpu.gpr[d], b, shift) & mask;
                    }
                };
            case CMP ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        Alu.sub(cpu, cpu.gpr[d], b, shift);
                    }
                };
            case TEST ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        Alu.and(cpu, cpu.gpr[d], b, shift);
                    }
                };
            default -> throw new IllegalStateException("not arithmetic: " + op);
        };
    }

    private static Step loadNarrow(IntegerOp op, Instruction i) {
        Slot d = Slot.of(i.operand(0));
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        if (op == IntegerOp.CMP) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    Alu.sub(cpu, d.get(cpu), cpu.mmu.read(reading(cpu, size), size), shift);
                }
            };
        }
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                long b = cpu.mmu.read(reading(cpu, size), size);
                d.set(cpu, Alu.apply(cpu, op, d.get(cpu), b, shift));
            }
        };
    }

    // ---- comparisons of memory

    private static Step compare(Instruction i) {
        Slot s = Slot.of(i.operand(1));
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                Alu.sub(cpu, cpu.mmu.read(reading(cpu, size), size), s.get(cpu), shift);
            }
        };
    }

    private static Step test(Instruction i) {
        Slot s = Slot.of(i.operand(1));
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                Alu.and(cpu, cpu.mmu.read(reading(cpu, size), size), s.get(cpu), shift);
            }
        };
    }

    private static Step compareImmediate(Instruction i) {
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        long b = i.immediate;
        return switch (size) {
            case 1 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        Alu.sub(cpu, cpu.mmu.read8(reading(cpu, 1)), b, 56);
                    }
                };
            case 4 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        Alu.sub(cpu, cpu.mmu.read32(reading(cpu, 4)), b, 32);
                    }
                };
            case 8 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        Alu.sub(cpu, cpu.mmu.read64(reading(cpu, 8)), b, 0);
                    }
                };
            default ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        Alu.sub(cpu, cpu.mmu.read(reading(cpu, size), size), b, shift);
                    }
                };
        };
    }

    private static Step testImmediate(Instruction i) {
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        long b = i.immediate;
        if (size == 1) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    Alu.and(cpu, cpu.mmu.read8(reading(cpu, 1)), b, 56);
                }
            };
        }
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                Alu.and(cpu, cpu.mmu.read(reading(cpu, size), size), b, shift);
            }
        };
    }

    // ---- memory as destination

    private static Step store(IntegerOp op, Instruction i) {
        Slot s = Slot.of(i.operand(1));
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        if (op == IntegerOp.ADC || op == IntegerOp.SBB) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    withCarry(cpu, op, writing(cpu, size), size, s.get(cpu));
                }
            };
        }
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                Mmu mmu = cpu.mmu;
                long at = writing(cpu, size);
                long a = mmu.readForWrite(at, size);
                mmu.write(at, size, Alu.apply(cpu, op, a, s.get(cpu), shift));
            }
        };
    }

    private static Step storeImmediate(IntegerOp op, Instruction i) {
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        long b = i.immediate;
        if (op == IntegerOp.ADC || op == IntegerOp.SBB) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    withCarry(cpu, op, writing(cpu, size), size, b);
                }
            };
        }
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                Mmu mmu = cpu.mmu;
                long at = writing(cpu, size);
                long a = mmu.readForWrite(at, size);
                mmu.write(at, size, Alu.apply(cpu, op, a, b, shift));
            }
        };
    }

    /// ADC and SBB store before they change the carry that they read: the store may have to be repeated.
    private static void withCarry(Cpu cpu, IntegerOp op, long at, int size, long b) {
        long a = cpu.mmu.readForWrite(at, size);
        cpu.mmu.write(at, size, Alu.value(cpu, op, a, b));
        Alu.apply(cpu, op, a, b, 64 - 8 * size);
    }

    /// INC, DEC, NEG and NOT.
    static Step unary(IntegerOp op, Instruction i) {
        if (i.lock) {
            return locked(op, i);
        }
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                Mmu mmu = cpu.mmu;
                long at = writing(cpu, size);
                long a = mmu.readForWrite(at, size);
                mmu.write(at, size, Alu.apply(cpu, op, a, 0, shift));
            }
        };
    }

    private static Step locked(IntegerOp op, Instruction i) {
        int size = i.operand(0).size();
        boolean register = i.operands.length > 1 && i.operand(1).kind() != Kind.IMMEDIATE;
        long b = i.immediate;
        if (!register) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    update(cpu, op, writing(cpu, size), size, b);
                }
            };
        }
        Slot s = Slot.of(i.operand(1));
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                update(cpu, op, writing(cpu, size), size, s.get(cpu));
            }
        };
    }

    /// Atomically replaces what is at `at` by the result of an operation; {@return what was there}
    static long update(Cpu cpu, IntegerOp op, long at, int size, long b) {
        Mmu mmu = cpu.mmu;
        long mask = Slot.mask(size);
        long a = mmu.readForWrite(at, size);
        while (true) {
            long found = mmu.compareAndExchange(at, size, a, Alu.value(cpu, op, a, b) & mask);
            if (found == a) {
                break;
            }
            a = found;
        }
        Alu.apply(cpu, op, a, b, 64 - 8 * size);
        return a;
    }
}
