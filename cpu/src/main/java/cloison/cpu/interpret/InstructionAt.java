package cloison.cpu.interpret;

import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.Disassembler;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.SystemOp;
import cloison.cpu.state.GuestFault;
import cloison.machine.processor.ProcessorState;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Decodes the instruction at RIP again, for rare faults and for reports.
final class InstructionAt {
    private InstructionAt() {}

    /// {@return the bytes at RIP that can be fetched, at most `most`}
    static byte[] bytes(Cpu cpu, int most) {
        byte[] bytes = new byte[most];
        int count = 0;
        long cr2 = cpu.cr2;
        try {
            while (count < most) {
                long linear = cpu.longMode
                        ? cpu.rip + count
                        : cpu.segmentBase[ProcessorState.CS] + cpu.rip + count & 0xFFFF_FFFFL;
                long place = cpu.mmu.fetch(linear);
                if (place < 0) {
                    break;
                }
                bytes[count++] = cpu.mmu.store().get(ValueLayout.JAVA_BYTE, place);
            }
        } catch (GuestFault _) {
            // as many as there are
        }
        cpu.cr2 = cr2;
        return Arrays.copyOf(bytes, count);
    }

    /// {@return the instruction at RIP, or null}
    static @Nullable Instruction decode(Cpu cpu) {
        byte[] bytes = bytes(cpu, Decoder.LONGEST);
        return new Decoder(OpcodeTable.of(cpu.model)).decode(bytes, 0, bytes.length, cpu.codeSize(), cpu.rip);
    }

    /// {@return the text of the instruction at RIP}
    static String text(Cpu cpu) {
        Instruction instruction = decode(cpu);
        return instruction == null ? "(no instruction)" : Disassembler.text(instruction);
    }

    /// {@return whether the instruction at RIP reaches `address` through SS or the stack pointer}
    static boolean usesStack(Cpu cpu, long address) {
        Instruction instruction = decode(cpu);
        if (instruction == null) {
            return false;
        }
        boolean memory = false;
        for (Operand operand : instruction.operands) {
            memory |= operand.kind() == Operand.Kind.MEMORY || operand.kind() == Operand.Kind.GATHERED;
        }
        boolean implicit = usesStackUnnamed(instruction);
        // some access more than what the operand names, such as BT with a register
        if (memory && (!implicit || new Address(instruction).read(cpu, 1) == address)) {
            return instruction.segment == ProcessorState.SS;
        }
        return implicit;
    }

    private static boolean usesStackUnnamed(Instruction instruction) {
        return switch (instruction.op()) {
            case IntegerOp op ->
                switch (op) {
                    case PUSH, POP, PUSHF, POPF, CALL, RET, ENTER, LEAVE -> true;
                    default -> false;
                };
            case SystemOp op ->
                switch (op) {
                    case PUSH, POP, CALLF, RETF, IRET -> true;
                    default -> false;
                };
            default -> false;
        };
    }
}
