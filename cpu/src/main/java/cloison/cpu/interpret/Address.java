package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.state.CpuState;
import cloison.machine.processor.ProcessorState;

/// The memory operand of a step: computes the linear address.
///
/// In 64-bit mode only FS and GS have a base and nothing is checked here (a non-canonical address never has a
/// translation, so the MMU finds it). In the other modes the segment's limit, type and presence are checked.
public final class Address {
    private final int base;
    private final int index;
    private final int scale;
    private final long displacement;
    private final long mask;
    private final int segment;
    private final boolean flat;

    public Address(Instruction instruction) {
        base = instruction.base;
        index = instruction.index;
        scale = instruction.scale;
        displacement = instruction.displacement;
        mask = instruction.addressSize == 8 ? -1 : instruction.addressSize == 4 ? 0xFFFF_FFFFL : 0xFFFFL;
        flat = instruction.mode == 64;
        boolean based = !flat || instruction.segment == ProcessorState.FS || instruction.segment == ProcessorState.GS;
        segment = based ? instruction.segment : CpuState.FLAT;
    }

    /// {@return the effective address: the offset in its segment}
    public long offset(Cpu cpu) {
        long[] gpr = cpu.gpr;
        return (gpr[base] + (gpr[index] << scale) + displacement) & mask;
    }

    /// {@return the linear address for reading `size` bytes}
    public long read(Cpu cpu, int size) {
        long offset = offset(cpu);
        return flat ? offset + cpu.segmentBase[segment] : Segmentation.read(cpu, segment, offset, size);
    }

    /// {@return the linear address for reading `size` bytes at a distance from the operand}
    public long readAt(Cpu cpu, long distance, int size) {
        long offset = cpu.gpr[base] + (cpu.gpr[index] << scale) + displacement + distance & mask;
        return flat ? offset + cpu.segmentBase[segment] : Segmentation.read(cpu, segment, offset, size);
    }

    /// {@return the linear address for writing, or reading and writing, `size` bytes}
    public long write(Cpu cpu, int size) {
        long offset = offset(cpu);
        return flat ? offset + cpu.segmentBase[segment] : Segmentation.write(cpu, segment, offset, size);
    }
}
