package cloison.machine.processor;

/// One partition as an engine sees it: it makes the partition's virtual processors.
public interface EnginePartition extends AutoCloseable {
    /// {@return virtual processor `index`, in the state after INIT}
    Processor processor(int index, Intercepts intercepts, InterruptSource interrupts);

    /// Makes processors forget cached translations, as INVLPG and a write of CR3 do; when it returns, none of them uses
    /// one any more. On the thread of `processor`, inside [Intercepts#hypercall].
    ///
    /// @param of bits of the processors, 64 a word
    void forget(int processor, long[] of, Invalidation what);

    /// {@return the engine's name, as `--engine` knows it}
    String engine();

    /// Gives back what the engine holds of the host; no processor runs any more.
    @Override
    default void close() {}
}
