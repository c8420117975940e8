package cloison.control.console;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// A reader of console output that gives whole lines on.
///
/// A line ends with a line feed; carriage returns before it go. A line without an end is cut, so that a guest cannot
/// make it grow without bound. Control characters other than tab are left out, so that one guest cannot write over
/// another's lines.
///
/// **Owner:** the thread of the console's ring.
public final class LineSplitter implements ConsoleOutput.Reader {
    private static final int LONGEST = 4096;

    private final Consumer<String> lines;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    /// A splitter that gives its lines to `lines`.
    public LineSplitter(Consumer<String> lines) {
        this.lines = lines;
    }

    @Override
    public void take(byte[] from, int length) {
        for (int i = 0; i < length; i++) {
            if (from[i] == '\n' || line.size() == LONGEST) {
                give();
            }
            if (from[i] != '\n') {
                line.write(from[i]);
            }
        }
    }

    @Override
    public void end() {
        if (line.size() > 0) {
            give();
        }
    }

    private void give() {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        StringBuilder visible = new StringBuilder(text.length());
        text.codePoints()
                .filter(code -> code == '\t' || !Character.isISOControl(code))
                .forEach(visible::appendCodePoint);
        lines.accept(visible.toString());
    }
}
