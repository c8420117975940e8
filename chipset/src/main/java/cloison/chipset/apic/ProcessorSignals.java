package cloison.chipset.apic;

/// What a local APIC tells its virtual processor. Callable from any thread, with device locks held: an implementation
/// notes what was asked and returns.
public interface ProcessorSignals {
    /// The interrupt source has something to deliver: [cloison.machine.processor.Processor#notice].
    void notice();

    /// An INIT arrived. The processor's thread, once it has stopped executing, calls [LocalApic#init], loads the state
    /// after INIT and waits for a start-up message. What was asked before INIT and not yet done is forgotten.
    void init();

    /// A start-up message arrived. A processor that waits for one starts at `vector << 12` in real mode; any other
    /// ignores it.
    void startup(int vector);

    /// The processor ended the interrupt `vector`. Called on the processor's thread; this is where SynIC looks for
    /// queued messages.
    default void ended(int vector) {}

    /// Signals that nobody hears.
    ProcessorSignals NONE = new ProcessorSignals() {
        @Override
        public void notice() {}

        @Override
        public void init() {}

        @Override
        public void startup(int vector) {}
    };
}
