package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.state.CpuState;
import cloison.machine.processor.ProcessorState;

/// A step with a memory operand, whose address it computes itself: see [Address], of which this is the hot form.
abstract class MemoryStep extends Step {
    private final int base;
    private final int index;
    private final int scale;
    private final long displacement;
    private final long mask;
    private final int segment;
    /// Whether the offset is the linear address: 64-bit mode and address, no segment with a base.
    private final boolean plain;

    private final boolean flat;

    MemoryStep(Instruction instruction) {
        base = instruction.base;
        index = instruction.index;
        scale = instruction.scale;
        displacement = instruction.displacement;
        mask = Slot.mask(instruction.addressSize);
        flat = instruction.mode == 64;
        boolean based = !flat || instruction.segment == ProcessorState.FS || instruction.segment == ProcessorState.GS;
        segment = based ? instruction.segment : CpuState.FLAT;
        plain = !based && instruction.addressSize == 8;
    }

    /// {@return the linear address for reading `size` bytes}
    final long reading(Cpu cpu, int size) {
        long[] gpr = cpu.gpr;
        long offset = gpr[base] + (gpr[index] << scale) + displacement;
        return plain ? offset : segmented(cpu, offset & mask, size, false);
    }

    /// {@return the linear address for writing, or reading and writing, `size` bytes}
    final long writing(Cpu cpu, int size) {
        long[] gpr = cpu.gpr;
        long offset = gpr[base] + (gpr[index] << scale) + displacement;
        return plain ? offset : segmented(cpu, offset & mask, size, true);
    }

    /// Like [#reading] and [#writing], at a distance from the operand (bit strings).
    final long distant(Cpu cpu, long distance, int size, boolean write) {
        long[] gpr = cpu.gpr;
        long offset = gpr[base] + (gpr[index] << scale) + displacement + distance;
        return plain ? offset : segmented(cpu, offset & mask, size, write);
    }

    private long segmented(Cpu cpu, long offset, int size, boolean write) {
        if (flat) {
            return offset + cpu.segmentBase[segment];
        }
        return write ? Segmentation.write(cpu, segment, offset, size) : Segmentation.read(cpu, segment, offset, size);
    }
}
