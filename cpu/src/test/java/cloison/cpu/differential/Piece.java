package cloison.cpu.differential;

import cloison.cpu.decode.Instruction;
import org.jspecify.annotations.Nullable;

/// One instruction of a [Program].
final class Piece {
    /// What of its bytes depends on where another piece is.
    enum Link {
        NONE,
        /// The last bytes are the distance to another piece.
        RELATIVE,
        /// The last bytes are the address of another piece.
        ADDRESS
    }

    /// The longest recommended no-operation of each length (SDM volume 2, NOP).
    private static final byte[][] NOTHING = {
        {}, {(byte) 0x90}, {0x66, (byte) 0x90}, {0x0F, 0x1F, 0x00}, {0x0F, 0x1F, 0x40, 0x00},
    };

    final byte[] bytes;
    final Link link;
    /// Bytes of the link.
    final int linkSize;
    /// Pieces that only make sense together have the same number.
    final int group;

    /// Index of the piece that it is linked to, or -1.
    int target = -1;
    /// From the start of the program.
    int offset;
    /// Whether it is still in the program; otherwise its place is filled with no-operations.
    boolean kept = true;

    @Nullable
    Instruction instruction;

    Piece(byte[] bytes, Link link, int linkSize, int group) {
        this.bytes = bytes;
        this.link = link;
        this.linkSize = linkSize;
        this.group = group;
    }

    /// {@return its operation, or an empty string}
    String op() {
        return instruction == null ? "" : instruction.op().name();
    }

    /// Puts no-operations in a range.
    static void blank(byte[] code, int from, int length) {
        int at = from;
        int left = length;
        while (left > 0) {
            byte[] nothing = NOTHING[Math.min(left, NOTHING.length - 1)];
            System.arraycopy(nothing, 0, code, at, nothing.length);
            at += nothing.length;
            left -= nothing.length;
        }
    }
}
