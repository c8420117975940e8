package cloison.cpu.decode;

import java.util.List;

/// The encoding column of a row, taken apart.
///
/// @param prefix what must hold of the prefixes 66, F2 and F3
/// @param vex whether it has a VEX prefix
/// @param length what VEX.L must be: 0, 1, or -1 where it does not matter
/// @param rexW what REX.W or VEX.W must be: 0, 1, or -1 where it does not matter
/// @param map 0 for one-byte opcodes, 1 for 0F, 2 for 0F 38, 3 for 0F 3A
/// @param opcode the opcode byte; the first of eight where `plus` is set
/// @param plus whether the opcode's low three bits name a register (`+r`)
/// @param modrm whether a ModRM byte follows
/// @param fixed the whole ModRM byte where the row names it, else -1
/// @param stack whether the low three bits of the fixed ModRM byte name an x87 register (`+i`)
/// @param digit the value of ModRM.reg that the row demands, else -1
/// @param place where ModRM.rm must be
/// @param immediates what follows, in order
public record Form(
        Prefix prefix,
        boolean vex,
        int length,
        int rexW,
        int map,
        int opcode,
        boolean plus,
        boolean modrm,
        int fixed,
        boolean stack,
        int digit,
        Place place,
        List<Immediate> immediates) {

    /// What a row demands of the prefixes 66, F2 and F3.
    public enum Prefix {
        /// Nothing; they have their ordinary meaning.
        ANY,
        /// None of the three (`NP`).
        NONE,
        /// Neither F2 nor F3; 66 is the operand size (`NFx`).
        NO_REPEAT,
        /// 66 and no repeat prefix.
        P66,
        PF2,
        PF3;

        /// {@return whether an instruction with the prefixes of `dominant` matches}
        boolean admits(int dominant) {
            return switch (this) {
                case ANY -> true;
                case NONE -> dominant == NO_PREFIX;
                case NO_REPEAT -> dominant <= PREFIX_66;
                case P66 -> dominant == PREFIX_66;
                case PF2 -> dominant == PREFIX_F2;
                case PF3 -> dominant == PREFIX_F3;
            };
        }

        /// {@return whether it is part of the opcode}
        boolean exact() {
            return this != ANY && this != NO_REPEAT;
        }
    }

    /// What ModRM.rm may name.
    public enum Place {
        ANY,
        MEMORY,
        REGISTER,
        /// A register, whatever ModRM.mod says (moves to and from control and debug registers).
        REGISTER_ALWAYS
    }

    /// One thing that follows ModRM, SIB and displacement.
    public enum Immediate {
        BYTE,
        WORD,
        DOUBLE,
        QUAD,
        /// 2 or 4 bytes by operand size.
        Z,
        /// 2, 4 or 8 bytes by operand size.
        V,
        /// A byte relative to the next instruction.
        RELATIVE_BYTE,
        /// 2 or 4 bytes relative to the next instruction.
        RELATIVE_Z,
        /// An offset of 2 or 4 bytes by operand size, then a selector.
        POINTER,
        /// An offset of the address size.
        OFFSET
    }

    // the prefix that selects a row: F3 and F2 win over 66
    static final int NO_PREFIX = 0;
    static final int PREFIX_66 = 1;
    static final int PREFIX_F2 = 2;
    static final int PREFIX_F3 = 3;

    /// {@return whether it has VEX.L, if it has a VEX prefix}
    boolean admitsLength(int l) {
        return !vex || length < 0 || length == l;
    }

    /// {@return whether ModRM byte `value` belongs to this form}
    boolean admitsModrm(int value) {
        if (fixed >= 0) {
            return stack ? (value & 0xF8) == fixed : value == fixed;
        }
        if (digit >= 0 && (value >> 3 & 7) != digit) {
            return false;
        }
        return switch (place) {
            case ANY, REGISTER_ALWAYS -> true;
            case MEMORY -> value < 0xC0;
            case REGISTER -> value >= 0xC0;
        };
    }

    /// {@return how narrow the form is: of two that match, the narrower is meant}
    int rank() {
        return (prefix.exact() ? 16 : 0)
                + (fixed >= 0 ? 8 : 0)
                + (digit >= 0 ? 4 : 0)
                + (place == Place.ANY || place == Place.REGISTER_ALWAYS ? 0 : 2)
                + (rexW >= 0 ? 1 : 0);
    }
}
