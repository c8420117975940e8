package cloison.machine.processor;

import java.lang.foreign.MemorySegment;

/// Memory in which an engine writes host instructions and executes them.
///
/// It is seen twice, writable and executable, never both at one address.
///
/// **Owner:** one processor's thread executes; [#close] when none does any more.
public interface HostCode extends AutoCloseable {
    /// Offset of the faulting instruction's host address in the record that [#guard] names.
    int FAULT_RIP = 32;

    /// Bytes of that record.
    int FAULT_SIZE = 56;

    /// Gives host code.
    @FunctionalInterface
    interface Source {
        /// {@return `bytes` of code memory}
        HostCode allocate(long bytes);
    }

    /// What holds while a thread executes host code.
    interface Stay extends AutoCloseable {
        @Override
        void close();
    }

    /// {@return the memory as it is written}
    MemorySegment writable();

    /// {@return the address at which the first byte is executed}
    long base();

    /// Calls the function at `code` with `argument` in RDI (System V convention); {@return what it leaves in RAX}
    long enter(long code, long argument);

    /// Leads faults of the host's processor to the code at `exit`, with all registers as they were, after noting them
    /// in the record at `stack + displacement`: faults in this code, and wherever a jump from it went astray.
    ///
    /// @param stack what RSP is in this code, and nowhere else
    void guard(long exit, long stack, long displacement);

    /// Prepares the calling thread for executing code in which RSP is no stack; to be closed on the same thread.
    Stay stay();

    @Override
    void close();
}
