package cloison.hyperv.vmbus;

import cloison.machine.wire.Guid;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A device that completes every packet which asks for it with the packet's own payload; a packet that finds no
/// room waits. It notes what happens to its channels.
public final class EchoDevice implements VmbusDevice {
    private static final int PACKETS_PER_TURN = 256;
    private static final Guid CLASS = Guid.of("d34b2567-b9b6-42b9-8778-0a4ec0b955bf");

    private final Offer offer;
    private final List<Channel> channels = new ArrayList<>();
    private final List<Integer> revoked = new ArrayList<>();
    private Runnable beforeEachPacket = () -> {};
    private int packets;
    private int openings;
    private int closings;

    /// A device of instance `number`.
    public EchoDevice(String name, int number) {
        offer = new Offer(CLASS, new Guid(new UUID(0, number)), name);
    }

    @Override
    public Offer offer() {
        return offer;
    }

    @Override
    public ChannelTask open(Channel channel) {
        openings++;
        channels.add(channel);
        return new Task(channel);
    }

    /// Runs `action` whenever the device is about to look for the next packet: what a guest may do meanwhile.
    public void beforeEachPacket(Runnable action) {
        beforeEachPacket = action;
    }

    /// {@return the channels opened so far}
    public List<Channel> channels() {
        return channels;
    }

    /// {@return the GPADLs that guests took back}
    public List<Integer> revoked() {
        return revoked;
    }

    /// {@return the packets served}
    public int packets() {
        return packets;
    }

    /// {@return how often a channel was opened}
    public int openings() {
        return openings;
    }

    /// {@return how often a channel was closed}
    public int closings() {
        return closings;
    }

    private final class Task implements ChannelTask {
        private final Channel channel;
        private @Nullable Packet waiting;

        private Task(Channel channel) {
            this.channel = channel;
        }

        @Override
        public int turn() {
            int work = 0;
            while (work < PACKETS_PER_TURN) {
                beforeEachPacket.run();
                Packet packet = waiting != null ? waiting : channel.receive();
                if (packet == null) {
                    return work;
                }
                waiting = packet;
                if (packet.completionRequested
                        && !channel.complete(packet.transactionId, packet.payload, 0, packet.length)) {
                    return work;
                }
                waiting = null;
                packets++;
                work++;
            }
            return work;
        }

        @Override
        public void revoked(int gpadl) {
            revoked.add(gpadl);
        }

        @Override
        public void closed() {
            closings++;
        }
    }
}
