package cloison.vsp.shutdown;

/// What the host asks a guest to do.
///
/// @param action what to do
/// @param forced whether programs that refuse to end are ended
/// @param timeoutSeconds how long the guest may take
/// @param text a reason for people, at most 1023 characters
public record ShutdownRequest(Action action, boolean forced, int timeoutSeconds, String text) {
    /// What a guest can do.
    public enum Action {
        /// Power off.
        POWER_OFF,
        /// Start again.
        RESTART,
        /// Save to disk and power off.
        HIBERNATE
    }

    /// Characters that fit the message.
    public static final int TEXT_LIMIT = 1023;

    /// A request that fits the message.
    public ShutdownRequest {
        if (timeoutSeconds < 0 || text.length() > TEXT_LIMIT) {
            throw new IllegalArgumentException("shutdown request with time-out " + timeoutSeconds + " s and a text of "
                    + text.length() + " characters: use at least 0 s and at most " + TEXT_LIMIT + " characters");
        }
    }

    /// A forced request without much patience: what a host does when it is itself asked to end.
    public ShutdownRequest(Action action) {
        this(action, true, 60, "");
    }
}
