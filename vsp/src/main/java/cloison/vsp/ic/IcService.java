package cloison.vsp.ic;

import cloison.vsp.ic.protocol.IcVersion;
import org.jspecify.annotations.Nullable;

/// What one integration service says and hears on one open channel, after versions are agreed.
///
/// **Owner:** the thread of its [IcChannel].
public interface IcService {
    /// The guest has chosen a version; requests may follow.
    void agreed(IcVersion version);

    /// The guest speaks no version of ours; nothing will be asked or heard.
    default void disagreed() {}

    /// {@return the body of the request to send now, or null for none; asked only when no request is outstanding}
    byte @Nullable [] request();

    /// The request that was returned last is sent and outstanding.
    void sent();

    /// The outstanding request is answered.
    ///
    /// @param body what the guest made of the request's body, of any length
    void answered(int status, byte[] body);

    /// Looks at the clock: called in each turn.
    default void tick() {}

    /// {@return nanoseconds until a turn is due}
    default long dueInNanos() {
        return Long.MAX_VALUE;
    }

    /// The channel is closed. The last call.
    void closed();
}
