package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;

/// Makes the steps of one family.
final class IntegerSteps {
    private IntegerSteps() {}

    static Step of(IntegerOp op, Instruction instruction) {
        throw new IllegalStateException("no step for " + op + " " + instruction);
    }
}
