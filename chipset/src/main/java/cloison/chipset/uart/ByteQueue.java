package cloison.chipset.uart;

/// A bounded queue of received characters, each a byte with the line-status bits that came with it.
final class ByteQueue {
    private final int[] items;
    private int first;
    private int size;

    ByteQueue(int capacity) {
        items = new int[capacity];
    }

    int size() {
        return size;
    }

    boolean full() {
        return size == items.length;
    }

    void clear() {
        size = 0;
    }

    /// Adds an item; the queue must not be full.
    void add(int item) {
        items[(first + size++) % items.length] = item;
    }

    /// {@return the oldest item, which stays}
    int peek() {
        return items[first];
    }

    /// {@return the oldest item; the queue must not be empty}
    int take() {
        int item = items[first];
        first = (first + 1) % items.length;
        size--;
        return item;
    }

    /// {@return whether an item has one of `bits`}
    boolean any(int bits) {
        for (int i = 0; i < size; i++) {
            if ((items[(first + i) % items.length] & bits) != 0) {
                return true;
            }
        }
        return false;
    }
}
