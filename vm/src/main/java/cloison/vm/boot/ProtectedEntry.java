package cloison.vm.boot;

import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import cloison.machine.processor.ProcessorState.Segment;
import cloison.machine.wire.Wire;

/// The registers for an image that is entered in 32-bit protected mode, paging off, flat segments.
final class ProtectedEntry {
    private ProtectedEntry() {}

    static ProcessorState at(GuestMemory memory, long entry) {
        byte[] gdt = new byte[0x20];
        Wire.put64(gdt, 0x10, 0x00CF_9B00_0000_FFFFL);
        Wire.put64(gdt, 0x18, 0x00CF_9300_0000_FFFFL);
        Placement.store(memory, Placement.GDT, gdt);
        ProcessorState state = new ProcessorState();
        state.gdtr = new ProcessorState.Table(Placement.GDT, gdt.length - 1);
        state.idtr = new ProcessorState.Table(0, 0);
        for (int i = ProcessorState.ES; i <= ProcessorState.GS; i++) {
            state.segments[i] = new Segment(0x18, 0, -1, 0xC093);
        }
        state.segments[ProcessorState.CS] = new Segment(0x10, 0, -1, 0xC09B);
        state.segments[ProcessorState.TR] = new Segment(0, 0, 0x67, 0x8B);
        state.cr0 = 0x11;
        state.rip = entry & 0xFFFF_FFFFL;
        return state;
    }
}
