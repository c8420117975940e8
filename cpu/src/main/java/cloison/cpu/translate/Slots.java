package cloison.cpu.translate;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import cloison.machine.processor.HostCode;
import java.lang.foreign.MemorySegment;

/// What accesses of often executed user code know of the page that they met last: each a translation of its own.
///
/// Slots lie at the end of the code memory, where emitted code reads them at a constant distance, and grow towards the
/// code. [RefillCode] fills them from the [cloison.cpu.mmu.Mirror]. Whatever makes a translation wrong empties all of
/// them; those that are not empty are listed in the [StateBlock].
///
/// ```text
///   0 TAG      minus the linear page; or EMPTY
///   8 ADDEND   host address minus linear address; 0 if empty
///  16 RETRY    host address of the check
///  24 SITE     number of the access's site
///  28 LIMIT    largest offset in the page from which the whole access lies in the page
///  30 PATIENCE how many more misses until somebody looks whether a slot is worth while
/// ```
///
/// The tag of an empty slot is that of a page whose addresses are not canonical, and its addend is 0: an access to such
/// an address passes the check and is refused by the host's processor, as it would be by the guest's.
///
/// **Owner:** the thread that runs the processor.
final class Slots {
    static final int TAG = 0;
    static final int ADDEND = 8;
    static final int RETRY = 16;
    static final int SITE = 24;
    static final int LIMIT = 28;
    static final int PATIENCE = 30;

    private static final int BYTES = 32;
    private static final int MISSES = 64;
    private static final long EMPTY = 0xC000_0000_0000_0000L;

    private final StateBlock state;
    private final MemorySegment writable;
    private final long base;
    private long bottom;
    private long epoch;

    Slots(StateBlock state, HostCode code) {
        this.state = state;
        writable = code.writable();
        base = code.base();
        bottom = top();
        state.set(StateBlock.WRITABLE_DISTANCE, writable.address() - base);
        state.clearLog();
    }

    private long top() {
        return writable.byteSize() & -BYTES;
    }

    /// {@return a new slot: its address where it is executed}
    long allocate() {
        bottom -= BYTES;
        return base + bottom;
    }

    /// {@return the offset in the code memory below which code may lie}
    long bottom() {
        return bottom;
    }

    /// Prepares the slot of a site whose addresses are known.
    void enter(Site site, int number) {
        long at = site.slot - base;
        empty(at);
        writable.set(JAVA_LONG, at + RETRY, site.retry);
        writable.set(JAVA_INT, at + SITE, number);
        writable.set(JAVA_SHORT, at + LIMIT, (short) (4096 - site.size));
        writable.set(JAVA_SHORT, at + PATIENCE, (short) MISSES);
    }

    private void empty(long at) {
        writable.set(JAVA_LONG, at + TAG, EMPTY);
        writable.set(JAVA_LONG, at + ADDEND, 0L);
    }

    /// {@return whether the slot was filled so often that somebody should look; it is not told again for a while}
    boolean exhausted(Site site) {
        long at = site.slot - base;
        if (writable.get(JAVA_SHORT, at + PATIENCE) != 0) {
            return false;
        }
        writable.set(JAVA_SHORT, at + PATIENCE, (short) MISSES);
        return true;
    }

    /// {@return a number that changes whenever slots are emptied: checks made before are worth nothing}
    long epoch() {
        return epoch;
    }

    /// Empties all slots.
    void forget() {
        long from = writable.address();
        int count = state.logged();
        for (int i = 0; i < count; i++) {
            empty(state.logged(i) - from);
        }
        state.clearLog();
        epoch++;
    }

    /// Forgets all slots themselves.
    void clear() {
        bottom = top();
        state.clearLog();
        epoch++;
    }
}
