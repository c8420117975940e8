package cloison.linux.signal;

import static cloison.linux.sys.SignalCalls.MASK_SIZE;
import static cloison.linux.sys.SignalCalls.STACK_ADDRESS;
import static cloison.linux.sys.SignalCalls.STACK_BYTES;
import static cloison.linux.sys.SignalCalls.STACK_FLAGS;
import static cloison.linux.sys.SignalCalls.STACK_SIZE;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import cloison.linux.HostException;
import cloison.linux.sys.Errno;
import cloison.linux.sys.SignalCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A stack of its own for the signals of one thread, so that code on this thread may have anything in RSP; while it
/// is in force, all signals but those of processor faults are held back from this thread, so that none finds it so.
///
/// **Owner:** the thread that opened it, which also closes it.
@SuppressWarnings("MustBeClosedChecker") // the arena belongs to the object, which is closed
public final class SignalStack implements AutoCloseable {
    private static final long SIZE = 256 << 10;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment previousStack;
    private final MemorySegment previousMask;

    private SignalStack() {
        previousStack = arena.allocate(STACK_SIZE, 8);
        previousMask = arena.allocate(MASK_SIZE, 8);
        MemorySegment stack = arena.allocate(STACK_SIZE, 8);
        stack.set(JAVA_LONG, STACK_ADDRESS, arena.allocate(SIZE, 64).address());
        stack.set(JAVA_INT, STACK_FLAGS, 0);
        stack.set(JAVA_LONG, STACK_BYTES, SIZE);
        check("sigaltstack", SignalCalls.sigaltstack(stack, previousStack));
        MemorySegment mask = arena.allocate(MASK_SIZE, 8).fill((byte) -1);
        for (int signal : new int[] {
            SignalCalls.SIGSEGV, SignalCalls.SIGFPE, SignalCalls.SIGILL, SignalCalls.SIGTRAP, SignalCalls.SIGBUS
        }) {
            int bit = signal - 1;
            mask.set(JAVA_BYTE, bit >> 3, (byte) (mask.get(JAVA_BYTE, bit >> 3) & ~(1 << (bit & 7))));
        }
        check("pthread_sigmask", SignalCalls.setMask(mask, previousMask));
    }

    private static void check(String call, int result) {
        if (Errno.of(result) != 0) {
            throw new HostException("the host gives no signal stack (%s: %s); use --engine interpreter"
                    .formatted(call, Errno.text(Errno.of(result))));
        }
    }

    /// {@return a signal stack for the calling thread}
    public static SignalStack onThisThread() {
        return new SignalStack();
    }

    /// Gives the thread back the stack and the mask that it had.
    @Override
    public void close() {
        check("sigaltstack", SignalCalls.sigaltstack(previousStack, MemorySegment.NULL));
        check("pthread_sigmask", SignalCalls.setMask(previousMask, MemorySegment.NULL));
        arena.close();
    }
}
