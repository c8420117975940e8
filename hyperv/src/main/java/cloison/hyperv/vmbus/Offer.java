package cloison.hyperv.vmbus;

import cloison.machine.wire.Guid;

/// How a device presents its primary channel.
///
/// @param interfaceType the device class, as the guest's driver matches it
/// @param instance the device itself; becomes its name in the guest
/// @param flags channel flags: see `OfferFlags`
/// @param mmioMegabytes MMIO the device wants, for example a frame buffer
/// @param userDefined up to 120 bytes for the class's driver
/// @param name for people: appears in traces, `inspect` and thread names, for example `nic0` or `heartbeat`
public record Offer(Guid interfaceType, Guid instance, int flags, int mmioMegabytes, byte[] userDefined, String name) {
    /// The user-defined bytes of an offer.
    public static final int USER_DEFINED_SIZE = 120;

    /// A plain offer without flags, MMIO or user data.
    public Offer(Guid interfaceType, Guid instance, String name) {
        this(interfaceType, instance, 0, 0, new byte[0], name);
    }
}
