package cloison.cpu.interpret;

/// Tells whether a non-canonical address was one of the stack, so that #SS is due and not #GP.
///
/// The translation does not know why it was asked; the instruction, decoded again when this rare fault is met, does.
final class StackFaults {
    private StackFaults() {}

    /// {@return whether the #GP(0) being raised by the instruction at RIP came from its stack segment}
    static boolean concerns(Cpu cpu) {
        long address = cpu.mmu.badAddress;
        if (address == 0 || !cpu.longMode) {
            return false;
        }
        cpu.mmu.badAddress = 0;
        return InstructionAt.usesStack(cpu, address);
    }
}
