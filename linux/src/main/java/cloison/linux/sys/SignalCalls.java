package cloison.linux.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// Signal dispositions, masks and stacks: `sigaction`, `pthread_sigmask`, `sigaltstack`.
///
/// Every call answers 0, or `-errno`. Only for Linux on x86-64 with the C library's structures.
@SuppressWarnings("restricted") // the native family "signal": the linker
public final class SignalCalls {
    // asm/signal.h
    public static final int SIGILL = 4;
    public static final int SIGTRAP = 5;
    public static final int SIGBUS = 7;
    public static final int SIGFPE = 8;
    public static final int SIGSEGV = 11;
    public static final int SA_SIGINFO = 4;
    public static final int SA_ONSTACK = 0x0800_0000;
    public static final int SA_RESTART = 0x1000_0000;
    public static final int SIG_SETMASK = 2;
    public static final int SS_DISABLE = 2;

    /// `struct sigaction` of the C library.
    ///
    /// ```text
    ///  0        8                  136    140   144        152
    ///  +--------+------------------+------+-----+----------+
    ///  | handler| mask, 1024 bits  | flags| pad | restorer |
    ///  +--------+------------------+------+-----+----------+
    /// ```
    public static final int ACTION_SIZE = 152;

    public static final int ACTION_HANDLER = 0;
    public static final int ACTION_MASK = 8;
    public static final int ACTION_FLAGS = 136;
    /// `sigset_t` of the C library.
    public static final int MASK_SIZE = 128;
    /// `stack_t`: address, flags (32 bits, padded), size.
    public static final int STACK_SIZE = 24;

    public static final int STACK_ADDRESS = 0;
    public static final int STACK_FLAGS = 8;
    public static final int STACK_BYTES = 16;

    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle SIGACTION = call("sigaction", JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle SIGMASK = call("pthread_sigmask", JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle SIGALTSTACK = call("sigaltstack", ADDRESS, ADDRESS);

    private SignalCalls() {}

    private static MethodHandle call(String name, ValueLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(JAVA_INT, arguments),
                Linker.Option.captureCallState("errno"));
    }

    private static int result(int result, MemorySegment captured) {
        return result == -1 ? -(int) ERRNO.get(captured, 0L) : result;
    }

    private static AssertionError impossible(Throwable thrown) {
        return new AssertionError("a C function threw", thrown);
    }

    /// Installs `action` for a signal unless it is NULL, and tells the old one unless `old` is NULL; {@return 0}
    public static int sigaction(int signal, MemorySegment action, MemorySegment old) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            return result((int) SIGACTION.invokeExact(captured, signal, action, old), captured);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /// Replaces this thread's mask of blocked signals and tells the old one; {@return 0}
    public static int setMask(MemorySegment mask, MemorySegment old) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            int error = (int) SIGMASK.invokeExact(captured, SIG_SETMASK, mask, old);
            return -error;
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /// Gives this thread another signal stack and tells the old one; {@return 0}
    public static int sigaltstack(MemorySegment stack, MemorySegment old) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            return result((int) SIGALTSTACK.invokeExact(captured, stack, old), captured);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }
}
