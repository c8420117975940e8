package cloison.cpu.interpret;

/// The interpreter's form of one instruction: operands resolved, nothing left to decode.
///
/// Steps are anonymous subclasses made by the factories (`IntegerSteps`, `SystemSteps`, ...), so that one virtual call
/// leads to straight code.
///
/// While a block runs, `rip` holds the address after the block's *last* instruction. A step that throws
/// `GuestFault` has changed nothing that repeating it would not; the block's loop finds out which step it was.
public abstract class Step {
    /// Executes the instruction.
    public abstract void run(Cpu cpu);
}
