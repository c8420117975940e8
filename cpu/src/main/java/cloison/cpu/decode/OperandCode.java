package cloison.cpu.decode;

/// One operand of a row, as the table writes it: where to find it and how large it is.
///
/// @param text as in the table
/// @param source where it is
/// @param size bytes, or one of the negative codes below
/// @param number the register or constant of a fixed operand
public record OperandCode(String text, Source source, int size, int number) {
    /// Where the operand is encoded.
    public enum Source {
        /// ModRM.rm: general register or memory (E).
        RM_GENERAL,
        /// ModRM.rm: XMM register or memory (W).
        RM_XMM,
        /// ModRM.rm: MMX register or memory (Q).
        RM_MMX,
        /// ModRM.rm: memory only (M).
        RM_MEMORY,
        /// ModRM.rm: general register only (R).
        RM_REGISTER,
        /// ModRM.rm: XMM register only (U).
        RM_XMM_REGISTER,
        /// ModRM.rm: MMX register only (N).
        RM_MMX_REGISTER,
        /// ModRM.rm: x87 register (STi).
        RM_STACK,
        /// ModRM.reg: general register (G).
        REG_GENERAL,
        /// ModRM.reg: XMM register (V).
        REG_XMM,
        /// ModRM.reg: MMX register (P).
        REG_MMX,
        /// VEX.vvvv: XMM register (H).
        VEX_XMM,
        /// VEX.vvvv: general register (B).
        VEX_GENERAL,
        /// The high four bits of the immediate: XMM register (L).
        IMMEDIATE_XMM,
        /// ModRM.rm with SIB: memory indexed by the lanes of a vector register (T).
        RM_GATHERED,
        /// ModRM.reg: segment register (S).
        REG_SEGMENT,
        /// ModRM.reg: control register (C).
        REG_CONTROL,
        /// ModRM.reg: debug register (D).
        REG_DEBUG,
        /// The low three bits of the opcode (Z).
        OPCODE,
        /// The immediate (I).
        IMMEDIATE,
        /// The relative target (J).
        RELATIVE,
        /// The far pointer (A).
        FAR,
        /// Memory at an offset in the instruction (O).
        OFFSET,
        /// Memory at DS:rSI (X).
        STRING_SOURCE,
        /// Memory at ES:rDI (Y).
        STRING_DESTINATION,
        FIXED_GENERAL,
        FIXED_SEGMENT,
        FIXED_STACK,
        FIXED_XMM,
        FIXED_CONSTANT
    }

    /// 2, 4 or 8 bytes: the operand size.
    public static final int V = -1;
    /// 2 or 4 bytes: the operand size, 4 for 8.
    public static final int Z = -2;
    /// 4 bytes, or 8 if the operand size is 8.
    public static final int Y = -3;
    /// 8 bytes in 64-bit mode, else 4.
    public static final int N = -4;
    /// A far pointer in memory: a selector after an offset of the operand size.
    public static final int P = -5;
    /// A table register in memory: 2 bytes of limit, 4 or (64-bit mode) 8 of base.
    public static final int S = -6;
    /// Two values of the operand size (BOUND).
    public static final int A = -7;
    /// 16 bytes, or 32 if VEX.L is set.
    public static final int X = -8;
    /// The half, quarter and eighth of [#X].
    public static final int X2 = -9;

    public static final int X4 = -10;
    public static final int X8 = -11;

    /// {@return bytes, given the instruction's operand size and mode, without VEX.L}
    public int bytes(int operandSize, int mode) {
        return bytes(operandSize, mode, 16);
    }

    /// {@return bytes, given the instruction's operand size, mode and vector length}
    public int bytes(int operandSize, int mode, int vector) {
        return switch (size) {
            case V -> operandSize;
            case Z -> Math.min(operandSize, 4);
            case Y -> operandSize == 8 ? 8 : 4;
            case N -> mode == 64 ? 8 : 4;
            case P -> operandSize + 2;
            case S -> mode == 64 ? 10 : 6;
            case A -> 2 * operandSize;
            case X -> vector;
            case X2 -> vector / 2;
            case X4 -> vector / 4;
            case X8 -> vector / 8;
            default -> size;
        };
    }

    /// {@return the operand that `text` writes}
    static OperandCode of(String text) {
        switch (text) {
            case "AL":
                return new OperandCode(text, Source.FIXED_GENERAL, 1, 0);
            case "CL":
                return new OperandCode(text, Source.FIXED_GENERAL, 1, 1);
            case "AX":
                return new OperandCode(text, Source.FIXED_GENERAL, 2, 0);
            case "DX":
                return new OperandCode(text, Source.FIXED_GENERAL, 2, 2);
            case "rAX":
                return new OperandCode(text, Source.FIXED_GENERAL, V, 0);
            case "zAX":
                return new OperandCode(text, Source.FIXED_GENERAL, Z, 0);
            case "rDX":
                return new OperandCode(text, Source.FIXED_GENERAL, V, 2);
            case "rCX":
                return new OperandCode(text, Source.FIXED_GENERAL, V, 1);
            case "XMM0":
                return new OperandCode(text, Source.FIXED_XMM, 16, 0);
            case "STi":
                return new OperandCode(text, Source.RM_STACK, 10, 0);
            case "1", "3":
                return new OperandCode(text, Source.FIXED_CONSTANT, 1, text.charAt(0) - '0');
            default:
        }
        int segment = text.length() == 2 ? "ES CS SS DS FS GS".indexOf(text) : -1;
        if (segment >= 0) {
            return new OperandCode(text, Source.FIXED_SEGMENT, 2, segment / 3);
        }
        if (text.length() == 3 && text.startsWith("ST") && Character.digit(text.charAt(2), 8) >= 0) {
            return new OperandCode(text, Source.FIXED_STACK, 10, text.charAt(2) - '0');
        }
        Source source = switch (text.charAt(0)) {
            case 'E' -> Source.RM_GENERAL;
            case 'W' -> Source.RM_XMM;
            case 'Q' -> Source.RM_MMX;
            case 'M' -> Source.RM_MEMORY;
            case 'R' -> Source.RM_REGISTER;
            case 'U' -> Source.RM_XMM_REGISTER;
            case 'N' -> Source.RM_MMX_REGISTER;
            case 'G' -> Source.REG_GENERAL;
            case 'V' -> Source.REG_XMM;
            case 'P' -> Source.REG_MMX;
            case 'H' -> Source.VEX_XMM;
            case 'B' -> Source.VEX_GENERAL;
            case 'L' -> Source.IMMEDIATE_XMM;
            case 'T' -> Source.RM_GATHERED;
            case 'S' -> Source.REG_SEGMENT;
            case 'C' -> Source.REG_CONTROL;
            case 'D' -> Source.REG_DEBUG;
            case 'Z' -> Source.OPCODE;
            case 'I' -> Source.IMMEDIATE;
            case 'J' -> Source.RELATIVE;
            case 'A' -> Source.FAR;
            case 'O' -> Source.OFFSET;
            case 'X' -> Source.STRING_SOURCE;
            case 'Y' -> Source.STRING_DESTINATION;
            default -> throw new IllegalStateException("no operand is called " + text);
        };
        return new OperandCode(text, source, size(text, text.substring(1)), 0);
    }

    private static int size(String text, String code) {
        return switch (code) {
            case "b" -> 1;
            case "w" -> 2;
            case "d", "ss" -> 4;
            case "q", "sd" -> 8;
            case "t" -> 10;
            case "dq", "ps", "pd" -> 16;
            case "qq" -> 32;
            case "x" -> X;
            case "x2" -> X2;
            case "x4" -> X4;
            case "x8" -> X8;
            case "v", "bs" -> V;
            case "z" -> Z;
            case "y" -> Y;
            case "n" -> N;
            case "p" -> P;
            case "s" -> S;
            case "a" -> A;
            case "" -> 0;
            default -> throw new IllegalStateException("operand " + text + " has an unknown size");
        };
    }
}
