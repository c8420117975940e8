package cloison.control.console;

import java.io.PrintWriter;

/// Progress as lines, for a log or a pipe: one line a step.
public final class PlainProgress implements Progress {
    private final PrintWriter to;

    /// Progress that is printed to `to`.
    public PlainProgress(PrintWriter to) {
        this.to = to;
    }

    @Override
    public void step(String what) {
        to.println(what);
        to.flush();
    }

    @Override
    public void share(double done) {}

    @Override
    public void done() {}
}
