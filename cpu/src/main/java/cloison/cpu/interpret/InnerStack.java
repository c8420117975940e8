package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.TR;

import cloison.cpu.state.GuestFault;

/// The stack of an inner privilege level, as a 16- or 32-bit task-state segment names it.
///
/// @param selector of the stack segment
/// @param descriptor of the stack segment, checked
/// @param pointer where the stack begins
record InnerStack(int selector, long descriptor, long pointer) {
    /// {@return the stack for privilege level `cpl`}
    static InnerStack of(Cpu cpu, int cpl, int external) {
        boolean wide = (cpu.segmentAttributes[TR] & 8) != 0;
        int offset = wide ? 4 + 8 * cpl : 2 + 4 * cpl;
        int size = wide ? 4 : 2;
        if (offset + size + 1 > (cpu.segmentLimit[TR] & 0xFFFF_FFFFL)) {
            throw Descriptors.fault(GuestFault.TS, cpu.segmentSelector[TR], external);
        }
        long address = cpu.segmentBase[TR] + offset;
        long pointer = cpu.mmu.systemRead(address & 0xFFFF_FFFFL, size);
        int selector = (int) cpu.mmu.systemRead(address + size & 0xFFFF_FFFFL, 2);
        if (Descriptors.isNull(selector)) {
            throw GuestFault.of(GuestFault.TS, external);
        }
        return new InnerStack(
                selector, Segmentation.checkedStack(cpu, selector, cpl, GuestFault.TS, external), pointer);
    }
}
