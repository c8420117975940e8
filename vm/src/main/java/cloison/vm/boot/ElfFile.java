package cloison.vm.boot;

import cloison.machine.memory.GuestMemory;
import cloison.machine.wire.Wire;
import cloison.vm.config.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a loader needs of an ELF executable for i386 or x86-64: entry, loadable segments, notes.
///
/// Source: System V ABI, "Object Files" and "Program Loading".
///
/// @param bytes the whole file
/// @param entry virtual address of the entry point
/// @param segments program headers of types load and note
record ElfFile(byte[] bytes, long entry, List<Segment> segments) {
    private static final int PT_LOAD = 1;
    private static final int PT_NOTE = 4;

    /// A program header.
    record Segment(int type, int fileAt, int fileSize, long virtual, long physical, long memorySize) {
        boolean loadable() {
            return type == PT_LOAD;
        }

        boolean note() {
            return type == PT_NOTE;
        }
    }

    /// {@return the file's contents, or null if it is no such executable or its headers lie outside it}
    static @Nullable ElfFile parse(byte[] file) {
        if (file.length < 0x40 || Wire.i32(file, 0) != 0x464C_457F || Wire.u8(file, 5) != 1) {
            return null;
        }
        boolean wide = Wire.u8(file, 4) == 2;
        int machine = Wire.u16(file, 0x12);
        if (machine != (wide ? 62 : 3)) {
            return null;
        }
        long entry = wide ? Wire.u64(file, 0x18) : Wire.u32(file, 0x18);
        long headers = wide ? Wire.u64(file, 0x20) : Wire.u32(file, 0x1C);
        int size = Wire.u16(file, wide ? 0x36 : 0x2A);
        int count = Wire.u16(file, wide ? 0x38 : 0x2C);
        if (size < (wide ? 0x38 : 0x20) || headers < 0 || headers + (long) size * count > file.length) {
            return null;
        }
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Segment segment = segment(file, (int) headers + i * size, wide);
            if (!segment.loadable() && !segment.note()) {
                continue;
            }
            if (segment.fileAt() < 0
                    || segment.fileSize() < 0
                    || (long) segment.fileAt() + segment.fileSize() > file.length
                    || segment.memorySize() < segment.fileSize()) {
                return null;
            }
            segments.add(segment);
        }
        return new ElfFile(file, entry, List.copyOf(segments));
    }

    private static Segment segment(byte[] file, int at, boolean wide) {
        if (wide) {
            return new Segment(
                    Wire.i32(file, at),
                    narrow(Wire.u64(file, at + 8)),
                    narrow(Wire.u64(file, at + 0x20)),
                    Wire.u64(file, at + 0x10),
                    Wire.u64(file, at + 0x18),
                    Wire.u64(file, at + 0x28));
        }
        return new Segment(
                Wire.i32(file, at),
                narrow(Wire.u32(file, at + 4)),
                narrow(Wire.u32(file, at + 0x10)),
                Wire.u32(file, at + 8),
                Wire.u32(file, at + 0xC),
                Wire.u32(file, at + 0x14));
    }

    private static int narrow(long value) {
        return value < 0 || value > Integer.MAX_VALUE ? -1 : (int) value;
    }

    /// Writes all loadable segments at their physical addresses; memory is zero already.
    ///
    /// @return the address after the last byte
    long load(GuestMemory memory, String name) {
        long end = 0;
        for (Segment segment : segments) {
            if (!segment.loadable()) {
                continue;
            }
            if (segment.physical() < MemoryMap.IMAGE_START
                    || !memory.present(segment.physical(), segment.memorySize())) {
                throw new ConfigurationException(
                        "kernel %s: its segment at 0x%x (%d bytes) lies outside the partition's %d MiB above 1 MiB;"
                                        .formatted(
                                                name, segment.physical(), segment.memorySize(), memory.ramSize() >> 20)
                                + " raise --memory or link it elsewhere");
            }
            Placement.store(memory, segment.physical(), bytes, segment.fileAt(), segment.fileSize());
            end = Math.max(end, segment.physical() + segment.memorySize());
        }
        return end;
    }

    /// {@return the physical address of a virtual one that lies in a loadable segment, else the address itself}
    long physical(long virtual) {
        for (Segment segment : segments) {
            if (segment.loadable()
                    && virtual >= segment.virtual()
                    && virtual < segment.virtual() + segment.memorySize()) {
                return virtual - segment.virtual() + segment.physical();
            }
        }
        return virtual;
    }
}
