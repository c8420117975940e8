package cloison.vm.run;

import cloison.hyperv.vmbus.protocol.VmbusVersion;
import cloison.hyperv.vmbus.server.VmbusCounter;
import cloison.machine.counter.Counters;
import cloison.net.port.PortCounter;
import cloison.vm.config.NicConfig;
import cloison.vsp.netvsp.NetVspCounter;
import java.util.ArrayList;
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

    /// {@return the facts that a partition's devices have counted}
    static GuestFacts of(PartitionView view, List<NicConfig> configs) {
        List<Nic> nics = new ArrayList<>();
        for (int i = 0; i < view.adapters().size(); i++) {
            nics.add(Nic.of(view.adapters().get(i), configs.get(i)));
        }
        VmbusVersion version = view.vmbus().agreed();
        return new GuestFacts(
                version == null ? null : VmbusVersion.text(version.number()),
                (int) view.vmbus().counters().value(VmbusCounter.CHANNELS_OFFERED),
                (int) view.vmbus().counters().value(VmbusCounter.CHANNELS_OPENED),
                nics);
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
            String switchName, String mac, long fromGuest, long toGuest, long portIn, long portOut, long portDropped) {
        private static Nic of(PartitionView.Adapter adapter, NicConfig config) {
            Counters<NetVspCounter> vsp = adapter.vsp().counters();
            Counters<PortCounter> port = adapter.port().counters();
            return new Nic(
                    config.switchName(),
                    config.mac().toString(),
                    vsp.value(NetVspCounter.SENT_DIRECTED_FRAMES)
                            + vsp.value(NetVspCounter.SENT_MULTICAST_FRAMES)
                            + vsp.value(NetVspCounter.SENT_BROADCAST_FRAMES),
                    vsp.value(NetVspCounter.RECEIVED_DIRECTED_FRAMES)
                            + vsp.value(NetVspCounter.RECEIVED_MULTICAST_FRAMES)
                            + vsp.value(NetVspCounter.RECEIVED_BROADCAST_FRAMES),
                    port.value(PortCounter.FRAMES_IN),
                    port.value(PortCounter.FRAMES_OUT),
                    port.value(PortCounter.OUT_DROPPED_FULL) + port.value(PortCounter.OUT_DROPPED_CLOSED));
        }
    }
}
