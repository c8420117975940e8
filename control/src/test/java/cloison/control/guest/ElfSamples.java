package cloison.control.guest;

import cloison.machine.wire.Wire;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// Small ELF files for tests: just what says on what a file depends.
final class ElfSamples {
    private static final int STRINGS = 0x200;
    private static final long BASE = 0x40_0000;

    private ElfSamples() {}

    /// {@return a kernel module that names `modules`}
    static byte[] module(String... modules) {
        byte[] elf = header(0x400);
        byte[] names = "\0.modinfo\0.shstrtab\0".getBytes(StandardCharsets.ISO_8859_1);
        byte[] info = ("license=GPL\0depends=" + String.join(",", modules) + "\0name=sample\0")
                .getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(names, 0, elf, STRINGS, names.length);
        System.arraycopy(info, 0, elf, STRINGS + 0x80, info.length);
        Wire.put64(elf, 40, 64);
        Wire.put16(elf, 60, 3);
        Wire.put16(elf, 62, 2);
        section(elf, 1, 1, STRINGS + 0x80, info.length);
        section(elf, 2, 10, STRINGS, names.length);
        return elf;
    }

    /// {@return a program or library that names `libraries`}
    static byte[] dynamic(String... libraries) {
        byte[] elf = header(0x400);
        Wire.put64(elf, 32, 64);
        Wire.put16(elf, 56, 2);
        program(elf, 0, 1, 0, elf.length);
        int dynamic = 0x100;
        List<String> names = Arrays.asList(libraries);
        program(elf, 1, 2, dynamic, (names.size() + 2) * 16);
        int at = dynamic;
        int string = 1;
        for (String name : names) {
            Wire.put64(elf, at, 1);
            Wire.put64(elf, at + 8, string);
            byte[] text = name.getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(text, 0, elf, STRINGS + string, text.length);
            string += text.length + 1;
            at += 16;
        }
        Wire.put64(elf, at, 5);
        Wire.put64(elf, at + 8, BASE + STRINGS);
        return elf;
    }

    private static byte[] header(int size) {
        byte[] elf = new byte[size];
        Wire.put32(elf, 0, 0x464c457f);
        elf[4] = 2;
        elf[5] = 1;
        return elf;
    }

    private static void section(byte[] elf, int index, int name, int offset, int size) {
        Wire.put32(elf, 64 + index * 64, name);
        Wire.put64(elf, 64 + index * 64 + 24, offset);
        Wire.put64(elf, 64 + index * 64 + 32, size);
    }

    private static void program(byte[] elf, int index, int type, int offset, int size) {
        int at = 64 + index * 56;
        Wire.put32(elf, at, type);
        Wire.put64(elf, at + 8, offset);
        Wire.put64(elf, at + 16, BASE + offset);
        Wire.put64(elf, at + 32, size);
    }
}
