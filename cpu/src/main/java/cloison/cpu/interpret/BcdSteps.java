package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.RAX;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;

/// Makes the steps of decimal arithmetic: AAA, AAS, AAM, AAD, DAA, DAS.
///
/// SDM volume 2. Flags that are undefined follow the result; OF is clear.
final class BcdSteps {
    private BcdSteps() {}

    static Step of(IntegerOp op, Instruction i) {
        int base = (int) i.immediate & 0xFF;
        return switch (op) {
            case AAA, AAS -> {
                boolean add = op == IntegerOp.AAA;
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        unpacked(cpu, add);
                    }
                };
            }
            case DAA, DAS -> {
                boolean add = op == IntegerOp.DAA;
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        packed(cpu, add);
                    }
                };
            }
            case AAM ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (base == 0) {
                            throw GuestFault.of(GuestFault.DE, 0);
                        }
                        int al = (int) cpu.gpr[RAX] & 0xFF;
                        accumulator(cpu, al / base << 8 | al % base);
                        flags(cpu, al % base, false, false);
                    }
                };
            default ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        int ax = (int) cpu.gpr[RAX];
                        int al = (ax & 0xFF) + (ax >> 8 & 0xFF) * base & 0xFF;
                        accumulator(cpu, al);
                        flags(cpu, al, false, false);
                    }
                };
        };
    }

    /// Stores AX.
    private static void accumulator(Cpu cpu, int ax) {
        cpu.gpr[RAX] = cpu.gpr[RAX] & ~0xFFFFL | ax & 0xFFFF;
    }

    private static void flags(Cpu cpu, int al, boolean carry, boolean adjust) {
        cpu.flagsLogic(al, 56);
        int status = cpu.statusFlags();
        cpu.statusFlags(status | (carry ? Flags.CF : 0) | (adjust ? Flags.AF : 0));
    }

    private static void unpacked(Cpu cpu, boolean add) {
        int ax = (int) cpu.gpr[RAX] & 0xFFFF;
        boolean adjust = (ax & 0xF) > 9 || (cpu.statusFlags() & Flags.AF) != 0;
        if (adjust) {
            ax += add ? 0x106 : -0x106;
        }
        ax &= 0xFF0F;
        accumulator(cpu, ax);
        flags(cpu, ax & 0xFF, adjust, adjust);
    }

    private static void packed(Cpu cpu, boolean add) {
        int al = (int) cpu.gpr[RAX] & 0xFF;
        int status = cpu.statusFlags();
        boolean carry = (status & Flags.CF) != 0;
        boolean adjust = (al & 0xF) > 9 || (status & Flags.AF) != 0;
        boolean high = al > 0x99 || carry;
        int result = al;
        boolean borrowed = false;
        if (adjust) {
            result += add ? 6 : -6;
            // DAS: a borrow of the first correction counts
            borrowed = !add && al < 6;
        }
        if (high) {
            result += add ? 0x60 : -0x60;
        }
        cpu.gpr[RAX] = cpu.gpr[RAX] & ~0xFFL | result & 0xFF;
        flags(cpu, result & 0xFF, high || borrowed, adjust);
    }
}
