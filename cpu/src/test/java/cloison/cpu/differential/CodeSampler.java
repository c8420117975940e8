package cloison.cpu.differential;

import cloison.cpu.decode.Form;
import cloison.cpu.decode.Form.Immediate;
import cloison.cpu.decode.Form.Prefix;
import cloison.cpu.decode.OperandCode;
import cloison.cpu.decode.OperandCode.Source;
import cloison.cpu.decode.Row;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Writes random encodings of a row of the opcode table: all registers and ways to address, prefixes with and without
/// meaning.
///
/// It does not use the decoder, so that a test that runs both sides proves the decoder as well.
final class CodeSampler {
    /// The most bytes that [#encode] writes.
    static final int MOST = 24;

    private static final int[] SEGMENT_PREFIXES = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65};

    private final SplittableRandom random;
    private final int @Nullable [] palette;
    private final byte[] bytes = new byte[MOST];
    private int length;

    CodeSampler(SplittableRandom random) {
        this(random, null);
    }

    /// @param palette registers (0..7) to choose from, or null for all
    CodeSampler(SplittableRandom random, int @Nullable [] palette) {
        this.random = random;
        this.palette = palette;
    }

    private boolean extended() {
        return palette == null ? random.nextBoolean() : random.nextInt(6) == 0;
    }

    private int register() {
        return palette == null ? random.nextInt(8) : palette[random.nextInt(palette.length)];
    }

    private void put(int value) {
        bytes[length++] = (byte) value;
    }

    private void put(int size, long value) {
        for (int i = 0; i < size; i++) {
            put((int) (value >>> 8 * i));
        }
    }

    /// {@return a random encoding}
    ///
    /// @param address where it will lie
    /// @param target an address of data, for operands without a base register
    byte[] encode(Row row, int mode, long address, long target) {
        Form form = row.form();
        length = 0;
        if (form.vex()) {
            return vex(row, mode, address, target);
        }
        boolean memory = memory(form);
        boolean operandPrefix = operandPrefix(row);
        boolean wide = form.rexW() >= 0 ? form.rexW() == 1 : mode == 64 && random.nextInt(3) == 0;
        boolean addressPrefix = random.nextInt(mode == 64 ? 8 : 20) == 0;
        legacy(row, memory, operandPrefix, addressPrefix);
        int rex = mode != 64 ? 0 : (wide ? 8 : 0) | (extended() ? random.nextInt(8) : 0);
        if (mode == 64 && (rex != 0 || random.nextInt(8) == 0)) {
            put(0x40 | rex);
        }
        opcode(form);
        int addressSize = mode == 64 ? addressPrefix ? 4 : 8 : mode == 32 == addressPrefix ? 2 : 4;
        if (form.fixed() >= 0) {
            put(form.stack() ? form.fixed() | random.nextInt(8) : form.fixed());
        } else if (form.modrm()) {
            modrm(row, mode, memory, addressSize, address, target);
        }
        int operandSize = mode == 64
                ? switch (row.size()) {
                    case ORDINARY -> wide ? 8 : operandPrefix && form.prefix() != Prefix.P66 ? 2 : 4;
                    case DEFAULT_64 -> operandPrefix && !wide ? 2 : 8;
                    case FORCED_64 -> 8;
                }
                : mode == 32 == (operandPrefix && form.prefix() != Prefix.P66) ? 2 : 4;
        for (Immediate immediate : form.immediates()) {
            immediate(immediate, operandSize, addressSize, target);
        }
        byte[] copy = new byte[length];
        System.arraycopy(bytes, 0, copy, 0, length);
        return copy;
    }

    private byte[] vex(Row row, int mode, long address, long target) {
        Form form = row.form();
        boolean memory = memory(form);
        boolean addressPrefix = random.nextInt(mode == 64 ? 8 : mode == 16 && row.gathers() ? 2 : 20) == 0;
        boolean free = form.rexW() < 0 || row.is("w64") && mode != 64;
        boolean wide = free ? random.nextInt(3) == 0 : form.rexW() == 1;
        int vectorLength = form.length() < 0 ? random.nextInt(2) : form.length();
        if (random.nextInt(24) == 0 && !widened(row)) {
            vectorLength ^= 1;
        }
        int extension = mode == 64 && extended() ? random.nextInt(8) : 0;
        int vvvv = named(row) ? register() | (mode == 64 && extended() ? 8 : 0) : random.nextInt(24) == 0 ? 1 : 0;
        int prefix = switch (form.prefix()) {
            case P66 -> 1;
            case PF3 -> 2;
            case PF2 -> 3;
            default -> 0;
        };
        legacy(row, memory, random.nextInt(96) == 0, addressPrefix);
        if (random.nextInt(96) == 0) {
            put(mode == 64 ? 0x40 | random.nextInt(16) : 0xF3);
        }
        boolean both = form.map() == 1 && !wide && (extension & 3) == 0;
        if (both && random.nextInt(4) != 0) {
            put(0xC5);
            put((extension & 4 ^ 4) << 5 | (vvvv ^ 15) << 3 | vectorLength << 2 | prefix);
        } else {
            put(0xC4);
            // outside 64-bit mode B does not count
            int inverted = mode == 64 || random.nextInt(4) != 0 ? extension ^ 7 : 6;
            put(inverted << 5 | form.map());
            put((wide ? 0x80 : 0) | (vvvv ^ 15) << 3 | vectorLength << 2 | prefix);
        }
        put(form.opcode());
        int addressSize = mode == 64 ? addressPrefix ? 4 : 8 : mode == 32 == addressPrefix ? 2 : 4;
        if (form.modrm()) {
            modrm(row, mode, memory, addressSize, address, target);
        }
        for (Immediate immediate : form.immediates()) {
            immediate(immediate, 4, addressSize, target);
        }
        byte[] copy = new byte[length];
        System.arraycopy(bytes, 0, copy, 0, length);
        return copy;
    }

    /// {@return whether VEX.vvvv names an operand}
    private static boolean named(Row row) {
        for (OperandCode code : row.registerCodes()) {
            if (code.source() == Source.VEX_XMM || code.source() == Source.VEX_GENERAL) {
                return true;
            }
        }
        return false;
    }

    /// {@return whether newer processors have it with 256 bits too}
    private static boolean widened(Row row) {
        return row.op().name().startsWith("VAES") || row.op().name().equals("VPCLMULQDQ");
    }

    private boolean memory(Form form) {
        return form.modrm()
                && form.fixed() < 0
                && switch (form.place()) {
                    case MEMORY -> true;
                    case REGISTER, REGISTER_ALWAYS -> false;
                    case ANY -> random.nextInt(5) < 3;
                };
    }

    private boolean operandPrefix(Row row) {
        return switch (row.form().prefix()) {
            case NONE -> false;
            case P66 -> true;
            case PF2, PF3 -> random.nextInt(8) == 0;
            case ANY, NO_REPEAT -> random.nextInt(sized(row) ? 3 : 12) == 0;
        };
    }

    private static boolean sized(Row row) {
        for (OperandCode code : row.registerCodes()) {
            if (code.size() == OperandCode.V || code.size() == OperandCode.Z) {
                return true;
            }
        }
        return row.registerCodes().isEmpty();
    }

    private void legacy(Row row, boolean memory, boolean operandPrefix, boolean addressPrefix) {
        int[] prefixes = new int[5];
        int count = 0;
        if (operandPrefix) {
            prefixes[count++] = 0x66;
        }
        if (addressPrefix) {
            prefixes[count++] = 0x67;
        }
        if (random.nextInt(10) == 0) {
            prefixes[count++] = SEGMENT_PREFIXES[random.nextInt(SEGMENT_PREFIXES.length)];
        }
        if (row.lockable() && memory && random.nextInt(6) == 0) {
            prefixes[count++] = 0xF0;
        }
        if (row.form().prefix() == Prefix.PF2) {
            prefixes[count++] = 0xF2;
        } else if (row.form().prefix() == Prefix.PF3) {
            prefixes[count++] = 0xF3;
        }
        for (int i = 0; i < count; i++) {
            int j = i + random.nextInt(count - i);
            put(prefixes[j]);
            prefixes[j] = prefixes[i];
        }
    }

    private void opcode(Form form) {
        if (form.map() > 0) {
            put(0x0F);
        }
        if (form.map() > 1) {
            put(form.map() == 2 ? 0x38 : 0x3A);
        }
        put(form.opcode() + (form.plus() ? register() : 0));
    }

    private void modrm(Row row, int mode, boolean memory, int addressSize, long address, long target) {
        int reg = row.form().digit() >= 0 ? row.form().digit() : register();
        if (row.form().digit() < 0 && segment(row)) {
            reg = random.nextInt(20) == 0 ? reg : random.nextInt(6);
        }
        if (!memory) {
            int mod = row.form().place() == Form.Place.REGISTER_ALWAYS ? random.nextInt(4) : 3;
            put(mod << 6 | reg << 3 | register());
            return;
        }
        int mod = random.nextInt(3);
        int rm = row.gathers() && random.nextInt(16) != 0 ? 4 : random.nextInt(8);
        put(mod << 6 | reg << 3 | rm);
        if (addressSize == 2) {
            put(mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0, mod == 0 && rm == 6 ? target : random.nextInt());
            return;
        }
        boolean absolute = mod == 0 && rm == 5;
        if (rm == 4) {
            int sib = random.nextInt(256);
            put(sib);
            absolute = mod == 0 && (sib & 7) == 5;
            if (absolute) {
                put(4, target);
                return;
            }
        }
        if (absolute) {
            put(4, mode == 64 ? target - address - length - 4 : target);
        } else {
            put(mod == 1 ? 1 : mod == 2 ? 4 : 0, random.nextBoolean() ? random.nextInt() : Values.integer(random));
        }
    }

    private static boolean segment(Row row) {
        for (OperandCode code : row.registerCodes()) {
            if (code.source() == Source.REG_SEGMENT) {
                return true;
            }
        }
        return false;
    }

    private void immediate(Immediate immediate, int operandSize, int addressSize, long target) {
        int z = operandSize == 2 ? 2 : 4;
        switch (immediate) {
            case BYTE -> put(1, Values.integer(random));
            case WORD -> put(2, Values.integer(random));
            case DOUBLE -> put(4, Values.integer(random));
            case QUAD -> put(8, Values.integer(random));
            case Z -> put(z, Values.integer(random));
            case V -> put(operandSize, Values.integer(random));
            case RELATIVE_BYTE -> put(1, random.nextInt());
            case RELATIVE_Z -> put(z, random.nextInt(random.nextInt(4) == 0 ? 0x100_0000 : 0x800) - 0x400);
            case POINTER -> {
                put(z, target);
                put(2, selector(z));
            }
            case OFFSET -> put(addressSize, target);
        }
    }

    private int selector(int size) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt();
            case 1 -> 0x33;
            default -> size == 2 ? Place.CODE_16 : 0x23;
        };
    }
}
