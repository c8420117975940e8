package cloison.control.console;

/// Where a long task says how far it is.
public interface Progress {
    /// Begins the next step, which ends the one before.
    void step(String what);

    /// The share of the step that is done, 0 to 1.
    void share(double done);

    /// Ends the last step.
    void done();

    /// {@return a progress that nobody sees}
    static Progress silent() {
        return new Progress() {
            @Override
            public void step(String what) {}

            @Override
            public void share(double done) {}

            @Override
            public void done() {}
        };
    }
}
