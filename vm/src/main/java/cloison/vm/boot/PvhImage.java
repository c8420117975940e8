package cloison.vm.boot;

import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import cloison.machine.wire.Wire;
import java.util.List;

/// An ELF image with the note that names its PVH entry point.
///
/// Source: Xen `docs/misc/pvh.pandoc`; `xen/include/public/arch-x86/hvm/start_info.h` (version 1 of the structure);
/// `xen/include/public/elfnote.h` (note 18, physical 32-bit entry).
public final class PvhImage implements BootImage {
    static final long NO_ENTRY = -1;
    private static final int NOTE_PHYS32_ENTRY = 18;
    private static final int START_MAGIC = 0x336E_C578;
    private static final int START_INFO_SIZE = 56;
    private static final int MODULE_SIZE = 32;
    private static final int MAP_ENTRY_SIZE = 24;

    private final String name;
    private final ElfFile elf;

    PvhImage(String name, ElfFile elf) {
        this.name = name;
        this.elf = elf;
    }

    /// {@return the physical entry address that the image's note gives, or [#NO_ENTRY]}
    static long entry(ElfFile elf) {
        for (ElfFile.Segment segment : elf.segments()) {
            if (segment.note()) {
                long entry = entry(elf.bytes(), segment.fileAt(), segment.fileAt() + segment.fileSize());
                if (entry != NO_ENTRY) {
                    return entry;
                }
            }
        }
        return NO_ENTRY;
    }

    private static long entry(byte[] file, int from, int to) {
        long at = from;
        while (at + 12 <= to) {
            long nameSize = Wire.u32(file, (int) at);
            long size = Wire.u32(file, (int) at + 4);
            long nameAt = at + 12;
            long dataAt = nameAt + Placement.alignUp(nameSize, 4);
            long next = dataAt + Placement.alignUp(size, 4);
            if (dataAt + size > to) {
                return NO_ENTRY;
            }
            boolean xen = nameSize == 4 && Wire.i32(file, (int) nameAt) == 0x006E_6558;
            if (xen && Wire.i32(file, (int) at + 8) == NOTE_PHYS32_ENTRY && size >= 4) {
                return Wire.u32(file, (int) dataAt);
            }
            at = next;
        }
        return NO_ENTRY;
    }

    @Override
    public ProcessorState load(GuestMemory memory, Extras extras) {
        long end = elf.load(memory, name);
        Placement.storeCommandLine(memory, extras, Placement.COMMAND_LINE_LIMIT);
        byte[] info = new byte[START_INFO_SIZE];
        byte[] lists = new byte[GuestMemory.PAGE_SIZE];
        Wire.put32(info, 0, START_MAGIC);
        Wire.put32(info, 4, 1);
        byte[] initrd = extras.initrd();
        if (initrd != null) {
            Wire.put64(lists, 0, Placement.placeInitrd(memory, initrd, end, GuestMemory.HOLE_START));
            Wire.put64(lists, 8, initrd.length);
            Wire.put32(info, 12, 1);
            Wire.put64(info, 16, Placement.LISTS);
        }
        Wire.put64(info, 24, Placement.COMMAND_LINE);
        Wire.put64(info, 32, extras.rsdp());
        List<MemoryMap.Range> map = MemoryMap.of(memory).ranges();
        for (int i = 0; i < map.size(); i++) {
            int at = MODULE_SIZE + i * MAP_ENTRY_SIZE;
            Wire.put64(lists, at, map.get(i).start());
            Wire.put64(lists, at + 8, map.get(i).size());
            Wire.put32(lists, at + 16, map.get(i).kind().code());
        }
        Wire.put64(info, 40, Placement.LISTS + MODULE_SIZE);
        Wire.put32(info, 48, map.size());
        Placement.store(memory, Placement.LISTS, lists);
        Placement.store(memory, Placement.INFO, info);
        ProcessorState state = ProtectedEntry.at(memory, entry(elf));
        state.gpr[ProcessorState.RBX] = Placement.INFO;
        return state;
    }
}
