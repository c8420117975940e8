package cloison.linux;

/// The host refused something that the operator can put right; the message says what, which, and what to do.
public final class HostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// A refusal, told in one line.
    public HostException(String message) {
        super(message);
    }
}
