package cloison.linux.signal;

import cloison.linux.code.CodeMemory;
import cloison.machine.processor.HostCode;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Code memory for an engine, with its faults caught.
///
/// **Owner:** who allocated it.
public final class GuardedCode implements HostCode {
    private final CodeMemory memory;
    private @Nullable Guard guard;

    private GuardedCode(CodeMemory memory) {
        this.memory = memory;
    }

    /// {@return `bytes` of code memory}
    ///
    /// @throws cloison.linux.HostException if the host refuses; [CodeMemory#refusal] told why beforehand
    public static GuardedCode allocate(long bytes) {
        return new GuardedCode(CodeMemory.allocate(bytes));
    }

    @Override
    public MemorySegment writable() {
        return memory.writable();
    }

    @Override
    public long base() {
        return memory.base();
    }

    @Override
    public long enter(long code, long argument) {
        return CodeMemory.enter(code, argument);
    }

    @Override
    public void guard(long exit, long stack, long displacement) {
        guard = FaultCatcher.installed().guard(memory.base(), memory.size(), exit, stack + displacement, stack);
    }

    @Override
    public Stay stay() {
        SignalStack stack = SignalStack.onThisThread();
        return stack::close;
    }

    @Override
    public void close() {
        Guard of = guard;
        if (of != null) {
            of.close();
        }
        memory.close();
    }
}
