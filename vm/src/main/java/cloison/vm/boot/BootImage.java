package cloison.vm.boot;

import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import cloison.vm.config.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// An operating system's image, recognised and checked, ready to be loaded into any number of partitions.
public sealed interface BootImage permits LinuxImage, PvhImage, MultibootImage {
    /// The smallest memory that any image is booted with.
    long LEAST_MEMORY = 8L << 20;

    /// What is loaded besides the image itself.
    ///
    /// @param initrd an initial RAM disk or boot module, or null
    /// @param commandLine the kernel's command line
    /// @param rsdp guest-physical address of the ACPI root pointer
    record Extras(byte @Nullable [] initrd, String commandLine, long rsdp) {
        byte[] commandLineBytes() {
            byte[] text = commandLine.getBytes(StandardCharsets.UTF_8);
            return Arrays.copyOf(text, text.length + 1);
        }
    }

    /// Writes the image and its extras into memory.
    ///
    /// @return the registers that the boot processor starts with
    /// @throws ConfigurationException if it does not fit
    ProcessorState load(GuestMemory memory, Extras extras);

    /// {@return the image in `file`}
    ///
    /// @throws ConfigurationException if it cannot be read or is of no known form
    static BootImage read(Path file) {
        byte[] bytes = bytes("kernel", file);
        if (LinuxImage.recognises(bytes)) {
            return new LinuxImage(file.toString(), bytes);
        }
        ElfFile elf = ElfFile.parse(bytes);
        if (elf != null && PvhImage.entry(elf) != PvhImage.NO_ENTRY) {
            return new PvhImage(file.toString(), elf);
        }
        int header = MultibootImage.findHeader(bytes);
        if (header >= 0) {
            return new MultibootImage(file.toString(), bytes, header, elf);
        }
        throw new ConfigurationException("kernel " + file
                + ": not a Linux bzImage, nor an ELF image with a PVH note, nor a Multiboot image;"
                + " pass a kernel such as /boot/vmlinuz-*");
    }

    /// {@return the bytes of the operator's `file`, called `what` in an error}
    static byte[] bytes(String what, Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            String why = !Files.exists(file) ? "no such file" : Files.isDirectory(file) ? "is a folder" : "unreadable";
            throw new ConfigurationException(what + " " + file + ": " + why + "; check the path");
        }
    }
}
