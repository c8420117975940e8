package cloison.cpu.differential;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.VectorOp;
import java.util.Set;

/// Faults of which the manuals leave open which one is told, or whether there is one (SDM volume 3, 7.9 and 7.15,
/// interrupt 17: alignment requirements of some data are the processor's own).
final class OpenFaults {
    static final int ALIGNMENT = 17;
    private static final int PAGE_FAULT = 14;
    private static final Set<Integer> OF_MEMORY = Set.of(12, 13, PAGE_FAULT, ALIGNMENT);

    private static final Set<String> FAR_POINTERS = Set.of("LDS", "LES", "LSS", "LFS", "LGS");
    /// Whether these check alignment, and of what, is open.
    private static final Set<String> OWN_ALIGNMENT = Set.of("CMPXCHG16B", "CMPS", "JMPF", "POPA", "BOUND");

    private OpenFaults() {}

    /// {@return whether the outcomes of an instruction differ only in that}
    ///
    /// @param memory linear address of its memory operand
    /// @param amd whether the host's processor is of AMD's make: alignment checks were only looked at there
    static boolean both(Instruction instruction, long memory, boolean amd, MachineState host, MachineState ours) {
        if (host.vector == ours.vector && host.rip == ours.rip) {
            return false;
        }
        boolean alignment = host.vector == ALIGNMENT || ours.vector == ALIGNMENT;
        if (alignment && (!amd || own(instruction))) {
            return true;
        }
        if (host.vector == ours.vector
                || host.rip != ours.rip
                || !OF_MEMORY.contains(host.vector)
                || !OF_MEMORY.contains(ours.vector)) {
            return false;
        }
        // in a segment with a limit, memory may break the limit here and the paging or the alignment there
        boolean paging = host.vector == PAGE_FAULT || ours.vector == PAGE_FAULT;
        boolean vector = instruction.op() instanceof VectorOp || instruction.op() instanceof AvxOp;
        boolean misaligned = (memory & instruction.vectorSize - 1) != 0 && vector;
        boolean limit = instruction.mode == 16 && (paging || pieces(instruction))
                || instruction.mode == 32 && paging && pieces(instruction)
                || instruction.mode != 64 && misaligned && !paging;
        return alignment || limit;
    }

    private static boolean pieces(Instruction instruction) {
        String op = instruction.op().name();
        return Comparison.SCATTERED.contains(op) || FAR_POINTERS.contains(op);
    }

    private static boolean own(Instruction instruction) {
        boolean special =
                pieces(instruction) || OWN_ALIGNMENT.contains(instruction.op().name());
        for (Operand operand : instruction.operands) {
            special |= operand.kind() == Kind.SEGMENT || operand.kind() == Kind.MEMORY && operand.size() > 8;
        }
        return special;
    }
}
