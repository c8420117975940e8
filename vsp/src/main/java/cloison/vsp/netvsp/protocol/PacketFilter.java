package cloison.vsp.netvsp.protocol;

/// Which frames a guest wants to receive.
///
/// @param bits the value of [Oid#GEN_CURRENT_PACKET_FILTER]
public record PacketFilter(int bits) {
    /// Nothing.
    public static final PacketFilter NONE = new PacketFilter(0);

    private static final int DIRECTED = 0x01;
    private static final int MULTICAST = 0x02;
    private static final int ALL_MULTICAST = 0x04;
    private static final int BROADCAST = 0x08;
    private static final int PROMISCUOUS = 0x20;
    private static final long BROADCAST_ADDRESS = 0xFFFF_FFFF_FFFFL;

    /// {@return whether anything is wanted}
    public boolean open() {
        return bits != 0;
    }

    /// {@return whether a frame to a group address is wanted; a guest that names its groups gets all, as it must
    /// filter itself anyway}
    public boolean wantsGroup(long destination) {
        if ((bits & PROMISCUOUS) != 0) {
            return true;
        }
        return (bits & (destination == BROADCAST_ADDRESS ? BROADCAST : MULTICAST | ALL_MULTICAST)) != 0;
    }

    /// {@return whether a frame to one address is wanted}
    ///
    /// @param own whether the address is the adapter's
    public boolean wantsDirected(boolean own) {
        return (bits & PROMISCUOUS) != 0 || own && (bits & DIRECTED) != 0;
    }
}
