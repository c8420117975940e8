package cloison.chipset.apic;

import cloison.machine.processor.InterruptSource;

/// The 8259 pair behind LINT0, as the acknowledging processor sees it.
public interface ExternalInterrupts {
    /// No 8259.
    ExternalInterrupts NONE = () -> InterruptSource.NONE;

    /// {@return the vector that the controllers put on the bus when a processor acknowledges}
    int acknowledge();
}
