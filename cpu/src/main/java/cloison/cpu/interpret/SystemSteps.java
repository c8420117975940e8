package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.SystemOp;

/// Makes the steps of one family.
final class SystemSteps {
    private SystemSteps() {}

    static Step of(SystemOp op, Instruction instruction) {
        throw new IllegalStateException("no step for " + op + " " + instruction);
    }
}
