package cloison.chipset;

import java.util.function.IntSupplier;

/// A hostile guest that does to a chipset what numbers tell it: any access to any port, register page or MSR, at any
/// time.
final class GuestScript {
    private static final int[] PORTS = {
        0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x70, 0x71, 0x3F8, 0x2F8, 0x400, 0x404,
        0x408, 0xCF4, 0xCF8, 0xCFC, 0x92, 0x60, 0x64, 0xF4, 0x80
    };
    private static final int[] SIZES = {1, 2, 4, 8};

    private final Board board;
    private final IntSupplier numbers;

    /// @param numbers gives numbers from 0 to 255, and negative when there are no more
    GuestScript(Board board, IntSupplier numbers) {
        this.board = board;
        this.numbers = numbers;
    }

    private int next() {
        return Math.max(0, numbers.getAsInt());
    }

    private long value() {
        int kind = next();
        long value = next() | next() << 8 | (long) next() << 16 | (long) next() << 24;
        return switch (kind & 3) {
            case 0 -> value & 0xFF;
            case 1 -> value;
            case 2 -> value << 32 | value;
            default -> -value;
        };
    }

    /// Acts until the numbers run out.
    void run() {
        for (int action = numbers.getAsInt(); action >= 0; action = numbers.getAsInt()) {
            act(action);
        }
    }

    private void act(int action) {
        int processor = action >>> 4 & 1;
        switch (action & 15) {
            case 0, 1, 2 -> {
                int port = PORTS[next() % PORTS.length] + (next() & 7);
                board.ports.write(port, SIZES[next() % 3], (int) value());
            }
            case 3, 4 -> board.ports.read(PORTS[next() % PORTS.length] + (next() & 7), SIZES[next() % 3]);
            case 5 -> board.memory.write(0xFEC0_0000L + (next() & 0x50), SIZES[next() & 3], value());
            case 6 -> board.memory.read(0xFEC0_0000L + next(), SIZES[next() & 3]);
            case 7, 8 -> {
                long address = 0xFEE0_0000L + (next() << 4) + (next() == 0 ? 3 : 0);
                if (board.apic(processor).owns(address)) {
                    board.apic(processor).write(address, SIZES[next() & 3], value());
                }
            }
            case 9 -> board.apic(processor).read(0xFEE0_0000L + (next() << 4), SIZES[next() & 3]);
            case 10 -> writeMsr(processor);
            case 11 -> board.chipset.messages().send(0xFEE0_0000L + value(), (int) value());
            case 12 -> board.advance(1L << (next() & 31));
            case 13 -> serve(processor);
            case 14 -> board.com1().receive(new byte[next()], 0, 0);
            default -> {
                board.com1().receive(new byte[] {(byte) next()}, 0, 1);
                board.room = next() * 4;
            }
        }
        board.events.clear();
        board.sent.clear();
    }

    private void writeMsr(int processor) {
        int which = next();
        int index = which == 0 ? 0x1B : which == 1 ? 0x6E0 : 0x800 + next();
        board.apic(processor).writeMsr(index, value());
        if (board.apic(processor).canReadMsr(index)) {
            board.apic(processor).readMsr(index);
        }
    }

    private void serve(int processor) {
        board.apic(processor).takeNmi();
        if (board.apic(processor).pending()) {
            board.apic(processor).acknowledge();
        }
        if ((next() & 1) != 0) {
            board.apic(processor).endOfInterrupt();
        }
    }
}
