package cloison.vsp.shutdown;

/// What became of a [ShutdownRequest].
public sealed interface ShutdownAnswer {
    /// The guest will do it.
    record Accepted() implements ShutdownAnswer {}

    /// The guest will not.
    ///
    /// @param status the guest's reason, as an HRESULT
    record Refused(int status) implements ShutdownAnswer {}

    /// The guest was not asked, or was gone before it answered.
    ///
    /// @param why for people
    record Unavailable(String why) implements ShutdownAnswer {}
}
