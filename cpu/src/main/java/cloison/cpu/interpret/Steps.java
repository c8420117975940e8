package cloison.cpu.interpret;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.SystemOp;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.decode.X87Op;

/// Makes the step of a decoded instruction.
public final class Steps {
    private Steps() {}

    /// {@return the step that executes `instruction`}
    public static Step of(Instruction instruction) {
        return switch (instruction.op()) {
            case IntegerOp op -> IntegerSteps.of(op, instruction);
            case SystemOp op -> SystemSteps.of(op, instruction);
            case X87Op op -> X87Steps.of(op, instruction);
            case VectorOp op -> VectorSteps.of(op, instruction);
            case AvxOp op -> AvxSteps.of(op, instruction);
        };
    }
}
