package cloison.cpu.decode;

/// x87 instructions.
public enum X87Op implements Op {
    ;
}
