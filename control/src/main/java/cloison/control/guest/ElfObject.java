package cloison.control.guest;

import cloison.machine.wire.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A 64-bit little-endian ELF file, asked only for what it depends on.
final class ElfObject {
    private static final int HEADER_SIZE = 64;
    private static final int PROGRAM_HEADER_SIZE = 56;
    private static final int SECTION_HEADER_SIZE = 64;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final int DT_NEEDED = 1;
    private static final int DT_STRTAB = 5;

    private final Path path;
    private final byte[] bytes;

    private ElfObject(Path path, byte[] bytes) {
        this.path = path;
        this.bytes = bytes;
    }

    /// {@return the ELF file at `path`}
    static ElfObject read(Path path) throws IOException {
        return of(path, Files.readAllBytes(path));
    }

    /// {@return the ELF file with these bytes; `path` is for messages}
    static ElfObject of(Path path, byte[] bytes) throws IOException {
        if (bytes.length < HEADER_SIZE || Wire.u32(bytes, 0) != 0x464c457fL || bytes[4] != 2 || bytes[5] != 1) {
            throw new IOException(path + " is not a 64-bit little-endian ELF file");
        }
        return new ElfObject(path, bytes);
    }

    /// {@return the shared libraries that the file names, in its order}
    List<String> neededLibraries() throws IOException {
        try {
            return dynamicNames();
        } catch (IndexOutOfBoundsException cut) {
            throw new IOException(path + " is cut off", cut);
        }
    }

    /// {@return the kernel modules that a kernel module names, in its order}
    List<String> neededModules() throws IOException {
        try {
            String depends = moduleInfo("depends=");
            return depends == null || depends.isEmpty() ? List.of() : List.of(depends.split(","));
        } catch (IndexOutOfBoundsException cut) {
            throw new IOException(path + " is cut off", cut);
        }
    }

    private List<String> dynamicNames() {
        int dynamic = programHeader(PT_DYNAMIC, -1);
        if (dynamic < 0) {
            return List.of();
        }
        int at = (int) Wire.u64(bytes, dynamic + 8);
        int end = at + (int) Wire.u64(bytes, dynamic + 32);
        List<Long> names = new ArrayList<>();
        long table = 0;
        for (; at < end; at += 16) {
            long tag = Wire.u64(bytes, at);
            if (tag == DT_NEEDED) {
                names.add(Wire.u64(bytes, at + 8));
            } else if (tag == DT_STRTAB) {
                table = Wire.u64(bytes, at + 8);
            }
        }
        int load = programHeader(PT_LOAD, table);
        if (load < 0) {
            return List.of();
        }
        long strings = table - Wire.u64(bytes, load + 16) + Wire.u64(bytes, load + 8);
        return names.stream().map(name -> text((int) (strings + name))).toList();
    }

    /// {@return where the first program header of a type is, one that holds the address unless that is negative; or -1}
    private int programHeader(int type, long address) {
        int first = (int) Wire.u64(bytes, 32);
        int count = Wire.u16(bytes, 56);
        for (int i = 0; i < count; i++) {
            int at = first + i * PROGRAM_HEADER_SIZE;
            long start = Wire.u64(bytes, at + 16);
            boolean holds = address < 0 || address >= start && address - start < Wire.u64(bytes, at + 32);
            if (Wire.u32(bytes, at) == type && holds) {
                return at;
            }
        }
        return -1;
    }

    /// {@return the value of a `key=` in section `.modinfo`, or `null`}
    private @Nullable String moduleInfo(String key) {
        int sections = (int) Wire.u64(bytes, 40);
        int count = Wire.u16(bytes, 60);
        int names = sectionOffset(sections, Wire.u16(bytes, 62));
        for (int i = 0; i < count; i++) {
            int header = sections + i * SECTION_HEADER_SIZE;
            if (!text(names + (int) Wire.u32(bytes, header)).equals(".modinfo")) {
                continue;
            }
            int at = (int) Wire.u64(bytes, header + 24);
            int end = at + (int) Wire.u64(bytes, header + 32);
            while (at < end) {
                String entry = text(at);
                if (entry.startsWith(key)) {
                    return entry.substring(key.length());
                }
                at += entry.length() + 1;
            }
        }
        return null;
    }

    private int sectionOffset(int sections, int index) {
        return (int) Wire.u64(bytes, sections + index * SECTION_HEADER_SIZE + 24);
    }

    private String text(int at) {
        int end = at;
        while (bytes[end] != 0) {
            end++;
        }
        return new String(bytes, at, end - at, StandardCharsets.ISO_8859_1);
    }
}
