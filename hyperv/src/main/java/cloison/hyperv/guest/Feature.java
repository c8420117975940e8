package cloison.hyperv.guest;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A part of the hypervisor interface that CPUID tells a guest of, and that can be switched off.
public enum Feature {
    /// The reference counter, MSR `TIME_REF_COUNT`.
    REFERENCE_COUNTER(Register.PRIVILEGES_LOW, 1),
    /// The synthetic interrupt controller.
    SYNIC(Register.PRIVILEGES_LOW, 2),
    /// Four synthetic timers per virtual processor.
    SYNTHETIC_TIMERS(Register.PRIVILEGES_LOW, 3),
    /// The hypercall page. Linux takes a hypervisor without it for none at all.
    HYPERCALLS(Register.PRIVILEGES_LOW, 5),
    /// MSR `VP_INDEX`. Linux takes a hypervisor without it for none at all.
    VP_INDEX(Register.PRIVILEGES_LOW, 6),
    /// MSR `RESET`.
    RESET(Register.PRIVILEGES_LOW, 7),
    /// The reference TSC page.
    REFERENCE_TSC(Register.PRIVILEGES_LOW, 9),
    /// MSR `GUEST_IDLE`: sleep until an interrupt waits. With [#CLUSTER_IPI], Linux sleeps at contended locks.
    GUEST_IDLE(Register.PRIVILEGES_LOW, 10),
    /// The frequencies of the TSC and the local APIC's timer, to be read instead of measured.
    FREQUENCIES(Register.PRIVILEGES_LOW, 11),
    /// The promise of a TSC that never changes its rate, MSR `TSC_INVARIANT_CONTROL`.
    INVARIANT_TSC(Register.PRIVILEGES_LOW, 15),
    /// Hypercall PostMessage.
    POST_MESSAGES(Register.PRIVILEGES_HIGH, 4),
    /// Hypercall SignalEvent.
    SIGNAL_EVENTS(Register.PRIVILEGES_HIGH, 5),
    /// MSRs by which a guest reports its crash.
    CRASH_REPORTS(Register.FEATURES, 10),
    /// Interrupt sources that take messages and events without interrupting.
    SINT_POLLING(Register.FEATURES, 17),
    /// A hypercall page that can be locked to its place until a reset.
    HYPERCALL_LOCK(Register.FEATURES, 18),
    /// Synthetic timers that assert a vector instead of posting a message.
    DIRECT_TIMERS(Register.FEATURES, 19),
    /// The advice to flush translations of other processors by hypercall.
    REMOTE_FLUSH(Register.HINTS, 2),
    /// The advice not to trust watchdogs, since processors may be late.
    RELAXED_TIMING(Register.HINTS, 5),
    /// The advice to end SynIC interrupts in the local APIC instead of asking for an automatic end.
    NO_AUTO_EOI(Register.HINTS, 9),
    /// The advice to send interrupts between processors by hypercall.
    CLUSTER_IPI(Register.HINTS, 10),
    /// The advice that hypercalls take sparse sets of processors.
    EXTENDED_PROCESSOR_MASKS(Register.HINTS, 11);

    /// Where a feature's bit is: a register of leaf 0x40000003, or EAX of leaf 0x40000004.
    public enum Register {
        PRIVILEGES_LOW,
        PRIVILEGES_HIGH,
        FEATURES,
        HINTS
    }

    private final Register register;
    private final int bit;

    Feature(Register register, int bit) {
        this.register = register;
        this.bit = bit;
    }

    /// {@return the feature that operators call `text`, or null}
    public static @Nullable Feature called(String text) {
        for (Feature feature : values()) {
            if (feature.text().equals(text)) {
                return feature;
            }
        }
        return null;
    }

    /// {@return its name as operators write it}
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// {@return the register that has the bit}
    public Register register() {
        return register;
    }

    /// {@return the bit}
    public int mask() {
        return 1 << bit;
    }
}
