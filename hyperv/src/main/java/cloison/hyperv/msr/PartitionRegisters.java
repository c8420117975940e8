package cloison.hyperv.msr;

import cloison.hyperv.guest.CrashReport;
import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import cloison.hyperv.guest.GuestEvents;
import cloison.hyperv.page.OverlayRegister;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.time.ReferenceTime;
import cloison.machine.memory.GuestMemory;
import cloison.machine.wire.Wire;
import java.util.Arrays;

/// The synthetic registers that all virtual processors of a partition share.
///
/// **Owner:** any virtual processor's thread; the monitor guards all but the reference time.
public final class PartitionRegisters {
    /// ENDBR64; VMCALL; RET. The first instruction does nothing, and satisfies a guest that insists on branch
    /// targets.
    private static final byte[] HYPERCALL_CODE = {
        (byte) 0xF3, 0x0F, 0x1E, (byte) 0xFA, 0x0F, 0x01, (byte) 0xC1, (byte) 0xC3
    };

    private static final byte BREAKPOINT = (byte) 0xCC;
    private static final long HYPERCALL_LOCKED = 1 << 1;
    private static final long CRASH_NOTIFY = 1L << 63;
    private static final long CRASH_MESSAGE = 1L << 62;
    private static final int TSC_SEQUENCE = 1;

    // wiring
    private final GuestMemory memory;
    private final OverlayRegister hypercall;
    private final OverlayRegister referenceTsc;
    private final ReferenceTime time;
    private final long apicHz;
    private final Features features;
    private final GuestEvents events;

    // registers
    private volatile long guestOsId;
    private final long[] crash = new long[5];
    private long invariantControl;

    /// The registers of a partition whose local APICs' timers count at `apicHz`.
    public PartitionRegisters(
            GuestMemory memory,
            OverlayRegister hypercall,
            OverlayRegister referenceTsc,
            ReferenceTime time,
            long apicHz,
            Features features,
            GuestEvents events) {
        this.memory = memory;
        this.hypercall = hypercall;
        this.referenceTsc = referenceTsc;
        this.time = time;
        this.apicHz = apicHz;
        this.features = features;
        this.events = events;
    }

    /// {@return whether the guest has identified itself and enabled the hypercall page}
    public boolean hypercallsEnabled() {
        return hypercall.enabled();
    }

    /// {@return whether MSR `index` is one of these and offered to the guest}
    public boolean has(int index) {
        return switch (index) {
            case Msr.GUEST_OS_ID, Msr.HYPERCALL -> features.has(Feature.HYPERCALLS);
            case Msr.RESET -> features.has(Feature.RESET);
            case Msr.TIME_REF_COUNT -> features.has(Feature.REFERENCE_COUNTER);
            case Msr.REFERENCE_TSC -> features.has(Feature.REFERENCE_TSC);
            case Msr.TSC_FREQUENCY, Msr.APIC_FREQUENCY -> features.has(Feature.FREQUENCIES);
            case Msr.TSC_INVARIANT_CONTROL -> features.has(Feature.INVARIANT_TSC);
            default -> index >= Msr.CRASH_P0 && index <= Msr.CRASH_CTL && features.has(Feature.CRASH_REPORTS);
        };
    }

    /// {@return the value of a register that the partition [#has]}
    public long read(int index) {
        return index == Msr.TIME_REF_COUNT ? time.now() : readGuarded(index);
    }

    private synchronized long readGuarded(int index) {
        return switch (index) {
            case Msr.GUEST_OS_ID -> guestOsId;
            case Msr.HYPERCALL -> hypercall.value();
            case Msr.RESET -> 0;
            case Msr.REFERENCE_TSC -> referenceTsc.value();
            case Msr.TSC_FREQUENCY -> time.tscHz();
            case Msr.APIC_FREQUENCY -> apicHz;
            case Msr.TSC_INVARIANT_CONTROL -> invariantControl;
            case Msr.CRASH_CTL -> CRASH_NOTIFY | CRASH_MESSAGE;
            default -> crash[index - Msr.CRASH_P0];
        };
    }

    /// Writes a register that the partition [#has]; {@return false for #GP}
    public synchronized boolean write(int index, long value) {
        switch (index) {
            case Msr.GUEST_OS_ID -> identify(value);
            case Msr.HYPERCALL -> {
                return placeHypercallPage(value);
            }
            case Msr.RESET -> {
                if ((value & 1) != 0) {
                    events.resetRequested();
                }
            }
            case Msr.TIME_REF_COUNT, Msr.TSC_FREQUENCY, Msr.APIC_FREQUENCY -> {
                return false;
            }
            case Msr.REFERENCE_TSC -> placeReferenceTsc(value);
            case Msr.TSC_INVARIANT_CONTROL -> {
                if ((value & ~1L) != 0) {
                    return false;
                }
                invariantControl = value;
            }
            case Msr.CRASH_CTL -> report(value);
            default -> crash[index - Msr.CRASH_P0] = value;
        }
        return true;
    }

    private void identify(long value) {
        guestOsId = value;
        if (value == 0) {
            hypercall.write(hypercall.value() & ~OverlayRegister.ENABLED);
        }
    }

    private boolean placeHypercallPage(long value) {
        if (features.has(Feature.HYPERCALL_LOCK) && (hypercall.value() & HYPERCALL_LOCKED) != 0) {
            return false;
        }
        boolean enable = (value & OverlayRegister.ENABLED) != 0;
        if (enable && !OverlayRegister.addressable(value)) {
            return false;
        }
        if (enable && guestOsId != 0) {
            byte[] code = new byte[GuestMemory.PAGE_SIZE];
            Arrays.fill(code, BREAKPOINT);
            System.arraycopy(HYPERCALL_CODE, 0, code, 0, HYPERCALL_CODE.length);
            hypercall.page().write(0, code, 0, code.length);
            hypercall.write(value);
        } else {
            hypercall.write(value & ~OverlayRegister.ENABLED);
        }
        return true;
    }

    /// ```text
    ///  0          4      8       16       24       4096
    ///  +----------+------+-------+--------+--------+
    ///  | sequence | zero | scale | offset | zero … |
    ///  +----------+------+-------+--------+--------+
    /// ```
    private void placeReferenceTsc(long value) {
        if ((value & OverlayRegister.ENABLED) != 0 && !referenceTsc.enabled()) {
            byte[] formula = new byte[24];
            Wire.put64(formula, 8, time.scale());
            referenceTsc.page().write(0, formula, 0, formula.length);
            referenceTsc.page().writeRelease(0, TSC_SEQUENCE);
        }
        referenceTsc.write(value);
    }

    private void report(long control) {
        if ((control & CRASH_NOTIFY) == 0) {
            return;
        }
        String text = null;
        if ((control & CRASH_MESSAGE) != 0) {
            int length = Math.clamp(crash[4], 0, CrashReport.LONGEST_TEXT);
            byte[] bytes = new byte[length];
            text = crash[3] >= 0 && memory.read(crash[3], bytes, 0, length)
                    ? CrashReport.text(bytes, length)
                    : "(the guest's message is not in memory)";
        }
        events.crashed(new CrashReport(crash[0], crash[1], crash[2], crash[3], crash[4], text));
    }

    /// Puts everything into the state after creation.
    public synchronized void reset() {
        guestOsId = 0;
        hypercall.reset();
        referenceTsc.reset();
        Arrays.fill(crash, 0);
        invariantControl = 0;
    }
}
