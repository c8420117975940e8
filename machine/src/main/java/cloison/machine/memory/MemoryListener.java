package cloison.machine.memory;

/// Hears what happens to guest memory behind an engine's back. Called from any thread; must not block.
public interface MemoryListener {
    /// Hears nothing.
    MemoryListener NONE = new MemoryListener() {
        @Override
        public void mappingChanged() {}

        @Override
        public void stored(long offset, long length) {}
    };

    /// A guest-physical page now means another page of the store: cached translations are stale.
    void mappingChanged();

    /// A device stored bytes at a store offset: code cached from there is stale.
    void stored(long offset, long length);
}
