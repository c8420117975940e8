package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.RAX;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import java.lang.invoke.VarHandle;
import java.security.SecureRandom;

/// Makes the steps of single flags, hints, fences, random numbers, and instructions that are meant to be undefined.
final class MiscSteps {
    private static final int LOW_FLAGS = Flags.SF | Flags.ZF | Flags.AF | Flags.PF | Flags.CF;

    /// The step of an instruction that does nothing, which a block may leave out.
    static final class Nothing extends Step {
        @Override
        public void run(Cpu cpu) {}
    }

    /// The step of bytes that are no instruction.
    static final class Undefined extends Step {
        @Override
        public void run(Cpu cpu) {
            throw GuestFault.undefined();
        }
    }

    private MiscSteps() {}

    static Step of(IntegerOp op, Instruction i) {
        return switch (op) {
            case NOP -> new Nothing();
            case UD0, UD1, UD2 -> new Undefined();
            case PAUSE ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.spinning();
                    }
                };
            case MFENCE, LFENCE, SFENCE ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        VarHandle.fullFence();
                    }
                };
            case CLFLUSH ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.mmu.probeRead(reading(cpu, 1), 1, 1);
                    }
                };
            case RDRAND, RDSEED -> random(i);
            default -> flag(op);
        };
    }

    private static Step random(Instruction i) {
        Slot d = Slot.of(i.operand(0));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                d.set(cpu, Entropy.SOURCE.nextLong());
                cpu.statusFlags(Flags.CF);
            }
        };
    }

    private static Step flag(IntegerOp op) {
        return switch (op) {
            case CLC, STC -> {
                boolean carry = op == IntegerOp.STC;
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        Alu.carry(cpu, carry);
                    }
                };
            }
            case CMC ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        Alu.carry(cpu, ~cpu.flagAux);
                    }
                };
            case CLD ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.flagRest &= ~Flags.DF;
                    }
                };
            case STD ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.flagRest |= Flags.DF;
                    }
                };
            case LAHF ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        long flags = cpu.statusFlags() & LOW_FLAGS | 2;
                        cpu.gpr[RAX] = cpu.gpr[RAX] & ~0xFF00L | flags << 8;
                    }
                };
            case SAHF ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        int flags = (int) cpu.gpr[RAX] >> 8;
                        cpu.statusFlags(cpu.statusFlags() & Flags.OF | flags & LOW_FLAGS);
                    }
                };
            case SALC ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[RAX] = cpu.gpr[RAX] & ~0xFFL | (cpu.carry() ? 0xFF : 0);
                    }
                };
            default -> throw new IllegalStateException("no step for " + op);
        };
    }

    /// Where RDRAND and RDSEED have their numbers from: the host's generator, fit for keys.
    private static final class Entropy {
        static final SecureRandom SOURCE = new SecureRandom();
    }
}
