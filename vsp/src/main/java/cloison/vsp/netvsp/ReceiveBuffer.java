package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Channel.GuestBuffer;
import org.jspecify.annotations.Nullable;

/// The buffer that a guest shared to receive into, cut into suballocations of equal size.
///
/// A packet to the guest holds a chain of suballocations, and its transaction id is the first of them. They are free
/// again when the guest has completed the packet. Some are kept back for control messages, so that frames cannot
/// silence them.
///
/// **Owner:** the channel's thread.
final class ReceiveBuffer {
    /// Bytes at the end of a suballocation that some guests overwrite.
    private static final int FOOTER = 36;
    /// Room for the header of a frame.
    private static final int HEADER = 128;
    /// What a host with frames of standard size uses.
    private static final int LEAST_SIZE = 1728;
    private static final int MOST = 16_384;
    private static final int LEAST = 4;
    private static final int RESERVE = 16;

    private static final int END = -1;

    // wiring
    private final GuestBuffer buffer;
    private final int gpadl;
    private final int id;
    private final int size;
    private final int count;
    private final int reserve;

    // state
    private final int[] next;
    private final boolean[] outstanding;
    private int free;
    private int freeCount;

    private ReceiveBuffer(GuestBuffer buffer, int gpadl, int id, int size, int count) {
        this.buffer = buffer;
        this.gpadl = gpadl;
        this.id = id;
        this.size = size;
        this.count = count;
        reserve = Math.min(RESERVE, count / 2);
        next = new int[count];
        outstanding = new boolean[count];
        free = END;
        for (int i = count - 1; i >= 0; i--) {
            next[i] = free;
            free = i;
        }
        freeCount = count;
    }

    /// {@return suballocations for frames with this payload, or null if the buffer is too small}
    static @Nullable ReceiveBuffer over(GuestBuffer buffer, int gpadl, int id, int mtu) {
        int size = Math.max(LEAST_SIZE, HEADER + mtu + 18 + FOOTER + 63 & ~63);
        int count = (int) Math.min(buffer.length() / size, MOST);
        return count < LEAST ? null : new ReceiveBuffer(buffer, gpadl, id, size, count);
    }

    /// {@return how the host's end of the channel calls the buffer}
    int gpadl() {
        return gpadl;
    }

    /// {@return how the guest calls the buffer in packets}
    int id() {
        return id;
    }

    /// {@return bytes of a suballocation}
    int size() {
        return size;
    }

    /// {@return how many suballocations there are}
    int count() {
        return count;
    }

    /// {@return the longest message that a suballocation takes}
    int capacity() {
        return size - FOOTER;
    }

    /// {@return whether a frame can have a suballocation}
    boolean available() {
        return freeCount > reserve;
    }

    /// {@return how many suballocations the guest has}
    int lent() {
        return count - freeCount;
    }

    /// {@return a free suballocation for a control message, or -1}
    int takeForControl() {
        if (freeCount == 0) {
            return -1;
        }
        int taken = free;
        free = next[taken];
        next[taken] = END;
        freeCount--;
        return taken;
    }

    /// {@return a free suballocation for a frame, or -1}
    int take() {
        return available() ? takeForControl() : -1;
    }

    /// Puts `following` behind `last` in a chain.
    void chain(int last, int following) {
        next[last] = following;
    }

    /// Notes that the guest has the chain that starts with `first`.
    void lend(int first) {
        outstanding[first] = true;
    }

    /// Takes back the chain that a completion names; {@return whether the guest had it}
    boolean takeBack(long transaction) {
        if (transaction < 0 || transaction >= count || !outstanding[(int) transaction]) {
            return false;
        }
        outstanding[(int) transaction] = false;
        freeChain((int) transaction);
        return true;
    }

    /// Frees a chain that was not lent.
    void freeChain(int first) {
        int place = first;
        while (place != END) {
            int following = next[place];
            next[place] = free;
            free = place;
            freeCount++;
            place = following;
        }
    }

    /// {@return where a suballocation starts in the buffer}
    int offset(int place) {
        return place * size;
    }

    /// Copies bytes into a suballocation.
    void write(int place, int to, byte[] from, int at, int length) {
        buffer.pages().write(buffer.offset() + (long) place * size + to, from, at, length);
    }
}
