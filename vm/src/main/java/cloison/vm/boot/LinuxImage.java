package cloison.vm.boot;

import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import cloison.machine.processor.ProcessorState.Segment;
import cloison.machine.wire.Wire;
import cloison.vm.config.ConfigurationException;
import java.util.List;

/// A Linux bzImage, entered in 64-bit mode.
///
/// Source: Linux `Documentation/x86/boot.rst`, sections "The Real-Mode Kernel Header" and "64-bit Boot Protocol", and
/// `zero-page.rst`.
public final class LinuxImage implements BootImage {
    private static final int SETUP_SECTORS = 0x1F1;
    private static final int SYSTEM_PARAGRAPHS = 0x1F4;
    private static final int MAGIC = 0x202;
    private static final int HEADER_SIGNATURE = 0x5372_6448;
    private static final int VERSION = 0x206;
    private static final int LOADER_TYPE = 0x210;
    private static final int INITRD_ADDRESS = 0x218;
    private static final int INITRD_SIZE = 0x21C;
    private static final int COMMAND_LINE_POINTER = 0x228;
    private static final int INITRD_LIMIT = 0x22C;
    private static final int ALIGNMENT = 0x230;
    private static final int RELOCATABLE = 0x234;
    private static final int XLOADFLAGS = 0x236;
    private static final int COMMAND_LINE_SIZE = 0x238;
    private static final int PREFERRED_ADDRESS = 0x258;
    private static final int INIT_SIZE = 0x260;
    private static final int HEADER_END = 0x268;

    private static final int ZERO_PAGE_RSDP = 0x070;
    private static final int ZERO_PAGE_E820_COUNT = 0x1E8;
    private static final int ZERO_PAGE_E820 = 0x2D0;
    private static final int E820_ENTRY = 20;

    private static final int ENTRY_64 = 0x200;

    private final String name;
    private final byte[] file;

    LinuxImage(String name, byte[] file) {
        this.name = name;
        this.file = file;
        if (Wire.u16(file, VERSION) < 0x20C || (Wire.u16(file, XLOADFLAGS) & 1) == 0) {
            throw new ConfigurationException(
                    "kernel " + name + ": has no 64-bit entry; pass an x86-64 kernel of Linux 3.8 or later");
        }
        if (payload() >= file.length || payload() + 16 * Wire.u32(file, SYSTEM_PARAGRAPHS) > file.length) {
            throw new ConfigurationException("kernel " + name + ": is cut short; copy it again");
        }
    }

    static boolean recognises(byte[] file) {
        return file.length > HEADER_END && Wire.u16(file, 0x1FE) == 0xAA55 && Wire.i32(file, MAGIC) == HEADER_SIGNATURE;
    }

    private int payload() {
        int sectors = Wire.u8(file, SETUP_SECTORS);
        return ((sectors == 0 ? 4 : sectors) + 1) * 512;
    }

    @Override
    public ProcessorState load(GuestMemory memory, Extras extras) {
        long initSize = Wire.u32(file, INIT_SIZE);
        long start = loadAddress(memory, initSize);
        int payload = payload();
        Placement.store(memory, start, file, payload, file.length - payload);

        byte[] zeroPage = new byte[GuestMemory.PAGE_SIZE];
        int headerEnd = Math.min(0x202 + Wire.u8(file, 0x201), HEADER_END + 0x28);
        System.arraycopy(file, SETUP_SECTORS, zeroPage, SETUP_SECTORS, headerEnd - SETUP_SECTORS);
        Wire.put8(zeroPage, LOADER_TYPE, 0xFF);
        Wire.put64(zeroPage, ZERO_PAGE_RSDP, extras.rsdp());
        Placement.storeCommandLine(
                memory, extras, (int) Math.min(Placement.COMMAND_LINE_LIMIT, Wire.u32(file, COMMAND_LINE_SIZE) + 1));
        Wire.put32(zeroPage, COMMAND_LINE_POINTER, (int) Placement.COMMAND_LINE);
        byte[] initrd = extras.initrd();
        if (initrd != null) {
            long limit = Wire.u32(file, INITRD_LIMIT) + 1;
            long address = Placement.placeInitrd(memory, initrd, start + initSize, limit);
            Wire.put32(zeroPage, INITRD_ADDRESS, (int) address);
            Wire.put32(zeroPage, INITRD_SIZE, initrd.length);
        }
        List<MemoryMap.Range> map = MemoryMap.of(memory).ranges();
        Wire.put8(zeroPage, ZERO_PAGE_E820_COUNT, map.size());
        for (int i = 0; i < map.size(); i++) {
            int at = ZERO_PAGE_E820 + i * E820_ENTRY;
            Wire.put64(zeroPage, at, map.get(i).start());
            Wire.put64(zeroPage, at + 8, map.get(i).size());
            Wire.put32(zeroPage, at + 16, map.get(i).kind().code());
        }
        Placement.store(memory, Placement.INFO, zeroPage);
        return entry(memory, start + ENTRY_64);
    }

    private long loadAddress(GuestMemory memory, long initSize) {
        long preferred = Wire.u64(file, PREFERRED_ADDRESS);
        if (preferred + initSize <= memory.lowSize()) {
            return preferred;
        }
        long alignment = Math.max(Wire.u32(file, ALIGNMENT), GuestMemory.PAGE_SIZE);
        long lowest = Placement.alignUp(MemoryMap.FIRMWARE_END, alignment);
        if (Wire.u8(file, RELOCATABLE) == 0 || lowest + initSize > memory.lowSize()) {
            throw new ConfigurationException("kernel %s needs %d MiB of memory to start, the partition has %d MiB;"
                            .formatted(name, (lowest + initSize + (1 << 20) - 1) >> 20, memory.ramSize() >> 20)
                    + " raise --memory");
        }
        return lowest;
    }

    /// Long mode, the first 4 GiB mapped one to one with 2 MiB pages, flat segments.
    private static ProcessorState entry(GuestMemory memory, long rip) {
        byte[] tables = new byte[6 * GuestMemory.PAGE_SIZE];
        int page = GuestMemory.PAGE_SIZE;
        Wire.put64(tables, 0, (Placement.PAGE_TABLES + page) | 3);
        for (int gib = 0; gib < 4; gib++) {
            long directory = Placement.PAGE_TABLES + (2L + gib) * page;
            Wire.put64(tables, page + gib * 8, directory | 3);
            for (int i = 0; i < 512; i++) {
                Wire.put64(tables, (2 + gib) * page + i * 8, ((long) gib << 30) + ((long) i << 21) | 0x83);
            }
        }
        Placement.store(memory, Placement.PAGE_TABLES, tables);
        byte[] gdt = new byte[0x20];
        Wire.put64(gdt, 0x10, 0x00AF_9B00_0000_FFFFL);
        Wire.put64(gdt, 0x18, 0x00CF_9300_0000_FFFFL);
        Placement.store(memory, Placement.GDT, gdt);

        ProcessorState state = new ProcessorState();
        state.gdtr = new ProcessorState.Table(Placement.GDT, gdt.length - 1);
        state.idtr = new ProcessorState.Table(0, 0);
        for (int i = ProcessorState.ES; i <= ProcessorState.GS; i++) {
            state.segments[i] = new Segment(0x18, 0, -1, 0xC093);
        }
        state.segments[ProcessorState.CS] = new Segment(0x10, 0, -1, 0xA09B);
        state.cr0 = 0x8005_0033L;
        state.cr3 = Placement.PAGE_TABLES;
        state.cr4 = 0x20;
        state.efer = 0x500;
        state.gpr[ProcessorState.RSI] = Placement.INFO;
        state.rip = rip;
        return state;
    }
}
