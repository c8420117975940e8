package cloison.cpu.interpret;

import cloison.cpu.state.CpuState;

/// The sixteen conditions of Jcc, SETcc and CMOVcc.
final class Conditions {
    private Conditions() {}

    /// {@return whether condition `code` (0..15) holds}
    static boolean holds(CpuState cpu, int code) {
        return switch (code) {
            case 0 -> cpu.overflow();
            case 1 -> !cpu.overflow();
            case 2 -> cpu.carry();
            case 3 -> !cpu.carry();
            case 4 -> cpu.zero();
            case 5 -> !cpu.zero();
            case 6 -> belowOrEqual(cpu);
            case 7 -> !belowOrEqual(cpu);
            case 8 -> cpu.sign();
            case 9 -> !cpu.sign();
            case 10 -> cpu.parity();
            case 11 -> !cpu.parity();
            case 12 -> less(cpu);
            case 13 -> !less(cpu);
            case 14 -> lessOrEqual(cpu);
            default -> !lessOrEqual(cpu);
        };
    }

    static boolean belowOrEqual(CpuState cpu) {
        return cpu.flagAux < 0 || cpu.flagResult == 0;
    }

    /// SF differs from OF.
    static boolean less(CpuState cpu) {
        long aux = cpu.flagAux;
        return (cpu.flagResult ^ aux << 63 ^ aux ^ aux << 1) < 0;
    }

    static boolean lessOrEqual(CpuState cpu) {
        return cpu.flagResult == 0 || less(cpu);
    }
}
