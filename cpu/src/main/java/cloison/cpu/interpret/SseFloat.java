package cloison.cpu.interpret;

import cloison.cpu.fp.Scalar;
import cloison.cpu.fp.Scalar.Operation;
import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;

/// SSE floating point on one lane: at once with Java's arithmetic where that has the same answer, else in software.
///
/// Java's arithmetic is IEEE 754's, rounded to nearest. With all exceptions masked, rounding to nearest, and operands
/// and result that are normal numbers (or zero, where that is exact), the only exception there can be is the precision
/// exception, and it is cheap to find out whether the result is exact.
final class SseFloat {
    private static final int PRECISION = 0x20;
    /// MXCSR: rounding control and masks, and their values where Java's arithmetic may be used.
    private static final int MODE = 0x7F80;

    private static final int ORDINARY = 0x1F80;

    private SseFloat() {}

    /// {@return the unit, at the start of an instruction}
    static Scalar begin(Cpu cpu) {
        if (!cpu.gathersExceptions) {
            cpu.scalar.begin(cpu.mxcsr);
        }
        return cpu.scalar;
    }

    /// Adds what the instruction raised to MXCSR; throws #XM (or #UD, where the system does not expect it) if any of it
    /// is unmasked.
    static void commit(Cpu cpu) {
        if (cpu.gathersExceptions) {
            return;
        }
        int raised = cpu.scalar.raised();
        cpu.mxcsr |= raised;
        if ((raised & ~(cpu.mxcsr >>> 7)) != 0) {
            throw (cpu.cr4 & Control.CR4_OSXMMEXCPT) != 0 ? GuestFault.of(GuestFault.XM, 0) : GuestFault.undefined();
        }
    }

    /// {@return whether `x` is a normal number}
    private static boolean normal(long x) {
        return (x + 0x0010_0000_0000_0000L & 0x7FE0_0000_0000_0000L) != 0;
    }

    private static boolean normal(int x) {
        return (x + 0x0080_0000 & 0x7F00_0000) != 0;
    }

    /// {@return whether `x` is a normal number, and so far inside their range that rounding did not bring it there}
    private static boolean inside(long x) {
        long exponent = x & 0x7FE0_0000_0000_0000L;
        return exponent != 0 && exponent != 0x7FE0_0000_0000_0000L;
    }

    private static boolean inside(int x) {
        int exponent = x & 0x7F00_0000;
        return exponent != 0 && exponent != 0x7F00_0000;
    }

    /// {@return whether MXCSR lets Java's arithmetic stand in}
    static boolean ordinary(Cpu cpu) {
        return (cpu.mxcsr & MODE) == ORDINARY;
    }

    private static void inexact(Cpu cpu, boolean inexact) {
        if (inexact) {
            cpu.mxcsr |= PRECISION;
        }
    }

    private static boolean precise(Cpu cpu) {
        return (cpu.mxcsr & PRECISION) == 0;
    }

    private static long slow64(Cpu cpu, Operation operation, long x, long y) {
        long result = begin(cpu).float64(operation, x, y);
        commit(cpu);
        return result;
    }

    private static int slow32(Cpu cpu, Operation operation, int x, int y) {
        int result = begin(cpu).float32(operation, x, y);
        commit(cpu);
        return result;
    }

    /// {@return the result of one float64 operation, committed}
    static long float64(Cpu cpu, Operation operation, long x, long y) {
        return switch (operation) {
            case ADD -> add64(cpu, x, y);
            case SUBTRACT -> subtract64(cpu, x, y);
            case MULTIPLY -> multiply64(cpu, x, y);
            case DIVIDE -> divide64(cpu, x, y);
            case SQUARE_ROOT -> squareRoot64(cpu, y);
            default -> slow64(cpu, operation, x, y);
        };
    }

    /// {@return the result of one float32 operation, committed}
    static int float32(Cpu cpu, Operation operation, int x, int y) {
        return switch (operation) {
            case ADD -> add32(cpu, x, y);
            case SUBTRACT -> subtract32(cpu, x, y);
            case MULTIPLY -> multiply32(cpu, x, y);
            case DIVIDE -> divide32(cpu, x, y);
            default -> slow32(cpu, operation, x, y);
        };
    }

    static long add64(Cpu cpu, long x, long y) {
        double a = Double.longBitsToDouble(x);
        double b = Double.longBitsToDouble(y);
        double sum = a + b;
        long result = Double.doubleToRawLongBits(sum);
        if (ordinary(cpu) && Scalar.plain(x) && Scalar.plain(y) && Scalar.plain(result)) {
            if (precise(cpu)) {
                double part = sum - a;
                inexact(cpu, (a - (sum - part)) + (b - part) != 0);
            }
            return result;
        }
        return slow64(cpu, Operation.ADD, x, y);
    }

    static long subtract64(Cpu cpu, long x, long y) {
        double a = Double.longBitsToDouble(x);
        double b = Double.longBitsToDouble(y);
        double difference = a - b;
        long result = Double.doubleToRawLongBits(difference);
        if (ordinary(cpu) && Scalar.plain(x) && Scalar.plain(y) && Scalar.plain(result)) {
            if (precise(cpu)) {
                double part = difference - a;
                inexact(cpu, (a - (difference - part)) - (b + part) != 0);
            }
            return result;
        }
        return slow64(cpu, Operation.SUBTRACT, x, y);
    }

    static long multiply64(Cpu cpu, long x, long y) {
        double product = Double.longBitsToDouble(x) * Double.longBitsToDouble(y);
        long result = Double.doubleToRawLongBits(product);
        if (ordinary(cpu) && normal(x) && normal(y) && inside(result) && (!precise(cpu) || fits(x, y))) {
            return result;
        }
        return slow64(cpu, Operation.MULTIPLY, x, y);
    }

    /// {@return whether the product of the significands has at most 53 bits}
    private static boolean fits(long x, long y) {
        int zeros = Long.numberOfTrailingZeros(x | 1L << 52) + Long.numberOfTrailingZeros(y | 1L << 52);
        return zeros >= 53;
    }

    static long divide64(Cpu cpu, long x, long y) {
        double quotient = Double.longBitsToDouble(x) / Double.longBitsToDouble(y);
        long result = Double.doubleToRawLongBits(quotient);
        if (ordinary(cpu) && !precise(cpu) && normal(x) && normal(y) && inside(result)) {
            return result;
        }
        return slow64(cpu, Operation.DIVIDE, x, y);
    }

    static int add32(Cpu cpu, int x, int y) {
        float a = Float.intBitsToFloat(x);
        float b = Float.intBitsToFloat(y);
        float sum = a + b;
        int result = Float.floatToRawIntBits(sum);
        if (ordinary(cpu) && Scalar.plain(x) && Scalar.plain(y) && Scalar.plain(result)) {
            if (precise(cpu)) {
                float part = sum - a;
                inexact(cpu, (a - (sum - part)) + (b - part) != 0);
            }
            return result;
        }
        return slow32(cpu, Operation.ADD, x, y);
    }

    static int subtract32(Cpu cpu, int x, int y) {
        float a = Float.intBitsToFloat(x);
        float b = Float.intBitsToFloat(y);
        float difference = a - b;
        int result = Float.floatToRawIntBits(difference);
        if (ordinary(cpu) && Scalar.plain(x) && Scalar.plain(y) && Scalar.plain(result)) {
            if (precise(cpu)) {
                float part = difference - a;
                inexact(cpu, (a - (difference - part)) - (b + part) != 0);
            }
            return result;
        }
        return slow32(cpu, Operation.SUBTRACT, x, y);
    }

    static int multiply32(Cpu cpu, int x, int y) {
        float a = Float.intBitsToFloat(x);
        float b = Float.intBitsToFloat(y);
        float product = a * b;
        int result = Float.floatToRawIntBits(product);
        if (ordinary(cpu) && normal(x) && normal(y) && inside(result)) {
            inexact(cpu, (double) a * b != product);
            return result;
        }
        return slow32(cpu, Operation.MULTIPLY, x, y);
    }

    static int divide32(Cpu cpu, int x, int y) {
        float a = Float.intBitsToFloat(x);
        float b = Float.intBitsToFloat(y);
        float quotient = a / b;
        int result = Float.floatToRawIntBits(quotient);
        if (ordinary(cpu) && normal(x) && normal(y) && inside(result)) {
            inexact(cpu, (double) quotient * b != a);
            return result;
        }
        return slow32(cpu, Operation.DIVIDE, x, y);
    }

    static long squareRoot64(Cpu cpu, long y) {
        if (ordinary(cpu) && !precise(cpu) && normal(y) && y >= 0) {
            return Double.doubleToRawLongBits(Math.sqrt(Double.longBitsToDouble(y)));
        }
        return slow64(cpu, Operation.SQUARE_ROOT, 0, y);
    }

    /// {@return the order of two float64s as `Scalar` has it, committed}
    static int compare64(Cpu cpu, long x, long y, boolean signal) {
        int order = begin(cpu).compare64(x, y, signal);
        commit(cpu);
        return order;
    }

    /// {@return the order of two float32s as `Scalar` has it, committed}
    static int compare32(Cpu cpu, int x, int y, boolean signal) {
        int order = begin(cpu).compare32(x, y, signal);
        commit(cpu);
        return order;
    }

    /// {@return a float64 as a float32, committed}
    static int narrow(Cpu cpu, long x) {
        double wide = Double.longBitsToDouble(x);
        float narrow = (float) wide;
        int result = Float.floatToRawIntBits(narrow);
        if (ordinary(cpu) && normal(x) && inside(result)) {
            inexact(cpu, narrow != wide);
            return result;
        }
        result = begin(cpu).narrow(x);
        commit(cpu);
        return result;
    }

    /// {@return a signed integer as a float64, committed}
    static long fromInteger64(Cpu cpu, long value) {
        long result = begin(cpu).fromInteger64(value);
        commit(cpu);
        return result;
    }

    /// {@return a float64 as a signed integer, toward zero, committed}
    static long truncate64(Cpu cpu, long x, int bits) {
        double value = Double.longBitsToDouble(x);
        long result = (long) value;
        if (ordinary(cpu) && Scalar.plain(x) && Math.abs(value) < 0x1p31) {
            inexact(cpu, result != value);
            return result;
        }
        result = begin(cpu).toInteger64(x, bits, true);
        commit(cpu);
        return result;
    }
}
