package cloison.cpu.decode;

/// One operand of a decoded instruction.
///
/// @param kind where it is
/// @param size bytes; for memory the bytes accessed, 0 where only the address counts (LEA, INVLPG)
/// @param number which register, where `kind` names a register file
public record Operand(Kind kind, int size, int number) {
    /// Where an operand is.
    public enum Kind {
        /// Low `size` bytes of general register `number` (0..15).
        GPR,
        /// Bits 15..8 of general register `number` (0..3): AH, CH, DH, BH.
        GPR_HIGH,
        /// The instruction's memory operand.
        MEMORY,
        /// Memory at several places: base, displacement, and as index each lane in the first `size` bytes of XMM or YMM
        /// register `number`.
        GATHERED,
        /// Memory at [Instruction#segment]:rSI, the source of a string instruction.
        STRING_SOURCE,
        /// Memory at ES:rDI, the destination of a string instruction.
        STRING_DESTINATION,
        /// [Instruction#immediate], sign-extended to 64 bits.
        IMMEDIATE,
        /// [Instruction#immediate2].
        IMMEDIATE2,
        /// A branch target: [Instruction#immediate] is the target's address in CS, already truncated to the operand
        /// size.
        RELATIVE,
        /// A far pointer: offset in [Instruction#immediate], selector in [Instruction#immediate2].
        FAR,
        /// Segment register `number`, ES = 0.
        SEGMENT,
        CONTROL,
        DEBUG,
        /// XMM register `number`, or with a size of 32 bytes the YMM register.
        XMM,
        /// MMX register `number`.
        MMX,
        /// x87 register ST(`number`).
        ST,
        /// The constant `number`.
        CONSTANT
    }

    private static final int SIZES = 33;
    private static final Operand[][] INTERNED = new Operand[Kind.values().length][];

    static {
        for (Kind kind : Kind.values()) {
            Operand[] all = new Operand[SIZES * 16];
            for (int i = 0; i < all.length; i++) {
                all[i] = new Operand(kind, i >> 4, i & 15);
            }
            INTERNED[kind.ordinal()] = all;
        }
    }

    /// {@return the operand; the same object for the same arguments, as far as instructions have such}
    public static Operand of(Kind kind, int size, int number) {
        return size < SIZES ? INTERNED[kind.ordinal()][size << 4 | number] : new Operand(kind, size, number);
    }
}
