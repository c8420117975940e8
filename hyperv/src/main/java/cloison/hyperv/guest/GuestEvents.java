package cloison.hyperv.guest;

/// Hears what a guest tells its hypervisor, or does wrong. Called on any thread; must not block.
public interface GuestEvents {
    /// Hears nothing.
    GuestEvents IGNORED = new GuestEvents() {
        @Override
        public void crashed(CrashReport report) {}

        @Override
        public void resetRequested() {}

        @Override
        public void misbehaved(String what) {}
    };

    /// The guest reported its crash. A guest may do so more than once.
    void crashed(CrashReport report);

    /// The guest asked for a reset of its partition by register.
    void resetRequested();

    /// The guest broke a rule and was refused. At most a few hundred lines per partition.
    ///
    /// @param what one line for people
    void misbehaved(String what);
}
