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

/// A Multiboot kernel of a few instructions, written in a test: entered in 32-bit protected mode with flat segments.
final class SmallKernel {
    /// Where a write of v ends the run with status 2v+1.
    static final int DEBUG_EXIT = 0xF4;

    private static final long LOADED_AT = 0x10_0000;
    private static final int HEADER = 0x20;

    private SmallKernel() {}

    /// {@return a partition of 16 MiB that boots `program`}
    static PartitionConfig partition(Path folder, String name, boolean noReboot, String program) throws IOException {
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
        Path kernel = Files.write(folder.resolve(name), file);
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
