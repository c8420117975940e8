package cloison.vm.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What a partition boots: a kernel that the loader recognises by its bytes, and what is handed to it.
///
/// @param kernel a Linux bzImage, or a multiboot or PVH ELF image
/// @param initrd the initial RAM disk, or `null` for none
/// @param append the kernel command line
public record BootSource(Path kernel, @Nullable Path initrd, String append) {
    /// The longest command line that x86 Linux takes, without its final zero.
    public static final int LONGEST_COMMAND_LINE = 2047;

    /// Refuses a command line that the kernel would cut off or not see.
    public BootSource {
        if (append.length() > LONGEST_COMMAND_LINE) {
            throw new ConfigurationException("the kernel command line has " + append.length()
                    + " characters; a kernel takes at most " + LONGEST_COMMAND_LINE);
        }
        if (append.indexOf('\0') >= 0 || append.indexOf('\n') >= 0) {
            throw new ConfigurationException(
                    "the kernel command line must be one line of text; it has a line break or a zero");
        }
    }
}
