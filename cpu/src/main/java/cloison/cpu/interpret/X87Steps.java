package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.X87Op;

/// Makes the steps of x87 instructions.
final class X87Steps {
    private X87Steps() {}

    static Step of(X87Op op, Instruction instruction) {
        return switch (op) {
            case FWAIT,
                    FNOP,
                    FNENI,
                    FNDISI,
                    FNSETPM,
                    FNINIT,
                    FNCLEX,
                    FLDCW,
                    FNSTCW,
                    FNSTSW,
                    FNSTENV,
                    FLDENV,
                    FNSAVE,
                    FRSTOR -> X87Control.of(op, instruction);
        };
    }
}
