package cloison.cpu.interpret;

import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;

/// What x87 instructions have in common: whether they may run, and the registers as a stack.
///
/// With CR0.NE clear an unmasked exception is not reported: the processor behaves as one whose IGNNE# is asserted, for
/// there is no FERR# to route. FCS and FDS are 0; FDP and FOP change only with an unmasked exception (CPUID leaf 7, EBX
/// bits 6 and 13).
final class X87 {
    /// FSW: an unmasked exception waits.
    static final int SUMMARY = 0x80;

    private X87() {}

    /// Throws #NM where x87 instructions that do not wait do.
    static void ready(Cpu cpu) {
        if ((cpu.cr0 & (Control.CR0_EM | Control.CR0_TS)) != 0) {
            throw GuestFault.of(GuestFault.NM, 0);
        }
    }

    /// Throws #NM or the #MF that waits.
    static void readyAndWait(Cpu cpu) {
        ready(cpu);
        pending(cpu);
    }

    /// Throws the #MF that waits.
    static void pending(Cpu cpu) {
        if ((cpu.x87Status & SUMMARY) != 0 && (cpu.cr0 & Control.CR0_NE) != 0) {
            throw GuestFault.of(GuestFault.MF, 0);
        }
    }
}
