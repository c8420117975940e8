package cloison.cpu.differential;

import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Row;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// One random case of a row: an instruction, and the registers and the data that it starts from.
///
/// A case is its seed: the row's number in the table, the mode, and the case's number; everything else follows. Seeds
/// of row 0 are those of sequences.
///
/// ```text
///  63       44  43  42 41          0
///  +----------+------+-------------+
///  | row + 1  | mode | case        |
///  +----------+------+-------------+
/// ```
final class Case {
    static final int[] MODES = {64, 32, 16};

    private static final int MODE_SHIFT = 42;
    private static final int ROW_SHIFT = 44;

    private final List<Row> rows = OpcodeTable.standard().rows();
    private final Decoder decoder = new Decoder(OpcodeTable.standard());
    private final Place place;

    final MachineState before = new MachineState();
    final byte[] data = new byte[Place.DATA_SIZE];

    Row row = rows.getFirst();
    int mode;
    /// Null if the bytes are an undefined opcode.
    @Nullable
    Instruction instruction;

    byte[] code = {};
    /// Where the code is, from [Place#code].
    int offset;
    /// Linear address of the memory operand, if there is one.
    long memory;

    Case(Place place) {
        this.place = place;
    }

    /// {@return the seed of a case}
    static long seed(int row, int mode, long number) {
        return (row + 1L) << ROW_SHIFT | (mode == 64 ? 0L : mode == 32 ? 1L : 2L) << MODE_SHIFT | number;
    }

    /// {@return the seed of a sequence}
    static long sequence(int mode, long number) {
        return seed(-1, mode, number);
    }

    /// {@return the mode of a seed}
    static int mode(long seed) {
        return MODES[(int) (seed >>> MODE_SHIFT) & 3];
    }

    /// {@return the number of a case or sequence}
    static long number(long seed) {
        return seed & (1L << MODE_SHIFT) - 1;
    }

    /// {@return whether the seed is a sequence's}
    static boolean sequence(long seed) {
        return seed >>> ROW_SHIFT == 0;
    }

    /// {@return the generator of a seed}
    ///
    /// [SplittableRandom] steps by a constant, and seeds at such a distance share their numbers: hence the mixing.
    static SplittableRandom random(long seed) {
        long mixed = (seed ^ seed >>> 32) * 0xD6E8_FEB8_6659_FD93L;
        mixed = (mixed ^ mixed >>> 32) * 0xD6E8_FEB8_6659_FD93L;
        return new SplittableRandom(mixed ^ mixed >>> 32);
    }

    /// Becomes the case of a seed; {@return whether the row has an encoding in this mode}
    boolean sample(long seed) {
        row = rows.get((int) (seed >>> ROW_SHIFT) - 1);
        mode = mode(seed);
        SplittableRandom random = random(seed);
        if (!encode(random)) {
            return false;
        }
        StateSampler sampler = new StateSampler(random, place, mode, data, before);
        if (instruction != null) {
            sampler.fit(instruction);
            memory = sampler.address(instruction);
        }
        before.rip = place.code() + offset - place.codeBase(mode);
        return true;
    }

    /// {@return how much of the code is in code memory}
    int length() {
        return Math.min(code.length, Place.CODE_SIZE - offset);
    }

    private boolean encode(SplittableRandom random) {
        int opcode = row.form().map() << 8 | row.form().opcode();
        if (mode == 64 && !row.form().vex() && (opcode == 0xC4 || opcode == 0xC5 || opcode == 0x62)) {
            return false; // VEX and EVEX on the host
        }
        CodeSampler sampler = new CodeSampler(random);
        for (int attempt = 0; attempt < 40; attempt++) {
            int at = switch (random.nextInt(32)) {
                case 0, 1 -> Place.PAGE - random.nextInt(1, 12);
                case 2 -> Place.CODE_SIZE - random.nextInt(1, 12);
                default -> random.nextInt(256, Place.CODE_SIZE - 256);
            };
            long address = place.code() + at - place.codeBase(mode);
            long target = StateSampler.target(random, place, 8) - place.dataBase(mode);
            byte[] bytes = sampler.encode(row, mode, address, target);
            Instruction decoded = decoder.decode(bytes, 0, bytes.length, mode, address);
            // that an opcode is undefined may be seen before or after the rest of it is fetched
            boolean whole = at + Decoder.LONGEST <= Place.CODE_SIZE;
            boolean undefined = decoded == null && decoder.outcome() == Decoder.Outcome.UNDEFINED && whole;
            if (undefined && random.nextInt(4) == 0 || decoded != null && decoded.row == row && !circles(decoded)) {
                if (decoded != null && decoded.op().name().equals("INT") && decoded.immediate == (byte) 0x80) {
                    continue;
                }
                code = bytes;
                instruction = decoded;
                offset = at;
                return true;
            }
        }
        return false;
    }

    /// {@return whether it is a branch into itself}
    private static boolean circles(Instruction instruction) {
        for (Operand operand : instruction.operands) {
            if (operand.kind() == Operand.Kind.RELATIVE || operand.kind() == Operand.Kind.FAR) {
                long distance = instruction.immediate - instruction.address;
                return distance >= 0 && distance < instruction.length;
            }
        }
        return false;
    }
}
