package cloison.vm.run;

import cloison.chipset.uart.Uart;
import cloison.hyperv.vmbus.server.VmbusServer;
import cloison.net.port.SwitchPort;
import cloison.vsp.heartbeat.GuestHealth;
import cloison.vsp.heartbeat.HeartbeatVsp;
import cloison.vsp.kvp.KvpVsp;
import cloison.vsp.netvsp.NetVsp;
import cloison.vsp.shutdown.ShutdownVsp;
import cloison.vsp.timesync.TimesyncVsp;
import java.util.List;
import java.util.Map;

/// A partition as its host looks at it and talks to it, while it runs and after. Any thread.
///
/// @param console its first serial port, to type on
/// @param engine the name of the engine that runs its processors
/// @param uptimeNanos its time: since it was made or reset, without pauses, until its end
/// @param processors what its processors had counted when this was made
/// @param vmbus its VMBus: status, counters, and devices to add and take away
/// @param adapters its synthetic adapters, in the order of the configuration
/// @param heartbeat the service that asks whether the guest is alive
/// @param shutdown the service by which the guest is asked to shut down
/// @param timesync the service that tells the guest the time
/// @param keyValues the service of key-value pairs
/// @param traced what the trace had counted when this was made: by kind, by name; empty without a trace
public record PartitionView(
        Uart console,
        String engine,
        long uptimeNanos,
        List<Counted> processors,
        VmbusServer vmbus,
        List<Adapter> adapters,
        HeartbeatVsp heartbeat,
        ShutdownVsp shutdown,
        TimesyncVsp timesync,
        KvpVsp keyValues,
        Map<String, Map<String, Long>> traced) {
    /// What a processor has counted.
    ///
    /// Its thread counts without telling others, so that counting costs nothing. While it runs, counts may be a
    /// little old, and need not belong to one moment; each only grows. When it stands still, all are exact.
    ///
    /// @param instructions executed, or -1 if the engine does not count them
    /// @param exits how often it left emitted code, by reason; empty if the engine emits none
    public record Counted(long instructions, Map<String, Long> exits) {}

    /// A synthetic adapter.
    ///
    /// @param vsp its service provider
    /// @param port the port that it was connected to when the partition was made
    public record Adapter(NetVsp vsp, SwitchPort port) {}

    /// {@return how many instructions its processors have executed, or -1 if the engine does not count them}
    public long instructions() {
        return processors.stream()
                .mapToLong(Counted::instructions)
                .reduce(0, (sum, one) -> sum < 0 || one < 0 ? -1 : sum + one);
    }

    /// {@return what the heartbeat says}
    public GuestHealth health() {
        return heartbeat.health();
    }
}
