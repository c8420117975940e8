package cloison.control.console;

import cloison.control.host.RunningGuest;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.locks.LockSupport;

/// What carries standard input to a guest's serial console.
///
/// **Owner:** a thread of its own, which dies with the program: a read of standard input cannot be called off.
public final class Keyboard {
    /// The key that leaves the guest: Ctrl-].
    public static final int LEAVE = 0x1d;

    private static final long RETRY_NANOS = 2_000_000;

    // wiring
    private final InputStream from;
    private final RunningGuest guest;
    private final boolean terminal;
    private final Runnable leave;

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
        Thread.ofPlatform().daemon().name(guest.name() + "/keyboard").start(this::carry);
    }

    private void carry() {
        byte[] bytes = new byte[1024];
        try {
            for (int length = from.read(bytes); length >= 0; length = from.read(bytes)) {
                int typed = terminal ? beforeLeaving(bytes, length) : length;
                type(bytes, typed);
                if (typed < length) {
                    leave.run();
                    return;
                }
            }
        } catch (IOException closed) {
            // Input that cannot be read any more is input that has ended; the guest runs on.
        }
    }

    private static int beforeLeaving(byte[] bytes, int length) {
        int at = 0;
        while (at < length && bytes[at] != LEAVE) {
            at++;
        }
        return at;
    }

    /// A guest reads slowly or not at all; input then waits here, where it takes no memory.
    private void type(byte[] bytes, int length) {
        int at = 0;
        while (at < length) {
            int taken = guest.type(bytes, at, length - at);
            at += taken;
            if (taken == 0) {
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }
}
