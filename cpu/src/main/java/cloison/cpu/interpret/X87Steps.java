package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.X87Op;

/// Makes the steps of one family.
final class X87Steps {
    private X87Steps() {}

    static Step of(X87Op op, Instruction instruction) {
        throw new IllegalStateException("no step for " + op + " " + instruction);
    }
}
