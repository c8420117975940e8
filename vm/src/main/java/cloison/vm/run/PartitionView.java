package cloison.vm.run;

import cloison.chipset.uart.Uart;
import cloison.hyperv.vmbus.server.VmbusCounter;
import cloison.hyperv.vmbus.server.VmbusStatus;
import cloison.machine.counter.Counters;
import cloison.vsp.heartbeat.GuestHealth;
import cloison.vsp.kvp.KvpVsp;
import cloison.vsp.netvsp.NetVsp;
import cloison.vsp.shutdown.ShutdownVsp;
import java.util.List;

/// A partition as its host looks at it and talks to it, while it runs and after. Any thread.
///
/// @param console its first serial port, to type on
/// @param instructions how many its processors have executed
/// @param vmbus how its VMBus stands
/// @param vmbusCounters what its VMBus counted
/// @param adapters its synthetic adapters, in the order of the configuration
/// @param shutdown the service by which the guest is asked to shut down
/// @param keyValues the service of key-value pairs
/// @param health what the heartbeat says
public record PartitionView(
        Uart console,
        long instructions,
        VmbusStatus vmbus,
        Counters<VmbusCounter> vmbusCounters,
        List<NetVsp> adapters,
        ShutdownVsp shutdown,
        KvpVsp keyValues,
        GuestHealth health) {}
