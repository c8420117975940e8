package cloison.control.host;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the host knows of a guest.
///
/// @param vmbusVersion the version of VMBus that both agreed on, for example `5.3`, or `null` for none
/// @param channelsOffered channels that the guest was offered
/// @param channelsOpened channels that the guest has opened at least once
/// @param nics its adapters, in the order of the plan
public record GuestFacts(@Nullable String vmbusVersion, int channelsOffered, int channelsOpened, List<Nic> nics) {
    /// Facts that nobody changes.
    public GuestFacts {
        nics = List.copyOf(nics);
    }

    /// What the host counted at one adapter.
    ///
    /// @param switchName the switch that it is on
    /// @param mac its hardware address
    /// @param fromGuest frames that its virtual service provider took from the guest
    /// @param toGuest frames that its virtual service provider gave to the guest
    /// @param portIn frames that its port of the switch took
    /// @param portOut frames that its port of the switch gave
    /// @param portDropped frames for it that its port had to drop
    public record Nic(
            String switchName, String mac, long fromGuest, long toGuest, long portIn, long portOut, long portDropped) {}
}
