package cloison.machine.processor;

/// What one virtual processor reaches outside itself: the hypervisor's side of every intercepted access.
///
/// An engine calls this on the processor's own thread in the middle of an instruction. Nothing here throws for what a
/// guest did: an access that the architecture refuses is refused by value.
public interface Intercepts {
    /// {@return what port `port` reads, zero-extended; all ones where nothing answers}
    ///
    /// @param size 1, 2 or 4
    int portIn(int port, int size);

    /// Writes `value` to port `port`.
    void portOut(int port, int size, int value);

    /// {@return what the device at a guest-physical address reads, zero-extended; all ones where nothing answers}
    ///
    /// @param size 1, 2, 4 or 8; the access does not cross a page
    long memoryRead(long gpa, int size);

    /// Writes to the device at a guest-physical address.
    void memoryWrite(long gpa, int size, long value);

    /// Completes the answer of CPUID, which already holds what the engine implements: `registers` is EAX, EBX, ECX,
    /// EDX. Hypervisor leaves, topology, and the hypervisor-present bit come from here.
    void cpuid(int leaf, int subleaf, int[] registers);

    /// {@return whether this MSR, which the engine does not have itself, can be read now; false means #GP}
    boolean canReadMsr(int index);

    /// {@return the MSR's value; only after [#canReadMsr] said yes}
    long readMsr(int index);

    /// Writes an MSR that the engine does not have itself; {@return false for #GP}
    boolean writeMsr(int index, long value);

    /// {@return whether the hypercall instruction exists now; false means #UD}
    boolean hypercallsEnabled();

    /// Serves a hypercall made at CPL 0 in protected or long mode; {@return the result value}
    ///
    /// @param control the input control word
    /// @param input guest-physical address of the input block, or the first fast argument
    /// @param output guest-physical address of the output block, or the second fast argument
    long hypercall(long control, long input, long output);

    /// {@return the time-stamp counter}
    long timeStamp();
}
