package cloison.hyperv.vmbus.protocol;

/// Flags of an offer.
public final class OfferFlags {
    /// Linux: `VMBUS_CHANNEL_ENUMERATE_DEVICE_INTERFACE`.
    public static final int ENUMERATE = 1;
    /// Linux: `VMBUS_CHANNEL_NAMED_PIPE_MODE`; the user-defined bytes begin with the pipe's mode.
    public static final int NAMED_PIPE = 0x10;
    /// Linux: `VMBUS_CHANNEL_TLNPI_PROVIDER_OFFER`: a Hyper-V socket.
    public static final int SOCKET = 0x2000;

    private OfferFlags() {}
}
