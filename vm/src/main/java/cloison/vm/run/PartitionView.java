package cloison.vm.run;

import cloison.chipset.uart.Uart;
import cloison.hyperv.vmbus.server.VmbusServer;
import cloison.net.port.SwitchPort;
import cloison.vsp.heartbeat.GuestHealth;
import cloison.vsp.kvp.KvpVsp;
import cloison.vsp.netvsp.NetVsp;
import cloison.vsp.shutdown.ShutdownVsp;
import java.util.List;

/// A partition as its host looks at it and talks to it, while it runs and after. Any thread.
///
/// @param console its first serial port, to type on
/// @param instructions how many its processors have executed
/// @param vmbus its VMBus: status, counters, and devices to add and take away
/// @param adapters its synthetic adapters, in the order of the configuration
/// @param shutdown the service by which the guest is asked to shut down
/// @param keyValues the service of key-value pairs
/// @param health what the heartbeat says
public record PartitionView(
        Uart console,
        long instructions,
        VmbusServer vmbus,
        List<Adapter> adapters,
        ShutdownVsp shutdown,
        KvpVsp keyValues,
        GuestHealth health) {
    /// A synthetic adapter.
    ///
    /// @param vsp its service provider
    /// @param port the port that it was connected to when the partition was made
    public record Adapter(NetVsp vsp, SwitchPort port) {}
}
