package cloison.cpu.interpret;

import cloison.cpu.decode.IntegerOp;
import cloison.cpu.state.Flags;

/// What the arithmetic and logical instructions compute, and the flags they leave.
///
/// Operands' bits above the operand size do not matter; results' bits above it mean nothing. `shift` is 64 minus the
/// operand size in bits.
final class Alu {
    private static final long CARRY = 1L << 63;

    private Alu() {}

    static long add(Cpu cpu, long a, long b, int shift) {
        long sum = a + b;
        cpu.flagsAdd(a, b, sum, shift);
        return sum;
    }

    static long addCarry(Cpu cpu, long a, long b, int shift) {
        long sum = a + b + (cpu.flagAux >>> 63);
        cpu.flagsAdd(a, b, sum, shift);
        return sum;
    }

    static long sub(Cpu cpu, long a, long b, int shift) {
        long difference = a - b;
        cpu.flagsSub(a, b, difference, shift);
        return difference;
    }

    static long subBorrow(Cpu cpu, long a, long b, int shift) {
        long difference = a - b - (cpu.flagAux >>> 63);
        cpu.flagsSub(a, b, difference, shift);
        return difference;
    }

    static long and(Cpu cpu, long a, long b, int shift) {
        long result = a & b;
        cpu.flagsLogic(result, shift);
        return result;
    }

    static long or(Cpu cpu, long a, long b, int shift) {
        long result = a | b;
        cpu.flagsLogic(result, shift);
        return result;
    }

    static long xor(Cpu cpu, long a, long b, int shift) {
        long result = a ^ b;
        cpu.flagsLogic(result, shift);
        return result;
    }

    static long increment(Cpu cpu, long a, int shift) {
        long carry = cpu.flagAux;
        long sum = a + 1;
        cpu.flagsAdd(a, 1, sum, shift);
        carry(cpu, carry);
        return sum;
    }

    static long decrement(Cpu cpu, long a, int shift) {
        long carry = cpu.flagAux;
        long difference = a - 1;
        cpu.flagsSub(a, 1, difference, shift);
        carry(cpu, carry);
        return difference;
    }

    static long negate(Cpu cpu, long a, int shift) {
        cpu.flagsSub(0, a, -a, shift);
        return -a;
    }

    /// Sets CF to the sign of `carry` and leaves the other flags.
    static void carry(Cpu cpu, long carry) {
        long aux = cpu.flagAux;
        long change = (aux ^ carry) & CARRY;
        // the carry into the most significant bit changes too, so that OF, their difference, stays
        cpu.flagAux = aux ^ (change | change >>> 1);
    }

    /// Sets CF and leaves the other flags.
    static void carry(Cpu cpu, boolean carry) {
        carry(cpu, carry ? CARRY : 0);
    }

    /// {@return the result of a binary or unary operation, with its flags}
    static long apply(Cpu cpu, IntegerOp op, long a, long b, int shift) {
        return switch (op) {
            case ADD, XADD -> add(cpu, a, b, shift);
            case ADC -> addCarry(cpu, a, b, shift);
            case SUB, CMP -> sub(cpu, a, b, shift);
            case SBB -> subBorrow(cpu, a, b, shift);
            case AND, TEST -> and(cpu, a, b, shift);
            case OR -> or(cpu, a, b, shift);
            case XOR -> xor(cpu, a, b, shift);
            case INC -> increment(cpu, a, shift);
            case DEC -> decrement(cpu, a, shift);
            case NEG -> negate(cpu, a, shift);
            case NOT -> ~a;
            default -> throw new IllegalStateException("not arithmetic: " + op);
        };
    }

    /// {@return the result of a binary or unary operation; the flags stay}
    static long value(Cpu cpu, IntegerOp op, long a, long b) {
        return switch (op) {
            case ADD, XADD -> a + b;
            case ADC -> a + b + (cpu.flagAux >>> 63);
            case SUB -> a - b;
            case SBB -> a - b - (cpu.flagAux >>> 63);
            case AND -> a & b;
            case OR -> a | b;
            case XOR -> a ^ b;
            case INC -> a + 1;
            case DEC -> a - 1;
            case NEG -> -a;
            case NOT -> ~a;
            default -> throw new IllegalStateException("not arithmetic: " + op);
        };
    }

    /// Loads flags whose result is known and whose carry and overflow are not those of an addition.
    static void flags(Cpu cpu, long result, boolean carry, boolean overflow, int shift) {
        cpu.flagResult = Flags.extend(result, shift);
        cpu.flagAux = carry ? overflow ? CARRY : CARRY | CARRY >>> 1 : overflow ? CARRY >>> 1 : 0;
    }

    /// Sets CF and OF and leaves the other flags.
    static void carryAndOverflow(Cpu cpu, boolean carry, boolean overflow) {
        long both = carry ? overflow ? CARRY : CARRY | CARRY >>> 1 : overflow ? CARRY >>> 1 : 0;
        cpu.flagAux = cpu.flagAux & ~(CARRY | CARRY >>> 1) | both;
    }
}
