package cloison.hyperv.msr;

import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import cloison.hyperv.guest.ProcessorControl;
import cloison.hyperv.page.OverlayRegister;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.synic.Synic;
import cloison.hyperv.synic.SyntheticTimer;
import cloison.hyperv.time.ReferenceTime;
import cloison.machine.interrupt.VectorSink;
import cloison.machine.time.TimerQueue;

/// The synthetic registers of one virtual processor.
///
/// **Owner:** the virtual processor's thread.
public final class ProcessorRegisters {
    /// Synthetic timers of a processor.
    public static final int TIMERS = 4;

    // wiring
    private final int index;
    private final Features features;
    private final Synic synic;
    private final OverlayRegister assist;
    private final ProcessorControl control;
    private final SyntheticTimer[] timers = new SyntheticTimer[TIMERS];

    /// The registers of virtual processor `index`.
    public ProcessorRegisters(
            int index,
            Features features,
            Synic synic,
            OverlayRegister assist,
            VectorSink sink,
            ReferenceTime time,
            TimerQueue queue,
            ProcessorControl control) {
        this.index = index;
        this.features = features;
        this.synic = synic;
        this.assist = assist;
        this.control = control;
        boolean direct = features.has(Feature.DIRECT_TIMERS);
        for (int timer = 0; timer < TIMERS; timer++) {
            timers[timer] = new SyntheticTimer(timer, synic, sink, time, queue, direct);
        }
    }

    /// {@return whether MSR `msr` is one of these and offered to the guest}
    public boolean has(int msr) {
        return switch (msr) {
            case Msr.VP_INDEX -> features.has(Feature.VP_INDEX);
            case Msr.GUEST_IDLE -> features.has(Feature.GUEST_IDLE);
            case Msr.VP_ASSIST_PAGE -> true; // Linux writes it without asking
            default ->
                isTimer(msr) ? features.has(Feature.SYNTHETIC_TIMERS) : Synic.owns(msr) && features.has(Feature.SYNIC);
        };
    }

    private static boolean isTimer(int msr) {
        return msr >= Msr.STIMER0_CONFIG && msr <= Msr.STIMER3_COUNT;
    }

    private SyntheticTimer timer(int msr) {
        return timers[(msr - Msr.STIMER0_CONFIG) / 2];
    }

    private static boolean isCount(int msr) {
        return (msr & 1) != 0;
    }

    /// {@return the value of a register that the processor [#has]}
    public long read(int msr) {
        if (isTimer(msr)) {
            return isCount(msr) ? timer(msr).count() : timer(msr).config();
        }
        return switch (msr) {
            case Msr.VP_INDEX -> index;
            case Msr.GUEST_IDLE -> {
                control.idle(index);
                yield 0;
            }
            case Msr.VP_ASSIST_PAGE -> assist.value();
            default -> synic.read(msr);
        };
    }

    /// Writes a register that the processor [#has]; {@return false for #GP}
    public boolean write(int msr, long value) {
        if (isTimer(msr)) {
            if (isCount(msr)) {
                timer(msr).count(value);
            } else {
                timer(msr).config(value);
            }
            return true;
        }
        return switch (msr) {
            case Msr.VP_INDEX, Msr.GUEST_IDLE -> false;
            case Msr.VP_ASSIST_PAGE -> {
                assist.write(value);
                yield true;
            }
            default -> synic.write(msr, value);
        };
    }

    /// Puts everything into the state after creation.
    public void reset() {
        for (SyntheticTimer timer : timers) {
            timer.reset();
        }
        assist.reset();
        synic.reset();
    }
}
