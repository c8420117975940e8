package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.CS;

import cloison.cpu.state.Attention;
import cloison.cpu.state.Breakpoints;
import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.CpuModel;

/// Reading and writing of the control and debug registers, with what follows from it.
///
/// SDM volume 3, 2.5 (control), 4.1.2 (mode changes), 18.2 (debug).
final class ControlRegisters {
    private static final long CR0_BITS = Control.CR0_PE
            | Control.CR0_MP
            | Control.CR0_EM
            | Control.CR0_TS
            | Control.CR0_NE
            | Control.CR0_WP
            | Control.CR0_AM
            | Control.CR0_NW
            | Control.CR0_CD
            | Control.CR0_PG;

    /// The bits of CR0 that change translation.
    private static final long CR0_TRANSLATION = Control.CR0_PE | Control.CR0_PG | Control.CR0_WP;

    /// The bits of CR4 that every processor has: those whose features CPUID reports, and PCE, which is harmless.
    private static final long CR4_BITS = Control.CR4_TSD
            | Control.CR4_DE
            | Control.CR4_PSE
            | Control.CR4_PAE
            | Control.CR4_MCE
            | Control.CR4_PGE
            | Control.CR4_PCE
            | Control.CR4_OSFXSR
            | Control.CR4_OSXMMEXCPT
            | Control.CR4_SMEP;

    private static final long CR4_TRANSLATION =
            Control.CR4_PSE | Control.CR4_PAE | Control.CR4_PGE | Control.CR4_SMEP | Control.CR4_SMAP;

    private static final long ROOT_BEYOND = -1L << 46;

    private ControlRegisters() {}

    /// {@return the bits of CR4 that a processor of `model` has}
    static long bits(CpuModel model) {
        return CR4_BITS
                | (model.has(CpuFeature.XSAVE) ? Control.CR4_OSXSAVE : 0)
                | (model.has(CpuFeature.SMAP) ? Control.CR4_SMAP : 0);
    }

    /// {@return whether the control register exists}
    static boolean exists(int number) {
        return number == 0 || number >= 2 && number <= 4 || number == 8;
    }

    static long read(Cpu cpu, int number) {
        return switch (number) {
            case 0 -> cpu.cr0;
            case 2 -> cpu.cr2;
            case 3 -> cpu.cr3;
            case 4 -> cpu.cr4;
            default -> cpu.interrupts.cr8();
        };
    }

    static void write(Cpu cpu, int number, long value) {
        switch (number) {
            case 0 -> write0(cpu, value);
            case 2 -> cpu.cr2 = value;
            case 3 -> write3(cpu, value);
            case 4 -> write4(cpu, value);
            default -> write8(cpu, value);
        }
    }

    private static void write0(Cpu cpu, long value) {
        long wanted = value & CR0_BITS | Control.CR0_ET;
        boolean paging = (wanted & Control.CR0_PG) != 0;
        if (value >>> 32 != 0
                || paging && (wanted & Control.CR0_PE) == 0
                || (wanted & Control.CR0_NW) != 0 && (wanted & Control.CR0_CD) == 0) {
            throw GuestFault.protection();
        }
        long changed = cpu.cr0 ^ wanted;
        if ((changed & Control.CR0_PG) != 0) {
            if (paging) {
                startPaging(cpu);
            } else {
                if (cpu.longMode) {
                    throw GuestFault.protection();
                }
                cpu.efer &= ~Control.EFER_LMA;
            }
        }
        cpu.cr0 = wanted;
        if ((changed & CR0_TRANSLATION) != 0) {
            cpu.forgetAll();
        }
        cpu.contextChanged();
    }

    private static void startPaging(Cpu cpu) {
        boolean wide = (cpu.cr4 & Control.CR4_PAE) != 0;
        if ((cpu.efer & Control.EFER_LME) != 0) {
            if (!wide || (cpu.segmentAttributes[CS] & Descriptors.LONG) != 0) {
                throw GuestFault.protection();
            }
            cpu.efer |= Control.EFER_LMA;
        } else if (wide && !cpu.mmu.loadPointers(cpu.cr3)) {
            throw GuestFault.protection();
        }
    }

    private static void write3(Cpu cpu, long value) {
        if (cpu.longActive() && (value & ROOT_BEYOND) != 0) {
            throw GuestFault.protection();
        }
        loadRoot(cpu, cpu.longActive() ? value : value & 0xFFFF_FFFFL);
    }

    /// Loads CR3, and with it another address space.
    static void loadRoot(Cpu cpu, long value) {
        boolean pointers = (cpu.cr0 & Control.CR0_PG) != 0 && (cpu.cr4 & Control.CR4_PAE) != 0 && !cpu.longActive();
        if (pointers && !cpu.mmu.loadPointers(value)) {
            throw GuestFault.protection();
        }
        cpu.cr3 = value;
        cpu.forgetLocal();
    }

    private static void write4(Cpu cpu, long value) {
        if ((value & ~cpu.cr4Bits) != 0 || cpu.longActive() && (value & Control.CR4_PAE) == 0) {
            throw GuestFault.protection();
        }
        long changed = cpu.cr4 ^ value;
        boolean pointers = (cpu.cr0 & Control.CR0_PG) != 0 && (value & Control.CR4_PAE) != 0 && !cpu.longActive();
        if (pointers && (changed & CR4_TRANSLATION) != 0 && !cpu.mmu.loadPointers(cpu.cr3)) {
            throw GuestFault.protection();
        }
        cpu.cr4 = value;
        if ((changed & CR4_TRANSLATION) != 0) {
            cpu.forgetAll();
        }
        cpu.contextChanged();
    }

    private static void write8(Cpu cpu, long value) {
        if (value >>> 4 != 0) {
            throw GuestFault.protection();
        }
        cpu.interrupts.cr8((int) value);
        cpu.attention.raise(Attention.LOOK);
    }

    /// Loads the low four bits of CR0, as LMSW does: PE is set but never cleared.
    static void loadStatusWord(Cpu cpu, int value) {
        long low = value & 0xF | cpu.cr0 & Control.CR0_PE;
        write0(cpu, cpu.cr0 & ~0xFL | low);
    }

    // ---- debug registers

    /// {@return which register a number means: DR4 and DR5 are DR6 and DR7 unless CR4.DE}
    private static int debugNumber(Cpu cpu, int number) {
        if (number > 7) {
            throw GuestFault.undefined();
        }
        if (number == 4 || number == 5) {
            if ((cpu.cr4 & Control.CR4_DE) != 0) {
                throw GuestFault.undefined();
            }
            return number + 2;
        }
        return number;
    }

    private static void checkDetect(Cpu cpu) {
        if ((cpu.dr[7] & Breakpoints.GENERAL_DETECT_ENABLE) != 0) {
            cpu.dr[6] |= Breakpoints.GENERAL_DETECT;
            cpu.dr[7] &= ~Breakpoints.GENERAL_DETECT_ENABLE;
            throw GuestFault.of(GuestFault.DB, 0);
        }
    }

    static long readDebug(Cpu cpu, int number) {
        int which = debugNumber(cpu, number);
        checkDetect(cpu);
        return cpu.dr[which];
    }

    static void writeDebug(Cpu cpu, int number, long value) {
        int which = debugNumber(cpu, number);
        checkDetect(cpu);
        if (which >= 6 && value >>> 32 != 0) {
            throw GuestFault.protection();
        }
        cpu.dr[which] = switch (which) {
            case 6 -> value & 0xE00F | Breakpoints.FIXED_6;
            case 7 -> value & 0xFFFF_23FFL | Breakpoints.FIXED_7;
            default -> value;
        };
        if (which == 7) {
            cpu.contextChanged();
            cpu.attention.raise(Attention.LOOK);
        }
    }
}
