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
            case FLD,
                    FST,
                    FSTP,
                    FSTPNCE,
                    FILD,
                    FIST,
                    FISTP,
                    FISTTP,
                    FBLD,
                    FBSTP,
                    FXCH,
                    FCMOVB,
                    FCMOVE,
                    FCMOVBE,
                    FCMOVU,
                    FCMOVNB,
                    FCMOVNE,
                    FCMOVNBE,
                    FCMOVNU,
                    FLD1,
                    FLDL2T,
                    FLDL2E,
                    FLDPI,
                    FLDLG2,
                    FLDLN2,
                    FLDZ -> X87Transfers.of(op, instruction);
            default -> X87Arithmetic.of(op, instruction);
        };
    }
}
