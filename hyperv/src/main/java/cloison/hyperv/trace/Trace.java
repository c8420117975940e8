package cloison.hyperv.trace;

/// Is told of every hypercall, synthetic register access and VMBus message of a partition. Called on any thread.
public interface Trace {
    /// Is told nothing.
    Trace OFF = new Trace() {
        @Override
        public boolean on() {
            return false;
        }

        @Override
        public void event(TraceEvent event) {}
    };

    /// {@return whether anybody looks on; if not, no events are made}
    boolean on();

    /// Something passed.
    void event(TraceEvent event);
}
