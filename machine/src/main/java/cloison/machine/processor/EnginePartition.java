package cloison.machine.processor;

/// One partition as an engine sees it: it makes the partition's virtual processors.
public interface EnginePartition extends AutoCloseable {
    /// {@return virtual processor `index`, in the state after INIT}
    Processor processor(int index, Intercepts intercepts, InterruptSource interrupts);

    /// {@return the engine's name, as `--engine` knows it}
    String engine();

    /// Gives back what the engine holds of the host; no processor runs any more.
    @Override
    default void close() {}
}
