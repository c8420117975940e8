package cloison.control.lab;

import java.util.List;

/// A refusal of a lab file, with a line for each thing that is wrong: file, line number, what, what to do.
public final class LabRefusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    // A list of strings is serializable whatever list it is.
    @SuppressWarnings("serial")
    private final List<String> lines;

    /// A refusal for these reasons.
    LabRefusal(List<String> lines) {
        super(String.join("\n", lines));
        this.lines = List.copyOf(lines);
    }

    /// {@return a line for each thing that is wrong, in the order of the file}
    public List<String> lines() {
        return lines;
    }
}
