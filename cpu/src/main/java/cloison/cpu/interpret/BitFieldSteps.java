package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.RDX;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;

/// Makes the steps of the bit manipulation instructions with a VEX prefix (BMI1 and BMI2).
///
/// Their exceptions are those of class 13, SDM volume 2, 2.5: they do not exist in real and virtual-8086 mode, and need
/// nothing that the operating system enables.
final class BitFieldSteps {
    private BitFieldSteps() {}

    static Step of(IntegerOp op, Instruction i) {
        return switch (op) {
            case ANDN, PDEP, PEXT -> binary(op, i, 1, 2);
            case BLSR, BLSMSK, BLSI -> lowest(op, i);
            case BEXTR, BZHI, SHLX, SARX, SHRX -> binary(op, i, 2, 1);
            case RORX -> rotate(i);
            case MULX -> multiply(i);
            default -> throw new IllegalStateException("not a bit field instruction: " + op);
        };
    }

    private static void ready(Cpu cpu) {
        if ((cpu.cr0 & Control.CR0_PE) == 0 || (cpu.flagRest & Flags.VM) != 0) {
            throw GuestFault.undefined();
        }
    }

    /// The instructions with a destination and two sources, of which the one in VEX.vvvv is given first.
    private static Step binary(IntegerOp op, Instruction i, int register, int other) {
        Slot d = Slot.of(i.operand(0));
        Slot a = Slot.of(i.operand(register));
        Place b = new Place(i, other);
        int size = i.operand(0).size();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                long value = b.read(cpu);
                d.set(cpu, compute(cpu, op, a.value(cpu), value, size));
            }
        };
    }

    private static long compute(Cpu cpu, IntegerOp op, long a, long b, int size) {
        int bits = 8 * size;
        return switch (op) {
            case ANDN -> {
                cpu.flagsLogic(~a & b, 64 - bits);
                yield ~a & b;
            }
            case PDEP -> Long.expand(a, b);
            case PEXT -> Long.compress(a, b);
            case SHLX -> b << (a & bits - 1);
            case SHRX -> b >>> (a & bits - 1);
            case SARX -> b << 64 - bits >> 64 - bits >> (a & bits - 1);
            case BZHI -> {
                int index = (int) a & 0xFF;
                long result = index < bits ? b & ~(-1L << index) : b;
                Alu.flags(cpu, result, index >= bits, false, 64 - bits);
                yield result;
            }
            default -> {
                long result = extract(b, (int) a & 0xFF, (int) a >>> 8 & 0xFF);
                cpu.flagsLogic(result, 64 - bits);
                yield result;
            }
        };
    }

    /// {@return `length` bits of `value` from bit `start` on}
    private static long extract(long value, int start, int length) {
        long rest = start < 64 ? value >>> start : 0;
        return length < 64 ? rest & ~(-1L << length) : rest;
    }

    private static Step lowest(IntegerOp op, Instruction i) {
        Slot d = Slot.of(i.operand(0));
        Place s = new Place(i, 1);
        int shift = 64 - 8 * i.operand(0).size();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                long value = s.read(cpu);
                long result = switch (op) {
                    case BLSR -> value & value - 1;
                    case BLSMSK -> value ^ value - 1;
                    default -> value & -value;
                };
                Alu.flags(cpu, result, (value == 0) != (op == IntegerOp.BLSI), false, shift);
                d.set(cpu, result);
            }
        };
    }

    private static Step rotate(Instruction i) {
        Slot d = Slot.of(i.operand(0));
        Place s = new Place(i, 1);
        int count = (int) i.immediate;
        boolean wide = i.operand(0).size() == 8;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                long value = s.read(cpu);
                d.set(cpu, wide ? Long.rotateRight(value, count) : Integer.rotateRight((int) value, count));
            }
        };
    }

    /// The high half goes to the first operand, which wins where both are one register.
    private static Step multiply(Instruction i) {
        Slot high = Slot.of(i.operand(0));
        Slot low = Slot.of(i.operand(1));
        Place s = new Place(i, 2);
        boolean wide = i.operand(0).size() == 8;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                long a = cpu.gpr[RDX];
                long b = s.read(cpu);
                if (wide) {
                    low.set(cpu, a * b);
                    high.set(cpu, Math.unsignedMultiplyHigh(a, b));
                } else {
                    long product = (a & 0xFFFF_FFFFL) * b;
                    low.set(cpu, product);
                    high.set(cpu, product >>> 32);
                }
            }
        };
    }
}
