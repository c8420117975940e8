package cloison.hyperv.vmbus;

import cloison.machine.memory.GuestPages;
import org.jspecify.annotations.Nullable;

/// The host's end of one open VMBus channel: two rings in guest memory and what the guest told when it opened
/// them.
///
/// **Owner:** the thread of the channel's [ChannelTask], except [#wake].
public interface Channel {
    /// {@return the next packet, or null when the ring is empty; the same object each time, valid until the
    /// next call}
    ///
    /// A malformed packet or ring never appears here: the bus counts it, logs it and closes the channel's ring for
    /// good, after which this returns null.
    @Nullable
    Packet receive();

    /// Sends an in-band packet; {@return false if the ring has no room: nothing was sent, and the task is
    /// turned again when there is room}
    boolean send(long transactionId, boolean completionRequested, byte[] payload, int at, int length);

    /// Sends a completion for a packet that asked for one; {@return false if the ring has no room}
    boolean complete(long transactionId, byte[] payload, int at, int length);

    /// Sends a transfer-page packet; {@return false if the ring has no room}
    ///
    /// @param pageSet the id of the buffer that the ranges lie in
    /// @param ranges `count` pairs of byte count, byte offset
    boolean sendTransferPages(
            long transactionId,
            boolean completionRequested,
            int pageSet,
            int[] ranges,
            int count,
            byte[] payload,
            int at,
            int length);

    /// Tells the guest of everything sent since the last call, if it needs telling. The bus calls this after
    /// each turn.
    void flush();

    /// {@return the pages that the guest shared under this GPADL id on this channel, trimmed to its byte count, or
    /// null}
    @Nullable
    GuestBuffer buffer(int gpadl);

    /// {@return 0 for the primary channel, else the subchannel's number}
    int subchannel();

    /// {@return the virtual processor that the guest wants to be interrupted}
    int targetProcessor();

    /// {@return the 120 bytes that the guest sent when it opened the channel}
    byte[] openData();

    /// Lets the task turn soon. From any thread.
    void wake();

    /// Offers `count` subchannels of this primary channel to the guest.
    ///
    /// @return how many were offered, fewer if a limit was reached
    int offerSubchannels(int count);

    /// A GPADL: pages, of which `length` bytes from `offset` on are meant.
    ///
    /// @param offset byte offset in the first page
    record GuestBuffer(GuestPages pages, int offset, long length) {}
}
