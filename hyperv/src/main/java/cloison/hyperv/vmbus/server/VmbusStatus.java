package cloison.hyperv.vmbus.server;

import cloison.hyperv.vmbus.protocol.VmbusVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a guest's VMBus stands.
///
/// @param version the version agreed on, or null while the guest is not connected
/// @param channels what is offered, by relid
/// @param gpadls GPADLs that the guest shares
/// @param gpadlPages pages in them
/// @param waitingAnswers messages to the guest that wait until its SynIC has room for them
public record VmbusStatus(
        @Nullable VmbusVersion version, List<ChannelStatus> channels, int gpadls, int gpadlPages, int waitingAnswers) {
    /// Nothing is connected.
    public static final VmbusStatus UNCONNECTED = new VmbusStatus(null, List.of(), 0, 0, 0);

    /// How one channel stands.
    ///
    /// @param name the device's name
    /// @param subchannel 0 for the primary channel
    /// @param open whether the guest has it open
    /// @param withdrawn whether the guest was told to forget it, and has not said yet that it did
    /// @param targetProcessor the virtual processor that an open channel interrupts
    public record ChannelStatus(
            String name, int relid, int subchannel, boolean open, boolean withdrawn, int targetProcessor) {}
}
