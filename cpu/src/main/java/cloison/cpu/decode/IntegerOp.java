package cloison.cpu.decode;

/// Integer, control-flow and string instructions.
public enum IntegerOp implements Op {
    ;
}
