package cloison.control.console;

import cloison.machine.agent.Doorbell;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;

/// The bytes that a guest sends over its serial console, on their way to who reads them.
///
/// A processor's thread offers them and must not wait, so they cross in a ring to a thread that may. If the reader is
/// slow, the ring fills, the byte is refused and the guest waits: nothing is lost and nothing grows.
///
/// **Owner:** one thread at a time offers (the serial port's lock sees to it); the ring's own thread reads.
public final class ConsoleOutput implements IntPredicate, AutoCloseable {
    private static final int SIZE = 1 << 16;

    // wiring
    private final Reader reader;
    private final Thread thread;
    private final Doorbell doorbell = new Doorbell();

    // state
    private final byte[] ring = new byte[SIZE];
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong read = new AtomicLong();
    private volatile boolean closing;

    /// What takes a guest's output, on the ring's thread.
    public interface Reader {
        /// Takes bytes; the array is used again afterwards.
        void take(byte[] from, int length);

        /// There will be no more.
        default void end() {}
    }

    /// A ring to `reader` with a thread of its own.
    public ConsoleOutput(String guest, Reader reader) {
        this.reader = reader;
        this.thread = Thread.ofPlatform().daemon().name(guest + "/console").start(this::pass);
    }

    /// {@return whether there was room for the byte}
    @Override
    public boolean test(int value) {
        long at = written.getPlain();
        if (at - read.getAcquire() == SIZE) {
            return false;
        }
        ring[(int) at & (SIZE - 1)] = (byte) value;
        written.setRelease(at + 1);
        doorbell.ring();
        return true;
    }

    /// Lets the reader have what is left, and ends the thread.
    @Override
    public void close() {
        closing = true;
        doorbell.ring();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass() {
        byte[] batch = new byte[SIZE];
        while (true) {
            boolean last = closing;
            int length = drain(batch);
            if (length > 0) {
                reader.take(batch, length);
            } else if (last) {
                reader.end();
                return;
            } else {
                doorbell.await(Long.MAX_VALUE);
            }
        }
    }

    private int drain(byte[] into) {
        long from = read.getPlain();
        int length = (int) (written.getAcquire() - from);
        for (int i = 0; i < length; i++) {
            into[i] = ring[(int) (from + i) & (SIZE - 1)];
        }
        read.setRelease(from + length);
        return length;
    }
}
