package cloison.control.console;

import cloison.control.host.RunningGuest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.LockSupport;

/// What carries standard input to a guest's serial console.
///
/// A guest reads slowly or not at all. Input from a pipe then waits; keys of a terminal are lost once more have been
/// typed than anybody means, because [#LEAVE] must be seen all the same.
///
/// **Owner:** two threads of its own, one that reads and one that types; they die with the program, since a read of
/// standard input cannot be called off.
public final class Keyboard {
    /// The key that is the operator's: Ctrl-].
    public static final int LEAVE = 0x1d;

    private static final long RETRY_NANOS = 2_000_000;
    private static final int WAITING = 64;

    // wiring
    private final InputStream from;
    private final RunningGuest guest;
    private final boolean terminal;
    private final Runnable leave;
    private final BlockingQueue<byte[]> typed = new ArrayBlockingQueue<>(WAITING);

    /// A keyboard that types what `from` gives.
    ///
    /// @param terminal whether `from` is a terminal, where [#LEAVE] is a key of ours
    /// @param leave what that key does
    public Keyboard(InputStream from, RunningGuest guest, boolean terminal, Runnable leave) {
        this.from = from;
        this.guest = guest;
        this.terminal = terminal;
        this.leave = leave;
    }

    /// Starts to carry.
    public void start() {
        Thread.ofPlatform().daemon().name(guest.name() + "/keyboard").start(this::read);
        Thread.ofPlatform().daemon().name(guest.name() + "/typist").start(this::type);
    }

    private void read() {
        byte[] bytes = new byte[1024];
        try {
            for (int length = from.read(bytes); length >= 0; length = from.read(bytes)) {
                if (terminal) {
                    split(bytes, length);
                } else {
                    typed.put(Arrays.copyOf(bytes, length));
                }
            }
        } catch (IOException closed) {
            // Input that cannot be read any more is input that has ended; the guest runs on.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void split(byte[] bytes, int length) {
        int begin = 0;
        for (int i = 0; i < length; i++) {
            if (bytes[i] == LEAVE) {
                typed.offer(Arrays.copyOfRange(bytes, begin, i));
                leave.run();
                begin = i + 1;
            }
        }
        typed.offer(Arrays.copyOfRange(bytes, begin, length));
    }

    private void type() {
        try {
            while (true) {
                byte[] bytes = typed.take();
                int at = 0;
                while (at < bytes.length) {
                    int taken = guest.type(bytes, at, bytes.length - at);
                    at += taken;
                    if (taken == 0) {
                        LockSupport.parkNanos(RETRY_NANOS);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
