package cloison.vm.boot;

import cloison.machine.memory.GuestMemory;
import cloison.vm.config.ConfigurationException;

/// Where things go in low memory, and the writing of them there.
final class Placement {
    static final long GDT = 0x1000;
    static final long INFO = 0x2000;
    static final long COMMAND_LINE = 0x3000;
    static final int COMMAND_LINE_LIMIT = 0x1000;
    static final long PAGE_TABLES = 0x4000;
    static final long LISTS = 0xA000;

    private Placement() {}

    static long alignUp(long value, long alignment) {
        return (value + alignment - 1) & -alignment;
    }

    /// Puts an initrd as high as possible below `limit`, but not below `floor`.
    ///
    /// @return its address
    static long placeInitrd(GuestMemory memory, byte[] initrd, long floor, long limit) {
        long top = Math.min(memory.lowSize(), limit);
        long address = (top - initrd.length) & -GuestMemory.PAGE_SIZE;
        if (address < floor) {
            throw new ConfigurationException(
                    "initrd of %d MiB does not fit into %d MiB of memory beside the kernel; raise --memory"
                            .formatted((initrd.length + (1 << 20) - 1) >> 20, memory.ramSize() >> 20));
        }
        store(memory, address, initrd);
        return address;
    }

    /// Writes bytes to RAM that the caller knows to be there.
    static void store(GuestMemory memory, long address, byte[] bytes) {
        store(memory, address, bytes, 0, bytes.length);
    }

    static void store(GuestMemory memory, long address, byte[] bytes, int at, int length) {
        if (!memory.write(address, bytes, at, length)) {
            throw new ConfigurationException(
                    "the image needs memory at 0x%x, which a partition of %d MiB does not have;"
                                    .formatted(address, memory.ramSize() >> 20)
                            + " raise --memory");
        }
    }

    static void storeCommandLine(GuestMemory memory, BootImage.Extras extras, int limit) {
        byte[] text = extras.commandLineBytes();
        if (text.length > limit) {
            throw new ConfigurationException(
                    "command line of %d bytes is longer than the kernel's limit of %d; shorten --append"
                            .formatted(text.length - 1, limit - 1));
        }
        store(memory, COMMAND_LINE, text);
    }
}
