package cloison.hyperv.vmbus.ring;

import cloison.hyperv.vmbus.Channel.GuestBuffer;
import org.jspecify.annotations.Nullable;

/// What an open channel reaches beyond its rings: its bus, or a test's.
public interface ChannelPort {
    /// Raises the channel's event in the guest. On the thread of the channel's task.
    void signalGuest();

    /// {@return the pages shared under a GPADL id on this channel, or null}
    @Nullable
    GuestBuffer buffer(int gpadl);

    /// {@return the virtual processor that the guest wants to be interrupted}
    int targetProcessor();

    /// Lets the channel's task turn soon. From any thread.
    void wake();

    /// Offers up to `count` subchannels; {@return how many}
    int offerSubchannels(int count);

    /// The guest broke a ring, which is dead from now on. Called once.
    void broken(String why);
}
