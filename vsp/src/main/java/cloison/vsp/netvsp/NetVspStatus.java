package cloison.vsp.netvsp;

import cloison.net.frame.MacAddress;
import cloison.vsp.netvsp.protocol.NvspVersion;
import org.jspecify.annotations.Nullable;

/// What an adapter has agreed with its guest, for people.
///
/// @param phase where the conversation stands: `closed`, or the phase in lower case
/// @param version the version of NVSP, or null before one is agreed
/// @param mtu the largest payload of a frame
/// @param packetFilter which frames the guest wants, as the OID has it
/// @param address the address that the guest uses
public record NetVspStatus(
        String phase, @Nullable NvspVersion version, int mtu, int packetFilter, MacAddress address) {}
