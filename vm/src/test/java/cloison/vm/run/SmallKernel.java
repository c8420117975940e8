package cloison.vm.run;

import cloison.cpu.decode.Asm;
import cloison.machine.wire.Wire;
import cloison.vm.config.BootSource;
import cloison.vm.config.EngineName;
import cloison.vm.config.PartitionConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A kernel of a few instructions, written in a test: entered in 32-bit protected mode with flat segments.
public final class SmallKernel {
    /// Where a write of v ends the run with status 2v+1.
    static final int DEBUG_EXIT = 0xF4;

    private static final long LOADED_AT = 0x10_0000;
    private static final int HEADER = 0x20;
    private static final int NOTE = 0x80;
    private static final int CODE = 0x100;

    private SmallKernel() {}

    /// {@return a partition of 16 MiB that boots `program` as a Multiboot kernel}
    public static PartitionConfig partition(Path folder, String name, boolean noReboot, String program)
            throws IOException {
        byte[] code = Asm.bytes(32, LOADED_AT + HEADER, program);
        byte[] file = new byte[HEADER + code.length];
        int flags = 1 << 16;
        Wire.put32(file, 0, 0x1BAD_B002);
        Wire.put32(file, 4, flags);
        Wire.put32(file, 8, -(0x1BAD_B002 + flags));
        Wire.put32(file, 12, (int) LOADED_AT);
        Wire.put32(file, 16, (int) LOADED_AT);
        Wire.put32(file, 28, (int) LOADED_AT + HEADER);
        System.arraycopy(code, 0, file, HEADER, code.length);
        return partition(Files.write(folder.resolve(name), file), name, noReboot);
    }

    /// {@return a partition of 16 MiB that boots `program` as an ELF file with a PVH note}
    static PartitionConfig pvhPartition(Path folder, String name, String program) throws IOException {
        byte[] code = Asm.bytes(32, LOADED_AT, program);
        byte[] file = new byte[CODE + code.length];
        Wire.put32(file, 0, 0x464C_457F);
        Wire.put8(file, 4, 1);
        Wire.put8(file, 5, 1);
        Wire.put16(file, 0x12, 3);
        Wire.put32(file, 0x1C, 0x40);
        Wire.put16(file, 0x2A, 0x20);
        Wire.put16(file, 0x2C, 2);
        programHeader(file, 0x40, 1, CODE, code.length);
        programHeader(file, 0x60, 4, NOTE, 20);
        Wire.put32(file, NOTE, 4);
        Wire.put32(file, NOTE + 4, 4);
        Wire.put32(file, NOTE + 8, 18);
        Wire.put32(file, NOTE + 12, 0x006E_6558);
        Wire.put32(file, NOTE + 16, (int) LOADED_AT);
        System.arraycopy(code, 0, file, CODE, code.length);
        return partition(Files.write(folder.resolve(name), file), name, true);
    }

    private static void programHeader(byte[] file, int at, int type, int from, int length) {
        Wire.put32(file, at, type);
        Wire.put32(file, at + 4, from);
        Wire.put32(file, at + 8, (int) LOADED_AT);
        Wire.put32(file, at + 12, (int) LOADED_AT);
        Wire.put32(file, at + 16, length);
        Wire.put32(file, at + 20, length);
    }

    private static PartitionConfig partition(Path kernel, String name, boolean noReboot) {
        return new PartitionConfig(
                name,
                PartitionConfig.LEAST_MEMORY,
                1,
                EngineName.INTERPRETER,
                new BootSource(kernel, null, ""),
                List.of(),
                noReboot,
                DEBUG_EXIT);
    }
}
