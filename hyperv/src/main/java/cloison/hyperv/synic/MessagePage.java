package cloison.hyperv.synic;

import cloison.machine.memory.GuestPages;
import cloison.machine.wire.Wire;

/// The SIM page: one message slot per interrupt source.
///
/// ```text
///  0        4              5       6        8                16                    256
///  +--------+--------------+-------+--------+----------------+----------------------+
///  | type   | payload size | flags | zero   | sender or port | payload              |
///  +--------+--------------+-------+--------+----------------+----------------------+
/// ```
///
/// A type of 0 means that the slot is empty. The guest empties it and then looks at flag 0, *message pending*:
/// if it is set, it writes the EOM register.
///
/// **Owner:** the [Synic]'s monitor.
final class MessagePage {
    static final int SLOT_SIZE = 256;
    static final int PAYLOAD_SIZE = 240;

    private static final int SIZE_AND_FLAGS = 4;
    private static final int HEADER_SIZE = 16;
    private static final int PENDING_IN_FLAGS = 1 << 8;

    private final GuestPages page;
    private final byte[] scratch = new byte[SLOT_SIZE];

    MessagePage(GuestPages page) {
        this.page = page;
    }

    /// {@return whether the guest has taken the last message of slot `sint`}
    boolean empty(int sint) {
        return page.readAcquire((long) sint * SLOT_SIZE) == 0;
    }

    /// Asks the guest, who has not emptied slot `sint` yet, to tell when it does; {@return false if it did
    /// meanwhile}
    boolean askForEnd(int sint) {
        page.getAndOr((long) sint * SLOT_SIZE + SIZE_AND_FLAGS, PENDING_IN_FLAGS);
        return !empty(sint);
    }

    /// Fills the empty slot `sint`: everything else first, the type last.
    void put(int sint, int type, long origin, byte[] payload, int length, boolean moreFollow) {
        Wire.put32(scratch, SIZE_AND_FLAGS, length | (moreFollow ? PENDING_IN_FLAGS : 0));
        Wire.put64(scratch, 8, origin);
        System.arraycopy(payload, 0, scratch, HEADER_SIZE, length);
        long slot = (long) sint * SLOT_SIZE;
        page.write(slot + SIZE_AND_FLAGS, scratch, SIZE_AND_FLAGS, HEADER_SIZE - SIZE_AND_FLAGS + length);
        page.writeRelease(slot, type);
    }
}
