package cloison.control.host;

import cloison.hyperv.vmbus.protocol.VmbusVersion;
import cloison.hyperv.vmbus.server.VmbusCounter;
import cloison.machine.counter.Counters;
import cloison.net.port.PortCounter;
import cloison.vm.config.NicConfig;
import cloison.vm.run.Outcome;
import cloison.vm.run.PartitionView;
import cloison.vm.run.Vm;
import cloison.vsp.netvsp.NetVspCounter;
import java.util.ArrayList;
import java.util.List;

/// A machine of a lab in this process.
final class VmGuest implements RunningGuest {
    private final Vm vm;

    VmGuest(Vm vm) {
        this.vm = vm;
    }

    @Override
    public String name() {
        return vm.name();
    }

    @Override
    public void start() {
        vm.start();
    }

    @Override
    public int type(byte[] from, int at, int length) {
        return vm.view().console().receive(from, at, length);
    }

    @Override
    public void stop() {
        vm.stop();
    }

    @Override
    public Outcome await() throws InterruptedException {
        return vm.await();
    }

    @Override
    public GuestFacts facts() {
        PartitionView view = vm.view();
        List<GuestFacts.Nic> nics = new ArrayList<>();
        for (int i = 0; i < view.adapters().size(); i++) {
            nics.add(nic(view.adapters().get(i), vm.config().nics().get(i)));
        }
        VmbusVersion version = view.vmbus().agreed();
        return new GuestFacts(
                version == null ? null : VmbusVersion.text(version.number()),
                (int) view.vmbus().counters().value(VmbusCounter.CHANNELS_OFFERED),
                (int) view.vmbus().counters().value(VmbusCounter.CHANNELS_OPENED),
                nics);
    }

    private static GuestFacts.Nic nic(PartitionView.Adapter adapter, NicConfig config) {
        Counters<NetVspCounter> vsp = adapter.vsp().counters();
        Counters<PortCounter> port = adapter.port().counters();
        return new GuestFacts.Nic(
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

    void close() {
        vm.close();
    }
}
