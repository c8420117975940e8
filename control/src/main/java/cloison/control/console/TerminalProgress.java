package cloison.control.console;

import java.io.PrintWriter;

/// Progress as one line of a terminal that is written anew.
///
/// **Owner:** the thread that does the task.
public final class TerminalProgress implements Progress {
    private static final String LINE_START = "\r\u001b[K";

    private final PrintWriter to;
    private String step = "";
    private int percent;

    /// Progress that is shown on the terminal behind `to`.
    public TerminalProgress(PrintWriter to) {
        this.to = to;
    }

    @Override
    public void step(String what) {
        done();
        step = what;
        percent = -1;
        show(what + " ...");
    }

    @Override
    public void share(double done) {
        int now = (int) (100 * Math.clamp(done, 0.0, 1.0));
        if (now != percent) {
            percent = now;
            show(step + " ... " + now + " %");
        }
    }

    @Override
    public void done() {
        if (!step.isEmpty()) {
            show(step + '\n');
            step = "";
        }
    }

    private void show(String text) {
        to.print(LINE_START + text);
        to.flush();
    }
}
