package cloison.linux.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/// The one call into code that we wrote ourselves.
@SuppressWarnings("restricted") // the native family "code": the linker, towards an address of ours
public final class CodeCalls {
    /// `long (long code, long argument)`: calls the function at `code` with `argument` in RDI by the System V
    /// convention, and gives back RAX. For `invokeExact`.
    public static final MethodHandle ENTER = enter();

    private CodeCalls() {}

    private static MethodHandle enter() {
        try {
            MethodHandle call = Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
            MethodHandle address = MethodHandles.lookup()
                    .findStatic(
                            MemorySegment.class, "ofAddress", MethodType.methodType(MemorySegment.class, long.class));
            return MethodHandles.filterArguments(call, 0, address);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
