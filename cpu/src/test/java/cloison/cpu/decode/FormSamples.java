package cloison.cpu.decode;

import cloison.cpu.decode.Form.Immediate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Random encodings of a row of the opcode table, for differential tests.
public final class FormSamples {
    private static final long[] EDGES = {
        0,
        1,
        -1,
        2,
        7,
        8,
        15,
        16,
        31,
        32,
        33,
        63,
        64,
        65,
        127,
        128,
        255,
        256,
        0x7FFF,
        0x8000,
        0xFFFF,
        0x7FFF_FFFFL,
        0x8000_0000L,
        0xFFFF_FFFFL,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };

    /// What the samples may use.
    ///
    /// @param registers general registers that may be operands (0..15; 8 and up only in 64-bit mode)
    /// @param bases registers that hold the address of a scratch area
    /// @param indexes registers that hold a small number; may be empty
    /// @param lowest smallest displacement from a base
    /// @param highest largest displacement from a base
    /// @param branch the relative distance of branches, from their end
    public record Limits(
            List<Integer> registers, List<Integer> bases, List<Integer> indexes, int lowest, int highest, int branch) {}

    private FormSamples() {}

    /// {@return whether `row` has an encoding in `mode`}
    public static boolean exists(Row row, int mode) {
        return Encoding.exists(row, mode);
    }

    /// {@return a random encoding of `row`}
    ///
    /// The row decides whether ModRM.rm is memory; where it does not, one in two is. One in four that may be locked
    /// are.
    public static Encoding encoding(Row row, int mode, Random random, Limits limits) {
        Form form = row.form();
        Encoding encoding = new Encoding(row, mode);
        encoding.operandSize = pick(random, Encoding.operandSizes(row, mode));
        encoding.length = random.nextInt(2);
        encoding.memory = form.modrm()
                && form.fixed() < 0
                && form.place() != Form.Place.REGISTER_ALWAYS
                && form.place() != Form.Place.REGISTER
                && (form.place() == Form.Place.MEMORY || random.nextBoolean());
        List<OperandCode> codes = encoding.memory ? row.memoryCodes() : row.registerCodes();
        for (OperandCode code : codes) {
            register(encoding, code, random, limits);
        }
        if (encoding.memory) {
            memory(encoding, random, limits);
            encoding.lock = row.lockable() && random.nextInt(4) == 0;
        }
        encoding.immediate = immediate(random);
        encoding.immediate2 = immediate(random);
        for (Immediate kind : form.immediates()) {
            if (kind == Immediate.RELATIVE_BYTE || kind == Immediate.RELATIVE_Z) {
                encoding.immediate = limits.branch();
            }
        }
        if (mode == 64 && !form.vex()) {
            encoding.rex |= random.nextInt(4) == 0;
            high(encoding, codes, random);
        }
        return encoding;
    }

    /// Turns AL..BL into AH..BH now and then, where no REX prefix forbids it.
    private static void high(Encoding encoding, List<OperandCode> codes, Random random) {
        boolean extended = encoding.rex
                || encoding.operandSize == 8
                || encoding.reg >= 8
                || encoding.memory && (encoding.base >= 8 || encoding.index >= 8)
                || !encoding.memory && encoding.register >= 8;
        if (extended) {
            return;
        }
        for (OperandCode code : codes) {
            if (code.size() != 1 || random.nextBoolean()) {
                continue;
            }
            switch (code.source()) {
                case RM_GENERAL, RM_REGISTER, OPCODE ->
                    encoding.register += encoding.memory || encoding.register > 3 ? 0 : 4;
                case REG_GENERAL -> encoding.reg += encoding.reg > 3 ? 0 : 4;
                default -> {}
            }
        }
    }

    /// {@return the bytes of a random encoding of `row`}
    public static byte[] encode(Row row, int mode, Random random, Limits limits) {
        return encoding(row, mode, random, limits).bytes();
    }

    private static void register(Encoding encoding, OperandCode code, Random random, Limits limits) {
        int size = code.bytes(encoding.operandSize, encoding.mode);
        switch (code.source()) {
            case RM_GENERAL, RM_REGISTER, OPCODE -> {
                if (!encoding.memory) {
                    encoding.register = general(encoding, size, random, limits);
                }
            }
            case REG_GENERAL -> encoding.reg = general(encoding, size, random, limits);
            case RM_XMM, RM_XMM_REGISTER -> {
                if (!encoding.memory) {
                    encoding.register = random.nextInt(encoding.mode == 64 ? 16 : 8);
                }
            }
            case REG_XMM -> encoding.reg = random.nextInt(encoding.mode == 64 ? 16 : 8);
            case RM_MMX, RM_MMX_REGISTER, RM_STACK -> {
                if (!encoding.memory) {
                    encoding.register = random.nextInt(8);
                }
            }
            case VEX_XMM -> encoding.vexRegister = random.nextInt(encoding.mode == 64 ? 16 : 8);
            case VEX_GENERAL -> encoding.vexRegister = general(encoding, size, random, limits);
            case REG_MMX -> encoding.reg = random.nextInt(8);
            case REG_SEGMENT -> encoding.reg = random.nextInt(6);
            case REG_CONTROL -> encoding.reg = pick(random, new int[] {0, 2, 3, 4});
            case REG_DEBUG -> encoding.reg = random.nextInt(8);
            default -> {}
        }
    }

    /// Registers of one byte are one of four high ones now and then, which excludes REX and the registers that need it.
    private static int general(Encoding encoding, int size, Random random, Limits limits) {
        List<Integer> allowed = new ArrayList<>(limits.registers());
        if (size != 1) {
            return allowed.get(random.nextInt(allowed.size()));
        }
        if (encoding.mode != 64) {
            // AH..BH belong to the registers 0..3
            allowed.removeIf(number -> number > 3);
            int number = allowed.get(random.nextInt(allowed.size()));
            return random.nextBoolean() ? number : number + 4;
        }
        int number = allowed.get(random.nextInt(allowed.size()));
        // SPL, BPL, SIL, DIL
        encoding.rex |= number >= 4 && number < 8;
        return number;
    }

    private static void memory(Encoding encoding, Random random, Limits limits) {
        encoding.displacement = random.nextInt(limits.lowest(), limits.highest() + 1);
        encoding.wideDisplacement = random.nextInt(4) == 0;
        if (encoding.row.gathers()) {
            encoding.base = limits.bases().get(random.nextInt(limits.bases().size()));
            // the three registers must not be the same
            int count = encoding.mode == 64 ? 16 : 8;
            encoding.vexRegister = (encoding.reg + 1) % count;
            encoding.index = (encoding.reg + 2 + random.nextInt(count - 2)) % count;
            encoding.scale = random.nextInt(4);
            return;
        }
        if (encoding.addressSize == 2) {
            memory16(encoding, random, limits);
            return;
        }
        encoding.base = limits.bases().get(random.nextInt(limits.bases().size()));
        if (!limits.indexes().isEmpty() && random.nextBoolean()) {
            int index = limits.indexes().get(random.nextInt(limits.indexes().size()));
            if (index != 4) {
                encoding.index = index;
                encoding.scale = random.nextInt(4);
            }
        }
    }

    /// Of the bases BX, BP, SI and DI, and for the first two the indexes SI and DI, those that the limits allow.
    private static void memory16(Encoding encoding, Random random, Limits limits) {
        List<Integer> bases = new ArrayList<>(List.of(3, 5, 6, 7));
        bases.retainAll(limits.bases());
        encoding.base = bases.get(random.nextInt(bases.size()));
        List<Integer> indexes = new ArrayList<>(List.of(6, 7));
        indexes.retainAll(limits.indexes());
        if (encoding.base < 6 && !indexes.isEmpty() && random.nextBoolean()) {
            encoding.index = indexes.get(random.nextInt(indexes.size()));
        }
    }

    private static long immediate(Random random) {
        return random.nextBoolean() ? EDGES[random.nextInt(EDGES.length)] : random.nextLong();
    }

    private static int pick(Random random, int[] from) {
        return from[random.nextInt(from.length)];
    }
}
