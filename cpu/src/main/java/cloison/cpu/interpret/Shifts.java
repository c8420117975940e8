package cloison.cpu.interpret;

import cloison.cpu.decode.IntegerOp;

/// What shifts and rotates compute, and the flags they leave.
///
/// Counts come masked to 5 bits (6 for 64-bit operands), as SDM volume 2 says for each. Results' bits above the operand
/// size mean nothing. OF after more than one place, which is undefined, is what the last place would have left.
final class Shifts {
    private Shifts() {}

    /// {@return the result of shifting `value` of `bits` bits; nothing but the result changes if `count` is 0}
    static long apply(Cpu cpu, IntegerOp op, long value, int count, int bits) {
        return switch (op) {
            case SHL -> left(cpu, value, count, bits);
            case SHR -> right(cpu, value, count, bits);
            case SAR -> arithmetic(cpu, value, count, bits);
            case ROL -> rotateLeft(cpu, value, count, bits);
            case ROR -> rotateRight(cpu, value, count, bits);
            case RCL -> rotateCarryLeft(cpu, value, count, bits);
            case RCR -> rotateCarryRight(cpu, value, count, bits);
            default -> throw new IllegalStateException("not a shift: " + op);
        };
    }

    private static long zeroExtended(long value, int bits) {
        return value << 64 - bits >>> 64 - bits;
    }

    static long left(Cpu cpu, long value, int count, int bits) {
        if (count == 0) {
            return value;
        }
        long before = value << count - 1;
        long result = before << 1;
        boolean carry = (before >>> bits - 1 & 1) != 0;
        boolean sign = (result >>> bits - 1 & 1) != 0;
        Alu.flags(cpu, result, carry, carry != sign, 64 - bits);
        return result;
    }

    static long right(Cpu cpu, long value, int count, int bits) {
        if (count == 0) {
            return value;
        }
        long before = zeroExtended(value, bits) >>> count - 1;
        long result = before >>> 1;
        boolean overflow = (before >>> bits - 1 & 1) != 0;
        Alu.flags(cpu, result, (before & 1) != 0, overflow, 64 - bits);
        return result;
    }

    static long arithmetic(Cpu cpu, long value, int count, int bits) {
        if (count == 0) {
            return value;
        }
        long before = value << 64 - bits >> 64 - bits >> count - 1;
        long result = before >> 1;
        Alu.flags(cpu, result, (before & 1) != 0, false, 64 - bits);
        return result;
    }

    static long rotateLeft(Cpu cpu, long value, int count, int bits) {
        if (count == 0) {
            return value;
        }
        int places = count & bits - 1;
        long whole = zeroExtended(value, bits);
        long result = places == 0 ? whole : whole << places | whole >>> bits - places;
        boolean carry = (result & 1) != 0;
        Alu.carryAndOverflow(cpu, carry, carry != ((result >>> bits - 1 & 1) != 0));
        return result;
    }

    static long rotateRight(Cpu cpu, long value, int count, int bits) {
        if (count == 0) {
            return value;
        }
        int places = count & bits - 1;
        long whole = zeroExtended(value, bits);
        long result = places == 0 ? whole : whole >>> places | whole << bits - places;
        boolean carry = (result >>> bits - 1 & 1) != 0;
        Alu.carryAndOverflow(cpu, carry, carry != ((result >>> bits - 2 & 1) != 0));
        return result;
    }

    static long rotateCarryLeft(Cpu cpu, long value, int count, int bits) {
        int places = bits < 32 ? count % (bits + 1) : count;
        if (places == 0) {
            return value;
        }
        long whole = zeroExtended(value, bits);
        long carryIn = cpu.flagAux >>> 63;
        long result = whole << places | carryIn << places - 1 | (places == 1 ? 0 : whole >>> bits + 1 - places);
        boolean carry = (whole >>> bits - places & 1) != 0;
        Alu.carryAndOverflow(cpu, carry, carry != ((result >>> bits - 1 & 1) != 0));
        return result;
    }

    static long rotateCarryRight(Cpu cpu, long value, int count, int bits) {
        int places = bits < 32 ? count % (bits + 1) : count;
        if (places == 0) {
            return value;
        }
        long whole = zeroExtended(value, bits);
        long carryIn = cpu.flagAux >>> 63;
        long result = whole >>> places | carryIn << bits - places | (places == 1 ? 0 : whole << bits + 1 - places);
        boolean carry = (whole >>> places - 1 & 1) != 0;
        boolean overflow = ((result >>> bits - 1 ^ result >>> bits - 2) & 1) != 0;
        Alu.carryAndOverflow(cpu, carry, overflow);
        return result;
    }

    /// SHLD. A 16-bit operand shifted by more than 16 places, which is undefined, takes the destination's bits again.
    static long doubleLeft(Cpu cpu, long value, long filler, int count, int bits) {
        if (count == 0) {
            return value;
        }
        if (bits == 16) {
            long triple = (value & 0xFFFF) << 32 | (filler & 0xFFFF) << 16 | value & 0xFFFF;
            long shifted = triple << count;
            return doubled(cpu, shifted >>> 32, (shifted >>> 48 & 1) != 0, false);
        }
        long result = value << count | zeroExtended(filler, bits) >>> bits - count;
        boolean carry = (value >>> bits - count & 1) != 0;
        boolean overflow = ((value >>> bits - 1 ^ result >>> bits - 1) & 1) != 0;
        Alu.flags(cpu, result, carry, overflow, 64 - bits);
        return result;
    }

    /// SHRD, like [#doubleLeft].
    static long doubleRight(Cpu cpu, long value, long filler, int count, int bits) {
        if (count == 0) {
            return value;
        }
        if (bits == 16) {
            long triple = (value & 0xFFFF) << 32 | (filler & 0xFFFF) << 16 | value & 0xFFFF;
            return doubled(cpu, triple >>> count, (triple >>> count - 1 & 1) != 0, true);
        }
        long whole = zeroExtended(value, bits);
        long result = whole >>> count | filler << bits - count;
        boolean carry = (whole >>> count - 1 & 1) != 0;
        boolean overflow = ((result >>> bits - 1 ^ result >>> bits - 2) & 1) != 0;
        Alu.flags(cpu, result, carry, overflow, 64 - bits);
        return result;
    }

    private static long doubled(Cpu cpu, long result, boolean carry, boolean right) {
        boolean sign = (result >>> 15 & 1) != 0;
        boolean overflow = right ? sign != ((result >>> 14 & 1) != 0) : carry != sign;
        Alu.flags(cpu, result, carry, overflow, 48);
        return result;
    }
}
