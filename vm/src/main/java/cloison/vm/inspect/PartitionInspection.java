package cloison.vm.inspect;

import cloison.hyperv.vmbus.protocol.VmbusVersion;
import cloison.hyperv.vmbus.server.VmbusServer;
import cloison.hyperv.vmbus.server.VmbusStatus;
import cloison.vm.config.PartitionConfig;
import cloison.vm.run.Outcome;
import cloison.vm.run.PartitionView;
import cloison.vm.run.Vm;
import cloison.vsp.netvsp.NetVsp;
import cloison.vsp.netvsp.NetVspStatus;
import cloison.vsp.netvsp.protocol.NvspVersion;

/// Looks at a partition.
final class PartitionInspection {
    private PartitionInspection() {}

    /// {@return what the host knows of `machine` now}
    static Parts of(Vm machine) {
        PartitionConfig config = machine.config();
        PartitionView view = machine.view();
        Parts parts = new Parts();
        state(parts, machine);
        parts.text("engine", view.engine())
                .text("cpu", config.cpu().text())
                .count("processors", config.cpus(), "")
                .count("memory", config.memoryBytes(), "bytes")
                .time("uptime", view.uptimeNanos())
                .group("vp", processors(view));
        view.traced().forEach((what, counts) -> parts.group(what, new Parts().counts(counts, "times")));
        Parts nics = new Parts();
        for (int i = 0; i < view.adapters().size(); i++) {
            nics.group(i, of(view.adapters().get(i)));
        }
        return parts.group("vmbus", of(view.vmbus()))
                .group("integration", services(view))
                .group("nics", nics);
    }

    private static void state(Parts parts, Vm machine) {
        switch (machine.outcome()) {
            case null -> parts.text("state", Parts.word(machine.phase()));
            case Outcome.PoweredOff() -> parts.text("state", "powered-off");
            case Outcome.Reset() -> parts.text("state", "reset");
            case Outcome.DebugExit(int status) -> parts.text("state", "exited").count("status", status, "");
            case Outcome.Crashed(String reason, String _) ->
                parts.text("state", "crashed").text("reason", reason);
            case Outcome.Refused(String reason) ->
                parts.text("state", "refused").text("reason", reason);
            case Outcome.Stopped() -> parts.text("state", "stopped");
            case Outcome.Failed(String reason, String _) ->
                parts.text("state", "failed").text("reason", reason);
        }
    }

    private static Parts processors(PartitionView view) {
        Parts processors = new Parts();
        for (int vp = 0; vp < view.processors().size(); vp++) {
            PartitionView.Counted counted = view.processors().get(vp);
            Parts one = new Parts();
            if (counted.instructions() >= 0) {
                one.count("instructions", counted.instructions(), "instructions executed");
            }
            if (!counted.exits().isEmpty()) {
                one.group("exits", new Parts().counts(counted.exits(), "times"));
            }
            processors.group(vp, one);
        }
        return processors;
    }

    private static Parts of(VmbusServer vmbus) {
        VmbusStatus status = vmbus.status();
        VmbusVersion agreed = vmbus.agreed();
        Parts channels = new Parts();
        for (VmbusStatus.ChannelStatus channel : status.channels()) {
            channels.group(
                    channel.relid(),
                    new Parts()
                            .text("name", channel.name())
                            .count("subchannel", channel.subchannel(), "")
                            .flag("open", channel.open())
                            .flag("withdrawn", channel.withdrawn())
                            .count("target-vp", channel.targetProcessor(), ""));
        }
        return new Parts()
                .flag("connected", status.version() != null)
                .text("version", agreed == null ? null : VmbusVersion.text(agreed.number()))
                .count("gpadls", status.gpadls(), "GPADLs that the guest shares now")
                .count("gpadl-pages", status.gpadlPages(), "pages in them")
                .count("waiting-answers", status.waitingAnswers(), "messages that wait for room in the guest's SynIC")
                .counters(vmbus.counters())
                .group("channels", channels);
    }

    private static Parts services(PartitionView view) {
        return new Parts()
                .group(
                        "heartbeat",
                        new Parts()
                                .text("health", Parts.word(view.health()))
                                .counters(view.heartbeat().counters()))
                .group(
                        "shutdown",
                        new Parts()
                                .flag("ready", view.shutdown().ready())
                                .counters(view.shutdown().counters()))
                .group("timesync", new Parts().counters(view.timesync().counters()))
                .group(
                        "kvp",
                        new Parts()
                                .flag("ready", view.keyValues().ready())
                                .counters(view.keyValues().counters()));
    }

    private static Parts of(PartitionView.Adapter adapter) {
        NetVsp vsp = adapter.vsp();
        NetVspStatus status = vsp.status();
        return new Parts()
                .text("mac", vsp.settings().address().toString())
                .flag("link", vsp.linkUp())
                .text("phase", status.phase())
                .text("nvsp", status.version() == null ? null : number(status.version()))
                .count("mtu", status.mtu(), "bytes")
                .text("guest-mac", status.address().toString())
                .text("packet-filter", "0x%x".formatted(status.packetFilter()))
                .group("netvsp", new Parts().counters(vsp.counters()))
                .group("port", LabInspection.of(adapter.port()));
    }

    private static String number(NvspVersion version) {
        return version.name().substring(1).replace('_', '.');
    }
}
