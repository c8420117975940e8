package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.VectorOp;

/// Makes the steps of one family.
final class VectorSteps {
    private VectorSteps() {}

    static Step of(VectorOp op, Instruction instruction) {
        throw new IllegalStateException("no step for " + op + " " + instruction);
    }
}
