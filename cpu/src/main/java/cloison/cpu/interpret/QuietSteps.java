package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import org.jspecify.annotations.Nullable;

/// Makes steps that compute a result and no flags, for instructions whose flags nobody sees ([LiveFlags]): the frequent
/// ones, with 4- and 8-byte registers.
final class QuietSteps {
    private QuietSteps() {}

    /// {@return the step of `i` without flags, or null if there is none}
    static @Nullable Step of(Instruction i) {
        if (!(i.op() instanceof IntegerOp op) || i.operands.length == 0) {
            return null;
        }
        Operand target = i.operand(0);
        if (target.kind() != Kind.GPR || target.size() < 4) {
            return null;
        }
        int d = target.number();
        int size = target.size();
        if (i.operands.length == 1) {
            return single(op, d, Slot.mask(size));
        }
        Operand source = i.operand(1);
        if (i.operands.length == 3) {
            return op == IntegerOp.IMUL && source.kind() == Kind.GPR
                    ? product(d, source.number(), i.immediate, Slot.mask(size))
                    : null;
        }
        return switch (source.kind()) {
            case GPR -> source.size() == size ? register(op, d, source.number(), Slot.mask(size)) : null;
            case IMMEDIATE -> immediate(op, d, i.immediate, size);
            case CONSTANT -> immediate(op, d, source.number(), size);
            case MEMORY -> memory(op, i, d, size);
            default -> null;
        };
    }

    private static @Nullable Step single(IntegerOp op, int d, long mask) {
        return switch (op) {
            case INC -> sum(d, 1, mask);
            case DEC -> sum(d, -1, mask);
            case NEG ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = -cpu.gpr[d] & mask;
                    }
                };
            default -> null;
        };
    }

    private static Step sum(int d, long addend, long mask) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                cpu.gpr[d] = cpu.gpr[d] + addend & mask;
            }
        };
    }

    private static Step product(int d, int s, long factor, long mask) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                cpu.gpr[d] = cpu.gpr[s] * factor & mask;
            }
        };
    }

    private static @Nullable Step register(IntegerOp op, int d, int s, long mask) {
        return switch (op) {
            case CMP, TEST -> new MiscSteps.Nothing();
            case ADD ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = cpu.gpr[d] + cpu.gpr[s] & mask;
                    }
                };
            case ADC ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = cpu.gpr[d] + cpu.gpr[s] + (cpu.flagAux >>> 63) & mask;
                    }
                };
            case SUB ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = cpu.gpr[d] - cpu.gpr[s] & mask;
                    }
                };
            case AND ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] &= cpu.gpr[s] & mask;
                    }
                };
            case OR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = (cpu.gpr[d] | cpu.gpr[s]) & mask;
                    }
                };
            case XOR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = (cpu.gpr[d] ^ cpu.gpr[s]) & mask;
                    }
                };
            case IMUL ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = cpu.gpr[d] * cpu.gpr[s] & mask;
                    }
                };
            default -> null;
        };
    }

    private static @Nullable Step immediate(IntegerOp op, int d, long value, int size) {
        long mask = Slot.mask(size);
        int places = (int) value & 8 * size - 1;
        return switch (op) {
            case CMP, TEST -> new MiscSteps.Nothing();
            case ADD -> sum(d, value, mask);
            case SUB -> sum(d, -value, mask);
            case AND ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] &= value & mask;
                    }
                };
            case OR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = (cpu.gpr[d] | value) & mask;
                    }
                };
            case XOR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = (cpu.gpr[d] ^ value) & mask;
                    }
                };
            case SHL ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = cpu.gpr[d] << places & mask;
                    }
                };
            case SHR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = (cpu.gpr[d] & mask) >>> places;
                    }
                };
            case SAR -> {
                int unused = 64 - 8 * size;
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = cpu.gpr[d] << unused >> unused >> places & mask;
                    }
                };
            }
            default -> null;
        };
    }

    private static @Nullable Step memory(IntegerOp op, Instruction i, int d, int size) {
        long mask = Slot.mask(size);
        return switch (op) {
            case ADD ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long value = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = cpu.gpr[d] + value & mask;
                    }
                };
            case XOR ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long value = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = (cpu.gpr[d] ^ value) & mask;
                    }
                };
            default -> null;
        };
    }
}
