package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import org.jspecify.annotations.Nullable;

/// Makes the step of two instructions: one that sets the flags, and the conditional jump after it.
///
/// Only the first can fault; the jump's target is known and canonical.
final class CompareBranches {
    private CompareBranches() {}

    /// {@return the step of `i` and the conditional jump `jump`, or null if they have none in common}
    static @Nullable Step of(Instruction i, Instruction jump) {
        if (!(i.op() instanceof IntegerOp op)
                || !(jump.op() instanceof IntegerOp branch)
                || !branch.jump()
                || i.lock
                || !BranchSteps.safe(jump)
                || i.operands.length == 0) {
            return null;
        }
        int code = branch.condition();
        long target = jump.immediate;
        return switch (op) {
            case CMP -> compare(i, code, target);
            case TEST -> test(i, code, target);
            case ADD, SUB, AND, INC, DEC -> result(op, i, code, target);
            default -> null;
        };
    }

    private static boolean isEquality(int code) {
        return code == 4 || code == 5;
    }

    private static Step compare(Instruction i, int code, long target) {
        if (i.operand(0).kind() == Kind.MEMORY) {
            return compareMemory(i, code, target);
        }
        if (i.operand(1).kind() == Kind.MEMORY) {
            return compareWithMemory(i, code, target);
        }
        if (i.operand(0).size() < 4) {
            return compareNarrow(i, code, target);
        }
        int d = i.operand(0).number();
        int shift = AluSteps.shift(i);
        boolean equal = code == 4;
        if (i.operand(1).kind() == Kind.IMMEDIATE) {
            long b = i.immediate;
            return isEquality(code)
                    ? new Step() {
                        @Override
                        public void run(Cpu cpu) {
                            Alu.sub(cpu, cpu.gpr[d], b, shift);
                            if (cpu.zero() == equal) {
                                cpu.rip = target;
                            }
                        }
                    }
                    : new Step() {
                        @Override
                        public void run(Cpu cpu) {
                            Alu.sub(cpu, cpu.gpr[d], b, shift);
                            if (Conditions.holds(cpu, code)) {
                                cpu.rip = target;
                            }
                        }
                    };
        }
        int s = i.operand(1).number();
        return isEquality(code)
                ? new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        Alu.sub(cpu, cpu.gpr[d], cpu.gpr[s], shift);
                        if (cpu.zero() == equal) {
                            cpu.rip = target;
                        }
                    }
                }
                : new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        Alu.sub(cpu, cpu.gpr[d], cpu.gpr[s], shift);
                        if (Conditions.holds(cpu, code)) {
                            cpu.rip = target;
                        }
                    }
                };
    }

    private static Step compareNarrow(Instruction i, int code, long target) {
        Slot d = Slot.of(i.operand(0));
        int shift = AluSteps.shift(i);
        if (i.operand(1).kind() == Kind.IMMEDIATE) {
            long b = i.immediate;
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Alu.sub(cpu, d.get(cpu), b, shift);
                    if (Conditions.holds(cpu, code)) {
                        cpu.rip = target;
                    }
                }
            };
        }
        Slot s = Slot.of(i.operand(1));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Alu.sub(cpu, d.get(cpu), s.get(cpu), shift);
                if (Conditions.holds(cpu, code)) {
                    cpu.rip = target;
                }
            }
        };
    }

    private static Step compareMemory(Instruction i, int code, long target) {
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        if (i.operand(1).kind() != Kind.IMMEDIATE) {
            Slot s = Slot.of(i.operand(1));
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    Alu.sub(cpu, cpu.mmu.read(reading(cpu, size), size), s.get(cpu), shift);
                    if (Conditions.holds(cpu, code)) {
                        cpu.rip = target;
                    }
                }
            };
        }
        long b = i.immediate;
        if (size == 1) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    Alu.sub(cpu, cpu.mmu.read8(reading(cpu, 1)), b, 56);
                    if (Conditions.holds(cpu, code)) {
                        cpu.rip = target;
                    }
                }
            };
        }
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                Alu.sub(cpu, cpu.mmu.read(reading(cpu, size), size), b, shift);
                if (Conditions.holds(cpu, code)) {
                    cpu.rip = target;
                }
            }
        };
    }

    private static Step compareWithMemory(Instruction i, int code, long target) {
        Slot d = Slot.of(i.operand(0));
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                long b = cpu.mmu.read(reading(cpu, size), size);
                Alu.sub(cpu, d.get(cpu), b, shift);
                if (Conditions.holds(cpu, code)) {
                    cpu.rip = target;
                }
            }
        };
    }

    private static Step test(Instruction i, int code, long target) {
        Operand first = i.operand(0);
        Operand second = i.operand(1);
        int size = first.size();
        int shift = AluSteps.shift(i);
        if (first.kind() == Kind.MEMORY) {
            return testMemory(i, code, target);
        }
        if (size >= 4 && first.equals(second) && isEquality(code)) {
            int d = first.number();
            boolean equal = code == 4;
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    cpu.flagsLogic(cpu.gpr[d], shift);
                    if (cpu.zero() == equal) {
                        cpu.rip = target;
                    }
                }
            };
        }
        Slot d = Slot.of(first);
        if (second.kind() == Kind.IMMEDIATE) {
            long b = i.immediate;
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Alu.and(cpu, d.get(cpu), b, shift);
                    if (Conditions.holds(cpu, code)) {
                        cpu.rip = target;
                    }
                }
            };
        }
        Slot s = Slot.of(second);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Alu.and(cpu, d.get(cpu), s.get(cpu), shift);
                if (Conditions.holds(cpu, code)) {
                    cpu.rip = target;
                }
            }
        };
    }

    private static Step testMemory(Instruction i, int code, long target) {
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        if (i.operand(1).kind() == Kind.IMMEDIATE) {
            long b = i.immediate;
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    Alu.and(cpu, cpu.mmu.read(reading(cpu, size), size), b, shift);
                    if (Conditions.holds(cpu, code)) {
                        cpu.rip = target;
                    }
                }
            };
        }
        Slot s = Slot.of(i.operand(1));
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                Alu.and(cpu, cpu.mmu.read(reading(cpu, size), size), s.get(cpu), shift);
                if (Conditions.holds(cpu, code)) {
                    cpu.rip = target;
                }
            }
        };
    }

    /// ADD, SUB, AND, INC and DEC of wide registers.
    private static @Nullable Step result(IntegerOp op, Instruction i, int code, long target) {
        Operand first = i.operand(0);
        if (first.kind() != Kind.GPR || first.size() < 4) {
            return null;
        }
        int d = first.number();
        int shift = AluSteps.shift(i);
        long mask = Slot.mask(first.size());
        boolean single = i.operands.length == 1;
        if (!single && i.operand(1).kind() == Kind.MEMORY) {
            return null;
        }
        if (single || i.operand(1).kind() == Kind.IMMEDIATE) {
            long b = i.immediate;
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    cpu.gpr[d] = Alu.apply(cpu, op, cpu.gpr[d], b, shift) & mask;
                    if (Conditions.holds(cpu, code)) {
                        cpu.rip = target;
                    }
                }
            };
        }
        int s = i.operand(1).number();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                cpu.gpr[d] = Alu.apply(cpu, op, cpu.gpr[d], cpu.gpr[s], shift) & mask;
                if (Conditions.holds(cpu, code)) {
                    cpu.rip = target;
                }
            }
        };
    }
}
