package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.RAX;
import static cloison.machine.processor.ProcessorState.RDX;

import cloison.cpu.state.GuestFault;

/// Multiplication and division, with their results in AX or rDX:rAX where the instructions have them there.
///
/// CF and OF say whether the upper half of a product matters; SF and PF, which are undefined, follow the lower half. A
/// division leaves all flags as they were.
final class Multiply {
    private static final long LOW = 0xFFFF_FFFFL;

    private Multiply() {}

    /// {@return the low half of a signed product, with its flags}
    static long signed(Cpu cpu, long a, long b, int bits) {
        int shift = 64 - bits;
        long x = a << shift >> shift;
        long y = b << shift >> shift;
        long product = x * y;
        boolean wide = bits == 64 ? Math.multiplyHigh(x, y) != product >> 63 : product << shift >> shift != product;
        Alu.flags(cpu, product, wide, wide, shift);
        return product;
    }

    /// MUL and IMUL with one operand.
    static void wide(Cpu cpu, long operand, int bits, boolean signed) {
        long[] gpr = cpu.gpr;
        int shift = 64 - bits;
        long x = signed ? gpr[RAX] << shift >> shift : gpr[RAX] << shift >>> shift;
        long y = signed ? operand << shift >> shift : operand << shift >>> shift;
        long low = x * y;
        long high = bits == 64
                ? signed ? Math.multiplyHigh(x, y) : Math.unsignedMultiplyHigh(x, y)
                : signed ? low >> bits : low >>> bits;
        boolean wide = signed ? high != low << shift >> 63 : high << shift != 0;
        switch (bits) {
            case 8 -> gpr[RAX] = gpr[RAX] & ~0xFFFFL | low & 0xFFFF;
            case 16 -> {
                gpr[RAX] = gpr[RAX] & ~0xFFFFL | low & 0xFFFF;
                gpr[RDX] = gpr[RDX] & ~0xFFFFL | high & 0xFFFF;
            }
            case 32 -> {
                gpr[RAX] = low & LOW;
                gpr[RDX] = high & LOW;
            }
            default -> {
                gpr[RAX] = low;
                gpr[RDX] = high;
            }
        }
        Alu.flags(cpu, low, wide, wide, shift);
    }

    /// DIV.
    static void divide(Cpu cpu, long operand, int bits) {
        long[] gpr = cpu.gpr;
        long divisor = operand << 64 - bits >>> 64 - bits;
        if (divisor == 0) {
            throw GuestFault.of(GuestFault.DE, 0);
        }
        if (bits == 64) {
            long high = gpr[RDX];
            long low = gpr[RAX];
            if (Long.compareUnsigned(high, divisor) >= 0) {
                throw GuestFault.of(GuestFault.DE, 0);
            }
            long quotient = high == 0 ? Long.divideUnsigned(low, divisor) : divide128(high, low, divisor);
            gpr[RAX] = quotient;
            gpr[RDX] = low - quotient * divisor;
            return;
        }
        long dividend = dividend(gpr, bits);
        long quotient = Long.divideUnsigned(dividend, divisor);
        if (quotient >>> bits != 0) {
            throw GuestFault.of(GuestFault.DE, 0);
        }
        store(gpr, bits, quotient, dividend - quotient * divisor);
    }

    /// IDIV.
    static void divideSigned(Cpu cpu, long operand, int bits) {
        long[] gpr = cpu.gpr;
        int shift = 64 - bits;
        long divisor = operand << shift >> shift;
        if (divisor == 0) {
            throw GuestFault.of(GuestFault.DE, 0);
        }
        if (bits == 64) {
            divideSigned128(gpr, divisor);
            return;
        }
        long dividend = bits == 32 ? dividend(gpr, bits) : dividend(gpr, bits) << 64 - 2 * bits >> 64 - 2 * bits;
        long quotient = dividend / divisor;
        if (quotient << shift >> shift != quotient) {
            throw GuestFault.of(GuestFault.DE, 0);
        }
        store(gpr, bits, quotient, dividend - quotient * divisor);
    }

    private static void divideSigned128(long[] gpr, long divisor) {
        long high = gpr[RDX];
        long low = gpr[RAX];
        boolean negative = high < 0;
        if (negative) {
            low = -low;
            high = ~high + (low == 0 ? 1 : 0);
        }
        long magnitude = Math.abs(divisor);
        if (Long.compareUnsigned(high, magnitude) >= 0) {
            throw GuestFault.of(GuestFault.DE, 0);
        }
        long quotient = high == 0 ? Long.divideUnsigned(low, magnitude) : divide128(high, low, magnitude);
        long remainder = low - quotient * magnitude;
        boolean minus = negative != divisor < 0;
        if (quotient < 0 && !(minus && quotient == Long.MIN_VALUE)) {
            throw GuestFault.of(GuestFault.DE, 0);
        }
        gpr[RAX] = minus ? -quotient : quotient;
        gpr[RDX] = negative ? -remainder : remainder;
    }

    private static long dividend(long[] gpr, int bits) {
        return switch (bits) {
            case 8 -> gpr[RAX] & 0xFFFF;
            case 16 -> (gpr[RDX] & 0xFFFF) << 16 | gpr[RAX] & 0xFFFF;
            default -> gpr[RDX] << 32 | gpr[RAX] & LOW;
        };
    }

    private static void store(long[] gpr, int bits, long quotient, long remainder) {
        switch (bits) {
            case 8 -> gpr[RAX] = gpr[RAX] & ~0xFFFFL | quotient & 0xFF | (remainder & 0xFF) << 8;
            case 16 -> {
                gpr[RAX] = gpr[RAX] & ~0xFFFFL | quotient & 0xFFFF;
                gpr[RDX] = gpr[RDX] & ~0xFFFFL | remainder & 0xFFFF;
            }
            default -> {
                gpr[RAX] = quotient & LOW;
                gpr[RDX] = remainder & LOW;
            }
        }
    }

    /// {@return `high:low / divisor`, unsigned, where `high < divisor`}
    ///
    /// Schoolbook division with two 32-bit digits: Knuth, The Art of Computer Programming, volume 2, 4.3.1,
    /// algorithm D.
    static long divide128(long high, long low, long divisor) {
        int shift = Long.numberOfLeadingZeros(divisor);
        long d = divisor << shift;
        long top = shift == 0 ? high : high << shift | low >>> 64 - shift;
        long rest = low << shift;
        long first = digit(top, rest >>> 32, d);
        long middle = (top << 32 | rest >>> 32) - first * d;
        long second = digit(middle, rest & LOW, d);
        return first << 32 | second;
    }

    /// {@return one 32-bit digit of the quotient `(top:next) / d`, where `d` has its highest bit set}
    private static long digit(long top, long next, long d) {
        long upper = d >>> 32;
        long lower = d & LOW;
        long digit = Long.divideUnsigned(top, upper);
        long remainder = top - digit * upper;
        while (digit >>> 32 != 0 || Long.compareUnsigned(digit * lower, remainder << 32 | next) > 0) {
            digit--;
            remainder += upper;
            if (remainder >>> 32 != 0) {
                break;
            }
        }
        return digit;
    }
}
