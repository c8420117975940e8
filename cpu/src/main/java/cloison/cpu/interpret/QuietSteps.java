package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import org.jspecify.annotations.Nullable;

/// Makes steps that compute a result and no flags, for instructions whose flags nobody sees ([LiveFlags]).
final class QuietSteps {
    private QuietSteps() {}

    /// {@return the step of `i` without flags, or null if there is none}
    static @Nullable Step of(Instruction i) {
        if (!(i.op() instanceof IntegerOp op) || i.operands.length < 2) {
            return null;
        }
        Operand target = i.operand(0);
        Operand source = i.operand(1);
        if (target.kind() != Kind.GPR || target.size() < 4) {
            return null;
        }
        int d = target.number();
        long mask = Slot.mask(target.size());
        if (i.operands.length == 3) {
            return op == IntegerOp.IMUL && source.kind() == Kind.GPR ? product(d, source.number(), i.immediate, mask) : null;
        }
        return switch (source.kind()) {
            case GPR -> source.size() == target.size() ? register(op, d, source.number(), mask) : null;
            case IMMEDIATE -> immediate(op, d, i.immediate, 8 * target.size(), mask);
            case CONSTANT -> immediate(op, d, 1, 8 * target.size(), mask);
            case MEMORY -> memory(op, i, d, target.size(), mask);
            default -> null;
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
            case ADC ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = cpu.gpr[d] + cpu.gpr[s] + (cpu.flagAux >>> 63) & mask;
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

    private static @Nullable Step immediate(IntegerOp op, int d, long value, int bits, long mask) {
        int places = (int) value & bits - 1;
        return switch (op) {
            case CMP, TEST -> new MiscSteps.Nothing();
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
            case SHR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = (cpu.gpr[d] & mask) >>> places;
                    }
                };
            case SAR -> {
                int up = 64 - bits;
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = cpu.gpr[d] << up >> up + places & mask;
                    }
                };
            }
            default -> null;
        };
    }

    private static @Nullable Step memory(IntegerOp op, Instruction i, int d, int size, long mask) {
        return switch (op) {
            case ADD ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = cpu.gpr[d] + b & mask;
                    }
                };
            case SUB ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = cpu.gpr[d] - b & mask;
                    }
                };
            case XOR ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        long b = cpu.mmu.read(reading(cpu, size), size);
                        cpu.gpr[d] = (cpu.gpr[d] ^ b) & mask;
                    }
                };
            default -> null;
        };
    }
}
