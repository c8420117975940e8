package cloison.vsp.kvp;

import java.util.List;

/// What became of a request to a guest's key-value pairs.
public sealed interface KvpAnswer {
    /// What was read or enumerated.
    ///
    /// @param complete whether the enumeration ended before the host's limit
    record Items(List<KvpItem> items, boolean complete) implements KvpAnswer {}

    /// It was written or deleted.
    record Done() implements KvpAnswer {}

    /// The pool has no such key.
    record NotFound() implements KvpAnswer {}

    /// The guest could not.
    ///
    /// @param status the guest's reason, as an HRESULT
    record Failed(int status) implements KvpAnswer {}

    /// The guest was not asked, or was gone before it answered.
    ///
    /// @param why for people
    record Unavailable(String why) implements KvpAnswer {}
}
