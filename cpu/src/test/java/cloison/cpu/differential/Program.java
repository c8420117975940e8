package cloison.cpu.differential;

import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.Disassembler;
import cloison.cpu.decode.OpcodeTable;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// A short program: the main line, an INT3 that ends it, then subroutines; with the registers and the data it starts
/// from.
final class Program {
    private final Place place;
    final int mode;
    /// Where it is, from [Place#code].
    final int offset;

    final List<Piece> pieces = new ArrayList<>();
    /// Two states of the registers to start from.
    final MachineState[] starts = {new MachineState(), new MachineState()};
    final byte[] data = new byte[Place.DATA_SIZE];
    /// Status flags that are undefined before or after each piece.
    int[] undefined = {};

    private int length;

    Program(Place place, int mode, int offset) {
        this.place = place;
        this.mode = mode;
        this.offset = offset;
    }

    /// {@return where the next piece will be, as an offset in CS}
    long next() {
        return start() + length;
    }

    private long start() {
        return place.code() + offset - place.codeBase(mode);
    }

    int length() {
        return length;
    }

    void add(Piece piece) {
        piece.offset = length;
        length += piece.bytes.length;
        pieces.add(piece);
    }

    /// Fills the links in and decodes; {@return whether all links reach}
    boolean link() {
        Decoder decoder = new Decoder(OpcodeTable.standard());
        for (Piece piece : pieces) {
            int at = piece.bytes.length - piece.linkSize;
            if (piece.link != Piece.Link.NONE) {
                int to = pieces.get(piece.target).offset;
                long value = piece.link == Piece.Link.ADDRESS ? start() + to : to - piece.offset - piece.bytes.length;
                if (piece.linkSize == 1 && value != (byte) value) {
                    return false;
                }
                Values.put(piece.bytes, at, piece.linkSize, value);
            }
            piece.instruction = decoder.decode(piece.bytes, 0, piece.bytes.length, mode, start() + piece.offset);
        }
        for (MachineState state : starts) {
            state.rip = start();
        }
        return true;
    }

    /// {@return its bytes, with no-operations where pieces were taken out}
    byte[] bytes() {
        byte[] code = new byte[length];
        for (Piece piece : pieces) {
            if (piece.kept) {
                System.arraycopy(piece.bytes, 0, code, piece.offset, piece.bytes.length);
            } else {
                Piece.blank(code, piece.offset, piece.bytes.length);
            }
        }
        return code;
    }

    /// {@return the index of the piece in which a run ended, or -1}
    int end(MachineState after) {
        long at = after.rip - start() - (after.vector == 3 ? 1 : 0);
        for (int i = 0; i < pieces.size(); i++) {
            if (pieces.get(i).offset == at && pieces.get(i).kept) {
                return i;
            }
        }
        return -1;
    }

    /// {@return status flags that are undefined where a run ended}
    int undefined(int end) {
        int all = 0;
        for (int i = 0; i < undefined.length; i++) {
            all |= i == end || end < 0 ? undefined[i] : 0;
        }
        return all;
    }

    /// {@return it as a listing, without what was taken out}
    String text() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            if (piece.kept) {
                text.append("  %2d  0x%x  %-32s %s%s%n"
                        .formatted(
                                i,
                                start() + piece.offset,
                                HexFormat.ofDelimiter(" ").formatHex(piece.bytes),
                                piece.instruction == null ? "undefined" : Disassembler.text(piece.instruction),
                                piece.target < 0 ? "" : "  ; to " + piece.target));
            }
        }
        return text.toString();
    }
}
