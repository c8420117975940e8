package cloison.vm.config;

/// A refusal of something the operator asked for; its message is one line: what, which, what to do.
public final class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// A refusal with its one line.
    public ConfigurationException(String message) {
        super(message);
    }

    /// A refusal with its one line, and the failure it translates.
    public ConfigurationException(String message, Throwable cause) {
        super(message, cause);
    }
}
