package cloison.cpu.differential;

/// How a case ended.
enum Verdict {
    SAME,
    DIFFERENT,
    /// It would have left the sandbox: not run natively.
    SKIPPED,
    /// The host's processor is of another vendor and does otherwise.
    VENDOR,
    /// The row has no encoding in this mode.
    NONE
}
