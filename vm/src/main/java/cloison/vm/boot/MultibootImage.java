package cloison.vm.boot;

import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import cloison.machine.wire.Wire;
import cloison.vm.config.ConfigurationException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A Multiboot (version 1) image: ELF, or flat with the address fields of its header.
///
/// Source: Multiboot Specification version 0.6.96, sections 3.1 to 3.3.
public final class MultibootImage implements BootImage {
    private static final int HEADER_MAGIC = 0x1BAD_B002;
    private static final int LOADER_MAGIC = 0x2BAD_B002;
    private static final int SEARCH = 8192;
    private static final int FLAG_ADDRESSES = 1 << 16;
    private static final int FLAGS_KNOWN = 0x3 | FLAG_ADDRESSES;

    private static final int INFO_SIZE = 120;
    private static final int MODULE_SIZE = 16;
    private static final int MAP_ENTRY_SIZE = 24;
    private static final int NAME_AT = 0x800;

    private final String name;
    private final byte[] file;
    private final int header;
    private final @Nullable ElfFile elf;

    MultibootImage(String name, byte[] file, int header, @Nullable ElfFile elf) {
        this.name = name;
        this.file = file;
        this.header = header;
        this.elf = elf;
        int flags = Wire.i32(file, header + 4);
        if ((flags & 0xFFFF & ~FLAGS_KNOWN) != 0) {
            throw new ConfigurationException(
                    "kernel %s: its Multiboot header demands a feature that is not provided (flags 0x%x); only page"
                                    .formatted(name, flags)
                            + " alignment and memory information are");
        }
        if ((flags & FLAG_ADDRESSES) == 0 && elf == null) {
            throw new ConfigurationException("kernel " + name
                    + ": its Multiboot header has no load addresses and it is no ELF file for x86; set flag 16");
        }
    }

    /// {@return where the header is, or -1}
    static int findHeader(byte[] file) {
        for (int at = 0; at + 12 <= Math.min(file.length, SEARCH); at += 4) {
            int magic = Wire.i32(file, at);
            if (magic == HEADER_MAGIC && magic + Wire.i32(file, at + 4) + Wire.i32(file, at + 8) == 0) {
                boolean addresses = (Wire.i32(file, at + 4) & FLAG_ADDRESSES) != 0;
                return addresses && at + 32 > file.length ? -1 : at;
            }
        }
        return -1;
    }

    private record Loaded(long entry, long end) {}

    private Loaded loadImage(GuestMemory memory) {
        if ((Wire.i32(file, header + 4) & FLAG_ADDRESSES) == 0 && elf != null) {
            return new Loaded(elf.physical(elf.entry()), elf.load(memory, name));
        }
        long headerAddress = Wire.u32(file, header + 12);
        long loadAddress = Wire.u32(file, header + 16);
        long loadEnd = Wire.u32(file, header + 20);
        long bssEnd = Wire.u32(file, header + 24);
        long from = header - (headerAddress - loadAddress);
        long size = loadEnd == 0 ? file.length - from : loadEnd - loadAddress;
        long end = Math.max(bssEnd, loadAddress + size);
        if (from < 0 || size < 0 || from + size > file.length) {
            throw new ConfigurationException(
                    "kernel " + name + ": the load addresses of its Multiboot header lie outside the file");
        }
        if (loadAddress < MemoryMap.FIRMWARE_END || !memory.present(loadAddress, end - loadAddress)) {
            throw new ConfigurationException(
                    "kernel %s: loads at 0x%x to 0x%x, outside the partition's %d MiB above 1 MiB;"
                                    .formatted(name, loadAddress, end, memory.ramSize() >> 20)
                            + " raise --memory or link it elsewhere");
        }
        Placement.store(memory, loadAddress, file, (int) from, (int) size);
        return new Loaded(Wire.u32(file, header + 28), end);
    }

    @Override
    public ProcessorState load(GuestMemory memory, Extras extras) {
        Loaded loaded = loadImage(memory);
        Placement.storeCommandLine(memory, extras, Placement.COMMAND_LINE_LIMIT);
        byte[] info = new byte[INFO_SIZE];
        byte[] lists = new byte[GuestMemory.PAGE_SIZE];
        int flags = 1 | 1 << 2 | 1 << 6 | 1 << 9;
        Wire.put32(info, 4, (int) (MemoryMap.LOW_END >> 10));
        Wire.put32(info, 8, (int) ((memory.lowSize() - MemoryMap.FIRMWARE_END) >> 10));
        Wire.put32(info, 16, (int) Placement.COMMAND_LINE);
        byte[] initrd = extras.initrd();
        if (initrd != null) {
            long address = Placement.placeInitrd(memory, initrd, loaded.end(), GuestMemory.HOLE_START);
            flags |= 1 << 3;
            Wire.put32(info, 20, 1);
            Wire.put32(info, 24, (int) Placement.LISTS);
            Wire.put32(lists, 0, (int) address);
            Wire.put32(lists, 4, (int) (address + initrd.length));
        }
        List<MemoryMap.Range> map = MemoryMap.of(memory).ranges();
        for (int i = 0; i < map.size(); i++) {
            int at = MODULE_SIZE + i * MAP_ENTRY_SIZE;
            Wire.put32(lists, at, MAP_ENTRY_SIZE - 4);
            Wire.put64(lists, at + 4, map.get(i).start());
            Wire.put64(lists, at + 12, map.get(i).size());
            Wire.put32(lists, at + 20, map.get(i).kind().code());
        }
        Wire.put32(info, 44, map.size() * MAP_ENTRY_SIZE);
        Wire.put32(info, 48, (int) Placement.LISTS + MODULE_SIZE);
        byte[] loader = "cloison\0".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(loader, 0, lists, NAME_AT, loader.length);
        Wire.put32(info, 64, (int) Placement.LISTS + NAME_AT);
        Wire.put32(info, 0, flags);
        Placement.store(memory, Placement.LISTS, lists);
        Placement.store(memory, Placement.INFO, info);
        ProcessorState state = ProtectedEntry.at(memory, loaded.entry());
        state.gpr[ProcessorState.RAX] = LOADER_MAGIC;
        state.gpr[ProcessorState.RBX] = Placement.INFO;
        return state;
    }
}
