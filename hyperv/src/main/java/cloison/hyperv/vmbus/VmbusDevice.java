package cloison.hyperv.vmbus;

/// A device that the parent offers to a child over VMBus: the contract of every VSP.
///
/// The object is configuration; what exists only while the guest has the channel open lives in the
/// [ChannelTask] and dies with it, so that closing and opening again needs no reset code.
///
/// **Owner:** called on the bus's thread.
public interface VmbusDevice {
    /// {@return how the primary channel is offered; the same each time}
    Offer offer();

    /// Starts serving a channel that the guest has opened: the primary one, or a subchannel that this device
    /// offered.
    ///
    /// @return what runs while the channel is open; the bus lets it turn on a thread of the device's own
    ChannelTask open(Channel channel);
}
