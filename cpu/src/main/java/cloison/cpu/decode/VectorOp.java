package cloison.cpu.decode;

/// MMX and SSE instructions, and those that save or load their state.
public enum VectorOp implements Op {
    ;
}
