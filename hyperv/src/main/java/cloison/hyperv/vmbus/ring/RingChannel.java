package cloison.hyperv.vmbus.ring;

import cloison.hyperv.vmbus.Channel;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.memory.GuestPages;
import org.jspecify.annotations.Nullable;

/// An open channel: two rings in guest memory and a [ChannelPort].
///
/// **Owner:** the thread of the channel's task, except [#wake].
public final class RingChannel implements Channel {
    /// How often a task is turned that waits for room in a ring whose guest does not tell of it.
    public static final long POLL_NANOS = 1_000_000;

    // wiring
    private final IncomingRing incoming;
    private final OutgoingRing outgoing;
    private final ChannelPort port;
    private final int subchannel;
    private final byte[] openData;

    // state
    private final Packet packet = new Packet();
    private boolean toldBroken;

    /// A channel over the pages of a ring GPADL.
    ///
    /// @param pages the ring from guest to host, then the ring from host to guest
    /// @param downstreamPage the first page of the second ring: at least two pages are before and after
    /// @param subchannel 0 for the primary channel
    /// @param openData what the guest sent when it opened the channel
    public RingChannel(GuestPages pages, int downstreamPage, int subchannel, byte[] openData, ChannelPort port) {
        int count = (int) (pages.size() / RingLayout.CONTROL_SIZE);
        incoming = new IncomingRing(pages.slice(0, downstreamPage));
        outgoing = new OutgoingRing(pages.slice(downstreamPage, count - downstreamPage));
        this.port = port;
        this.subchannel = subchannel;
        this.openData = openData.clone();
    }

    /// Lets `task` turn once, and sees to it that neither side waits for a signal that does not come.
    ///
    /// @return how much was done; 0 means that a signal, a wake-up or [#dueInNanos] will tell when to turn again
    public int turn(ChannelTask task) {
        incoming.mask();
        int work = task.turn();
        flush();
        if (work == 0 && incoming.unmask()) {
            work = 1;
        }
        if (incoming.takeWriterWaited()) {
            port.signalGuest();
        }
        if (!toldBroken) {
            tellIfBroken();
        }
        return work;
    }

    /// {@return nanoseconds until `task` must be turned even if nobody signals}
    public long dueInNanos(ChannelTask task) {
        long due = task.dueInNanos();
        return outgoing.mustPoll() ? Math.min(due, POLL_NANOS) : due;
    }

    private void tellIfBroken() {
        String why = incoming.fault() != null ? incoming.fault() : outgoing.fault();
        if (why != null) {
            toldBroken = true;
            port.broken(why);
        }
    }

    private boolean alive() {
        return incoming.fault() == null && outgoing.fault() == null;
    }

    @Override
    public @Nullable Packet receive() {
        return alive() && incoming.read(packet) ? packet : null;
    }

    @Override
    public boolean send(long transactionId, boolean completionRequested, byte[] payload, int at, int length) {
        return alive()
                && outgoing.write(Packet.IN_BAND, flags(completionRequested), transactionId, payload, at, length);
    }

    @Override
    public boolean complete(long transactionId, byte[] payload, int at, int length) {
        return alive() && outgoing.write(Packet.COMPLETION, 0, transactionId, payload, at, length);
    }

    @Override
    public boolean sendTransferPages(
            long transactionId,
            boolean completionRequested,
            int pageSet,
            int[] ranges,
            int count,
            byte[] payload,
            int at,
            int length) {
        return alive()
                && outgoing.writeTransferPages(
                        Packet.TRANSFER_PAGES,
                        flags(completionRequested),
                        transactionId,
                        pageSet,
                        ranges,
                        count,
                        payload,
                        at,
                        length);
    }

    private static int flags(boolean completionRequested) {
        return completionRequested ? RingLayout.COMPLETION_REQUESTED : 0;
    }

    @Override
    public void flush() {
        incoming.publish();
        boolean signal = outgoing.publish();
        if (incoming.takeWriterWaited() || signal) {
            port.signalGuest();
        }
    }

    @Override
    public @Nullable GuestBuffer buffer(int gpadl) {
        return port.buffer(gpadl);
    }

    @Override
    public int subchannel() {
        return subchannel;
    }

    @Override
    public int targetProcessor() {
        return port.targetProcessor();
    }

    @Override
    public byte[] openData() {
        return openData.clone();
    }

    @Override
    public void wake() {
        port.wake();
    }

    @Override
    public int offerSubchannels(int count) {
        return port.offerSubchannels(count);
    }
}
