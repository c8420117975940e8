package cloison.cpu.interpret;

/// All steps of one block in one step, whose class knows theirs: see [Compounds].
abstract class Compound extends Step {
    private final Step[] parts;
    /// Which part was executing when [#run] was last left by an exception.
    int reached;

    Compound(Step[] parts) {
        this.parts = parts;
    }

    /// {@return the part whose exception left [#run]}
    final Step stopped() {
        return parts[reached];
    }
}
