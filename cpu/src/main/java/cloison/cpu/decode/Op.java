package cloison.cpu.decode;

/// What an instruction does, whatever its operands' form: one constant per mnemonic, in one family per meaning.
public sealed interface Op permits IntegerOp, SystemOp, X87Op, VectorOp, AvxOp {
    /// {@return the mnemonic}
    String name();
}
