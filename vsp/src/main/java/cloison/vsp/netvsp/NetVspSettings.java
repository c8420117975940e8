package cloison.vsp.netvsp;

import cloison.machine.wire.Guid;
import cloison.net.frame.Frame;
import cloison.net.frame.MacAddress;
import cloison.vsp.netvsp.protocol.NvspVersion;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/// How an adapter is made.
///
/// @param name the adapter's name in traces, captures and at its port, for example `web/nic0`
/// @param address the permanent address
/// @param instance the adapter's identity, unique in its partition: the name of the device in the guest
/// @param friendlyName what the guest may call the adapter
/// @param largestMtu the largest payload of a frame that a guest may choose
/// @param linkSpeed what the guest is told, in bits per second
/// @param newest the newest version of NVSP that is spoken, to look like an older host
public record NetVspSettings(
        String name,
        MacAddress address,
        Guid instance,
        String friendlyName,
        int largestMtu,
        long linkSpeed,
        NvspVersion newest) {
    /// The payload that any Ethernet carries.
    public static final int MTU = 1500;
    /// The payload of jumbo frames, the default for what a guest may choose.
    public static final int JUMBO_MTU = 9000;

    private static final String FRIENDLY_NAME = "Network Adapter";
    private static final long LINK_SPEED = 10_000_000_000L;

    /// Settings that can work.
    public NetVspSettings {
        if (address.group() || address.bits() == 0) {
            throw new IllegalArgumentException("adapter '" + name + "': " + address + " is no address of an adapter");
        }
        if (largestMtu < MTU || largestMtu > 65_535 - Frame.HEADER_SIZE) {
            throw new IllegalArgumentException("adapter '" + name + "': MTU limit " + largestMtu + " is not between "
                    + MTU + " and " + (65_535 - Frame.HEADER_SIZE));
        }
        if (friendlyName.length() > 255) {
            throw new IllegalArgumentException(
                    "adapter '" + name + "': the friendly name has more than 255 characters");
        }
    }

    /// The defaults, with an identity made of the name.
    public NetVspSettings(String name, MacAddress address) {
        this(
                name,
                address,
                new Guid(UUID.nameUUIDFromBytes(("cloison/" + name).getBytes(StandardCharsets.UTF_8))),
                FRIENDLY_NAME,
                JUMBO_MTU,
                LINK_SPEED,
                NvspVersion.V6_1);
    }
}
