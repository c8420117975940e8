package cloison.cpu.decode;

/// Instructions that see privilege, segments, modes, ports or translation.
public enum SystemOp implements Op {
    ;
}
