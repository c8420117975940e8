package cloison.hyperv.vmbus.ring;

import cloison.machine.memory.GuestPages;

/// The data area of a ring: copies that go round its end.
///
/// **Owner:** the ring that made it.
final class RingData {
    private final GuestPages pages;
    private final int size;

    RingData(GuestPages pages) {
        long bytes = pages.size() - RingLayout.CONTROL_SIZE;
        if (bytes <= 0 || bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a ring cannot have %d bytes of data".formatted(bytes));
        }
        this.pages = pages;
        size = (int) bytes;
    }

    /// {@return bytes of the area}
    int size() {
        return size;
    }

    /// {@return whether a guest may have meant this as an index}
    boolean valid(int index) {
        return index >= 0 && index < size && (index & 7) == 0;
    }

    /// {@return bytes from index `from` forward to index `to`}
    int distance(int from, int to) {
        int bytes = to - from;
        return bytes >= 0 ? bytes : bytes + size;
    }

    /// {@return the index `bytes` after `index`; `bytes` is at most the size}
    int after(int index, int bytes) {
        int next = index + bytes;
        return next >= size || next < 0 ? next - size : next;
    }

    void read(int index, byte[] to, int at, int length) {
        int first = Math.min(length, size - index);
        pages.read(RingLayout.CONTROL_SIZE + (long) index, to, at, first);
        if (first < length) {
            pages.read(RingLayout.CONTROL_SIZE, to, at + first, length - first);
        }
    }

    void write(int index, byte[] from, int at, int length) {
        int first = Math.min(length, size - index);
        pages.write(RingLayout.CONTROL_SIZE + (long) index, from, at, first);
        if (first < length) {
            pages.write(RingLayout.CONTROL_SIZE, from, at + first, length - first);
        }
    }
}
