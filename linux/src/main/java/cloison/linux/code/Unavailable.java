package cloison.linux.code;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/// Stands for the entry into code on hosts that have none.
final class Unavailable {
    static final MethodHandle ENTER = entry();

    private Unavailable() {}

    private static long enter(long code, long argument) {
        throw new IllegalStateException("no executable memory on this host: ask CodeMemory.available() first");
    }

    private static MethodHandle entry() {
        try {
            return MethodHandles.lookup()
                    .findStatic(Unavailable.class, "enter", MethodType.methodType(long.class, long.class, long.class));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
