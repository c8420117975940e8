package cloison.cpu.decode;

/// x87 instructions.
public enum X87Op implements Op {
    // control
    FWAIT,
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
    FRSTOR;
}
