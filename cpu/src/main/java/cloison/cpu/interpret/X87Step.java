package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import org.jspecify.annotations.Nullable;

/// A step of an x87 instruction that waits for exceptions and leaves its address in FIP.
abstract class X87Step extends Step {
    /// FOP: the low three bits of the first opcode byte, and ModRM.
    private final int opcode;

    private final long instruction;
    private final @Nullable Address memory;

    X87Step(Instruction i) {
        opcode = (i.row.form().opcode() & 7) << 8 | i.modrm;
        instruction = i.address;
        boolean accesses = false;
        for (Operand operand : i.operands) {
            accesses |= operand.kind() == Kind.MEMORY;
        }
        memory = accesses ? new Address(i) : null;
    }

    @Override
    public final void run(Cpu cpu) {
        X87.readyAndWait(cpu);
        execute(cpu);
        cpu.x87Instruction = instruction;
    }

    /// Does what the instruction does; may throw before it has changed anything.
    abstract void execute(Cpu cpu);

    /// {@return where a store goes that raised `raised`: checked, unless an unmasked exception prevents the store}
    final long target(Cpu cpu, int size, int raised) {
        if (!X87.stores(cpu, raised)) {
            return 0;
        }
        long at = memory().write(cpu, size);
        cpu.mmu.probeWrite(at, size, Math.min(size, 8));
        return at;
    }

    /// {@return the memory operand}
    final Address memory() {
        if (memory == null) {
            throw new IllegalStateException("the instruction has no memory operand");
        }
        return memory;
    }

    /// Notes where an unmasked exception happened: FOP, and FDP if there is a memory operand.
    final void note(Cpu cpu) {
        cpu.x87Opcode = opcode;
        if (memory != null) {
            cpu.x87Operand = memory.offset(cpu);
        }
    }
}
