package cloison.vm.boot;

import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import cloison.vm.config.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// An operating system's image, recognised and checked, ready to be loaded into a partition's memory.
public sealed interface BootImage permits LinuxImage, PvhImage, MultibootImage {
    /// The smallest memory that any image is booted with.
    long LEAST_MEMORY = 8L << 20;

    /// The most bytes that an image's file may have.
    int LARGEST_FILE = 256 << 20;

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
        byte[] bytes = bytes("kernel", file, LARGEST_FILE);
        if (bytes == null) {
            throw new ConfigurationException("kernel " + file + ": is larger than %d MiB;".formatted(LARGEST_FILE >> 20)
                    + " pass the image that boots, or strip it of what debuggers need");
        }
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

    /// {@return the initial RAM disk or boot module in `file`, for a partition with so much memory}
    ///
    /// @throws ConfigurationException if it cannot be read or is larger than the memory
    static byte[] initrd(Path file, long memoryBytes) {
        // It is on the heap while it is loaded.
        long heap = Runtime.getRuntime().maxMemory() / 2;
        byte[] bytes = bytes("initrd", file, (int) Math.min(Math.min(memoryBytes, heap), Integer.MAX_VALUE - 16));
        if (bytes == null) {
            throw new ConfigurationException(
                    memoryBytes <= heap
                            ? "initrd %s: is larger than the %d MiB of memory; raise --memory"
                                    .formatted(file, memoryBytes >> 20)
                            : "initrd %s: is larger than half of the program's heap of %d MiB; give it more,"
                                            .formatted(file, heap >> 19)
                                    + " for example CLOISON_JAVA_OPTIONS=-Xmx4g");
        }
        return bytes;
    }

    /// {@return the bytes of the operator's `file`, called `what` in an error; null if they are more than `limit`}
    private static byte @Nullable [] bytes(String what, Path file, int limit) {
        try (InputStream from = Files.newInputStream(file)) {
            if (Files.size(file) > limit) {
                return null;
            }
            byte[] bytes = from.readNBytes(limit + 1);
            return bytes.length > limit ? null : bytes;
        } catch (IOException e) {
            String why = !Files.exists(file) ? "no such file" : Files.isDirectory(file) ? "is a folder" : "unreadable";
            throw new ConfigurationException(what + " " + file + ": " + why + "; check the path", e);
        }
    }
}
