package cloison.cpu.interpret;

import cloison.cpu.fp.Extended;
import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;

/// What x87 instructions have in common: whether they may run, the registers as a stack, and how exceptions are kept.
///
/// With CR0.NE clear an unmasked exception is not reported: the processor behaves as one whose IGNNE# is asserted, for
/// there is no FERR# to route. FCS and FDS are 0; FDP and FOP change only with an unmasked exception (CPUID leaf 7, EBX
/// bits 6 and 13).
final class X87 {
    /// FSW: an unmasked exception waits (ES), and its old copy (B).
    static final int SUMMARY = 0x8080;

    /// FSW: an invalid operation that was a stack fault, together with IE.
    static final int STACK_FAULT = 0x41;

    static final int C1 = Extended.C1;
    static final int C2 = Extended.C2;
    static final int CONDITIONS = Extended.C0 | Extended.C1 | Extended.C2 | Extended.C3;

    /// Exceptions that, unmasked, keep an instruction from completing.
    private static final int BEFORE = Extended.INVALID | Extended.DENORMAL | Extended.ZERO_DIVIDE;

    private static final int EXCEPTIONS = 0x3F;

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

    // ---- the stack

    /// {@return the register that ST(`i`) is}
    static int register(Cpu cpu, int i) {
        return cpu.x87Top + i & 7;
    }

    static boolean empty(Cpu cpu, int i) {
        return (cpu.x87Valid >>> register(cpu, i) & 1) == 0;
    }

    /// Writes ST(`i`), which is then not empty.
    static void write(Cpu cpu, int i, int exponent, long significand) {
        int r = register(cpu, i);
        cpu.x87Exponent[r] = exponent;
        cpu.x87Significand[r] = significand;
        cpu.x87Valid |= 1 << r;
    }

    static void pop(Cpu cpu) {
        cpu.x87Valid &= ~(1 << cpu.x87Top);
        cpu.x87Top = cpu.x87Top + 1 & 7;
    }

    /// Makes a new ST0, whatever was there.
    static void push(Cpu cpu, int exponent, long significand) {
        cpu.x87Top = cpu.x87Top - 1 & 7;
        write(cpu, 0, exponent, significand);
    }

    static void first(Cpu cpu, int i) {
        int r = register(cpu, i);
        cpu.extended.first(cpu.x87Exponent[r], cpu.x87Significand[r]);
    }

    static void second(Cpu cpu, int i) {
        int r = register(cpu, i);
        cpu.extended.second(cpu.x87Exponent[r], cpu.x87Significand[r]);
    }

    // ---- exceptions

    /// Keeps what an instruction raised, in place of C1; {@return the exceptions of it that are not masked}
    ///
    /// @param conditions the condition codes to replace besides C1
    private static int keep(Cpu cpu, X87Step step, int raised, int conditions) {
        cpu.x87Status = cpu.x87Status & ~(C1 | conditions) | raised;
        int unmasked = raised & ~cpu.x87Control & EXCEPTIONS;
        if (unmasked != 0) {
            cpu.x87Status |= SUMMARY;
            step.note(cpu);
        }
        return unmasked;
    }

    /// Keeps what an instruction raised; {@return whether it has a result to write}
    static boolean commit(Cpu cpu, X87Step step, int raised) {
        return (keep(cpu, step, raised, 0) & BEFORE) == 0;
    }

    /// Keeps what an instruction raised, with the condition codes `conditions`; {@return whether it has a result}
    static boolean commit(Cpu cpu, X87Step step, int raised, int conditions) {
        return (keep(cpu, step, raised, conditions) & BEFORE) == 0;
    }

    /// {@return whether a store to memory that raised `raised` takes place}
    static boolean stores(Cpu cpu, int raised) {
        return (raised & ~cpu.x87Control & (BEFORE | Extended.OVERFLOW | Extended.UNDERFLOW)) == 0;
    }

    /// Keeps what a store to memory raised; {@return whether there is something to store}
    ///
    /// Unmasked overflow and underflow prevent the store, and then whether it would have been exact is not said.
    static boolean commitStore(Cpu cpu, X87Step step, int raised) {
        int range = raised & ~cpu.x87Control & (Extended.OVERFLOW | Extended.UNDERFLOW);
        int told = range != 0 ? raised & ~(Extended.PRECISION | C1) : raised;
        return (keep(cpu, step, told, 0) & BEFORE) == 0 && range == 0;
    }

    /// An operand register is empty; {@return whether the exception is masked, so that the indefinite stands in}
    static boolean underflow(Cpu cpu, X87Step step) {
        return commit(cpu, step, STACK_FAULT);
    }

    /// The register to be pushed to is not empty; {@return whether the exception is masked}
    static boolean overflow(Cpu cpu, X87Step step) {
        return commit(cpu, step, STACK_FAULT | C1);
    }

    /// Pushes what an instruction gave, or the indefinite if there is no room.
    static void load(Cpu cpu, X87Step step, int raised, int exponent, long significand) {
        if (!empty(cpu, -1)) {
            if (overflow(cpu, step)) {
                push(cpu, Extended.INDEFINITE_EXPONENT, Extended.INDEFINITE_SIGNIFICAND);
            }
        } else if (commit(cpu, step, raised)) {
            push(cpu, exponent, significand);
        }
    }

    /// Pushes a float32 or float64; unlike elsewhere an unmasked denormal exception does not prevent it.
    static void loadConverted(Cpu cpu, X87Step step, int raised, int exponent, long significand) {
        boolean kept = (raised & ~cpu.x87Control & Extended.DENORMAL) != 0 && empty(cpu, -1);
        load(cpu, step, raised, exponent, significand);
        if (kept) {
            push(cpu, exponent, significand);
        }
    }

    /// Writes the indefinite to ST(`i`).
    static void writeIndefinite(Cpu cpu, int i) {
        write(cpu, i, Extended.INDEFINITE_EXPONENT, Extended.INDEFINITE_SIGNIFICAND);
    }

    /// Writes the result to ST(`i`).
    static void writeResult(Cpu cpu, int i) {
        write(cpu, i, cpu.extended.exponent(), cpu.extended.significand());
    }
}
