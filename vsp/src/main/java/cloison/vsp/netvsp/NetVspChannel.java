package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Channel;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.Packet;

/// Runs one open channel: gives each packet to the phase, and lets the phase bring frames to the guest.
///
/// **Owner:** the channel's thread.
final class NetVspChannel implements ChannelTask {
    private static final int PACKETS_PER_TURN = 64;

    // wiring
    private final NetVsp device;
    private final Channel channel;
    private final Completions completions;

    // state
    private NetVspPhase phase;

    NetVspChannel(NetVsp device, Channel channel) {
        this.device = device;
        this.channel = channel;
        completions = new Completions(channel, device.counters());
        phase = new Negotiating(new Session(device, channel, completions, device.counters()));
        device.status(phase.status());
    }

    @Override
    public int turn() {
        if (!completions.retry()) {
            return 0;
        }
        int work = 0;
        while (work < PACKETS_PER_TURN) {
            Packet packet = channel.receive();
            if (packet == null) {
                break;
            }
            work++;
            become(phase.after(packet));
            if (completions.blocked()) {
                return work;
            }
        }
        return work + phase.work();
    }

    private void become(NetVspPhase next) {
        if (next != phase) {
            phase.left();
            phase = next;
            device.status(next.status());
        }
    }

    @Override
    public void revoked(int gpadl) {
        become(phase.revoked(gpadl));
    }

    @Override
    public void closed() {
        phase.left();
        device.closed(channel);
    }
}
