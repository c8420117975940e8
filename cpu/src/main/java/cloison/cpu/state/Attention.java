package cloison.cpu.state;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Why a processor shall stop executing blocks and look around. Bits are set by any thread and taken by the
/// processor's.
public final class Attention {
    /// Something may have become deliverable: an interrupt, an NMI, a trap.
    public static final int LOOK = 1;
    /// Return from the run.
    public static final int LEAVE = 2;
    /// Guest-physical pages moved: forget all translations.
    public static final int MAPPING = 4;
    /// Cached code was stored to: verify blocks again.
    public static final int CODE_CHANGED = 8;
    /// A page became code: forget translations that allow storing to it.
    public static final int CODE_APPEARED = 16;
    /// Another processor wants to be the only one that executes.
    public static final int EXCLUSIVE = 32;

    /// Another processor wants translations forgotten, and waits for it.
    public static final int FORGET = 64;

    private static final VarHandle BITS;

    static {
        try {
            BITS = MethodHandles.lookup().findVarHandle(Attention.class, "bits", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile int bits;
    private Runnable ring = () -> {};
    private Runnable still = () -> {};

    public Attention() {}

    /// Names what to do when something becomes set, from any thread, and when all is clear.
    public void bell(Runnable onSet, Runnable onClear) {
        ring = onSet;
        still = onClear;
    }

    /// Lets the bell be still if nothing is set.
    public void settle() {
        if (bits == 0) {
            still.run();
            if (bits != 0) {
                ring.run();
            }
        }
    }

    /// {@return whether anything is set}
    public boolean any() {
        return bits != 0;
    }

    /// Sets bits.
    public void raise(int of) {
        if ((bits & of) != of) {
            BITS.getAndBitwiseOr(this, of);
            ring.run();
        }
    }

    /// {@return all bits, which are clear from here on}
    public int take() {
        still.run();
        return (int) BITS.getAndSet(this, 0);
    }

    /// {@return whether any of `of` is set}
    public boolean has(int of) {
        return (bits & of) != 0;
    }
}
