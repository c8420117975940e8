package cloison.hyperv.vmbus;

import cloison.hyperv.vmbus.Channel.GuestBuffer;
import cloison.hyperv.vmbus.GuestRings.GpaRange;
import cloison.hyperv.vmbus.ring.ChannelPort;
import cloison.hyperv.vmbus.ring.RingChannel;
import cloison.machine.memory.GuestMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// A device's channel without a bus: the host's end that the device serves, and the guest's side of both rings.
///
/// ```java
/// ChannelPair pair = new ChannelPair();
/// pair.share(0xE1E10, pfn, 16);                // a GPADL, if the device wants one
/// pair.open(device);
/// pair.send(transactionId, true, payload);     // as the guest
/// pair.settle();                               // the device's turns, as its agent would take them
/// GuestPacket answer = pair.receive();         // as the guest
/// ```
///
/// [#settle] turns the task only while somebody gave it a reason to, by the rules of the rings: a task that
/// would sleep through a packet in a real guest sleeps through it here.
///
/// **Owner:** the test's thread.
public final class ChannelPair {
    private static final int MANY_TURNS = 100_000;

    private final GuestRam ram;
    private final Map<Integer, GuestBuffer> buffers;
    private final List<ChannelPair> subchannels = new ArrayList<>();
    private final GuestRings rings;
    private final RingChannel channel;
    private final int ringPages;
    private int targetProcessor;
    private int subchannelLimit = 8;
    private int signals;
    private final AtomicBoolean woken = new AtomicBoolean();
    private @Nullable String broken;
    private @Nullable VmbusDevice device;
    private @Nullable ChannelTask task;

    /// A channel with rings of 512 KiB each, in a guest with 32 MiB of RAM.
    public ChannelPair() {
        this(new GuestRam(8192, 0), 129);
    }

    /// A channel with rings of `ringPages` pages each, control page included.
    public ChannelPair(GuestRam ram, int ringPages) {
        this(ram, ringPages, 0, new HashMap<>());
    }

    private ChannelPair(GuestRam ram, int ringPages, int subchannel, Map<Integer, GuestBuffer> buffers) {
        this.ram = ram;
        this.ringPages = ringPages;
        this.buffers = buffers;
        long pfn = ram.allocate(2 * ringPages);
        rings = new GuestRings(ram.pages(pfn, 2 * ringPages), ringPages);
        channel = new RingChannel(
                ram.pages(pfn, 2 * ringPages),
                ringPages,
                subchannel,
                new byte[Offer.USER_DEFINED_SIZE],
                new ChannelPort() {
                    @Override
                    public void signalGuest() {
                        signals++;
                    }

                    @Override
                    public @Nullable GuestBuffer buffer(int gpadl) {
                        return buffers.get(gpadl);
                    }

                    @Override
                    public int targetProcessor() {
                        return targetProcessor;
                    }

                    @Override
                    public void wake() {
                        woken.set(true);
                    }

                    @Override
                    public int offerSubchannels(int count) {
                        return subchannel == 0 ? addSubchannels(count) : 0;
                    }

                    @Override
                    public void broken(String why) {
                        broken = why;
                    }
                });
    }

    private int addSubchannels(int count) {
        int offered = Math.min(count, subchannelLimit - subchannels.size());
        for (int i = 0; i < offered; i++) {
            subchannels.add(new ChannelPair(ram, ringPages, subchannels.size() + 1, buffers));
        }
        return offered;
    }

    // what the guest is made of

    /// {@return the guest's RAM}
    public GuestRam ram() {
        return ram;
    }

    /// {@return the guest's memory}
    public GuestMemory memory() {
        return ram.memory();
    }

    /// {@return the guest's side of the rings}
    public GuestRings rings() {
        return rings;
    }

    /// {@return the host's end}
    public Channel channel() {
        return channel;
    }

    /// Shares `count` fresh pages under `gpadl`; {@return the first page}
    public long share(int gpadl, int count) {
        long first = ram.allocate(count);
        share(gpadl, first, count);
        return first;
    }

    /// Shares `count` pages from `first` on under `gpadl`.
    public void share(int gpadl, long first, int count) {
        buffers.put(gpadl, new GuestBuffer(ram.pages(first, count), 0, (long) count * GuestMemory.PAGE_SIZE));
    }

    /// Takes pages back, as a guest's GPADL teardown does.
    public void revoke(int gpadl) {
        settle();
        if (task != null) {
            task.revoked(gpadl);
        }
        buffers.remove(gpadl);
    }

    /// Chooses the virtual processor to be interrupted.
    public void targetProcessor(int index) {
        targetProcessor = index;
    }

    /// Chooses how many subchannels there may be.
    public void subchannelLimit(int limit) {
        subchannelLimit = limit;
    }

    // the life of the channel

    /// Opens the channel: lets `device` serve it.
    public void open(VmbusDevice device) {
        if (task != null) {
            throw new IllegalStateException("the channel is open");
        }
        this.device = device;
        task = device.open(channel);
        woken.set(true);
        settle();
    }

    /// {@return subchannel `number`, from 1; the same device serves it once it is opened}
    public ChannelPair subchannel(int number) {
        return subchannels.get(number - 1);
    }

    /// {@return how many subchannels were offered}
    public int subchannels() {
        return subchannels.size();
    }

    /// Opens subchannel `number`, from 1, of this channel's device.
    public ChannelPair openSubchannel(int number) {
        if (device == null) {
            throw new IllegalStateException("the primary channel is not open");
        }
        ChannelPair sub = subchannel(number);
        sub.open(device);
        return sub;
    }

    /// Turns the task until it has nothing to do and no reason to look.
    public void settle() {
        ChannelTask served = task;
        if (served == null) {
            return;
        }
        int turns = 0;
        boolean again = true;
        while (again) {
            if (turns++ > MANY_TURNS) {
                throw new IllegalStateException("the task does not come to rest");
            }
            boolean reason = rings.takeSignal() | woken.getAndSet(false) | served.dueInNanos() <= 0;
            again = reason;
            while (again && channel.turn(served) != 0) {
                if (turns++ > MANY_TURNS) {
                    throw new IllegalStateException("the task does not come to rest");
                }
            }
        }
    }

    /// Turns the task once, whether or not it has a reason; {@return how much it did}
    public int turn() {
        if (task == null) {
            throw new IllegalStateException("the channel is not open");
        }
        return channel.turn(task);
    }

    /// Closes the channel.
    public void close() {
        if (task != null) {
            task.closed();
            task = null;
        }
    }

    // as the guest

    /// Sends an in-band packet; {@return whether there was room}
    public boolean send(long transactionId, boolean completionRequested, byte[] payload) {
        return rings.send(Packet.IN_BAND, completionRequested, transactionId, new byte[0], payload);
    }

    /// Sends a packet with ranges of guest memory; {@return whether there was room}
    public boolean sendGpaDirect(long transactionId, boolean completionRequested, byte[] payload, GpaRange... ranges) {
        return rings.send(Packet.GPA_DIRECT, completionRequested, transactionId, GuestRings.gpaRanges(ranges), payload);
    }

    /// Completes a packet of the host; {@return whether there was room}
    public boolean complete(long transactionId, byte[] payload) {
        return rings.send(Packet.COMPLETION, false, transactionId, new byte[0], payload);
    }

    /// {@return the next packet from the host, or null}
    public @Nullable GuestPacket receive() {
        return rings.receive();
    }

    /// {@return how often the host raised the channel's event since this was last asked}
    public int takeSignals() {
        int raised = signals;
        signals = 0;
        return raised;
    }

    /// {@return why the host gave the rings up, or null}
    public @Nullable String broken() {
        return broken;
    }
}
