package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.GuestRings;
import cloison.hyperv.vmbus.Packet;
import cloison.hyperv.vmbus.ring.RingLayout;
import cloison.machine.wire.Wire;
import cloison.vsp.netvsp.protocol.NvspMessage;
import java.util.Arrays;

/// A guest that sends the same frames over and over and takes what comes, without allocating: for measurements.
///
/// It keeps to the rules: a section of its send buffer is used again when the host has completed the packet, and each
/// packet of the host is completed.
///
/// **Owner:** the thread of its [RndisGuest].
public final class TrafficGuest {
    // wiring
    private final RndisGuest guest;
    private final GuestRings rings;
    private final byte[][] packets;
    private final byte[] completion = GuestRings.packet(Packet.COMPLETION, false, new byte[0], done());
    private final byte[] received = new byte[RingLayout.LARGEST_PACKET + RingLayout.TRAILER_SIZE];

    // state
    private final int[] freeSections;
    private int free;

    /// A guest that is [up][RndisGuest#bringUp] and sends `frames`, all in a packet.
    public TrafficGuest(RndisGuest guest, byte[]... frames) {
        this.guest = guest;
        rings = guest.pair().rings();
        byte[] section = RndisGuest.batch(
                Arrays.stream(frames).map(frame -> RndisGuest.packet(frame, -1)).toArray(byte[][]::new));
        if (section.length > SendBuffer.SECTION_SIZE) {
            throw new IllegalArgumentException("frames of " + section.length + " bytes do not fit into a section");
        }
        packets = new byte[guest.sendSections()][];
        freeSections = new int[packets.length];
        for (int i = 0; i < packets.length; i++) {
            guest.writeSection(i, section);
            byte[] message =
                    RndisGuest.message(NvspMessage.RndisPacket.TYPE, NvspMessage.CHANNEL_DATA, i, section.length);
            packets[i] = GuestRings.packet(Packet.IN_BAND, true, new byte[0], message);
            freeSections[free++] = i;
        }
    }

    private static byte[] done() {
        byte[] message = new byte[8];
        Wire.put32(message, 0, NvspMessage.RndisPacket.COMPLETE);
        Wire.put32(message, 4, NvspMessage.STATUS_SUCCESS);
        return message;
    }

    /// Sends up to `count` packets; {@return how many there was room for}
    public int send(int count) {
        int sent = 0;
        while (sent < count && free > 0 && rings.send(packets[freeSections[free - 1]], freeSections[free - 1])) {
            free--;
            sent++;
        }
        return sent;
    }

    /// Takes all that the host has sent, and completes it; {@return how many frames came}
    public int take() {
        int frames = 0;
        for (int size = rings.receive(received); size >= 0; size = rings.receive(received)) {
            long transaction = Wire.u64(received, 8);
            switch (Wire.u16(received, 0)) {
                case Packet.COMPLETION -> {
                    check(Wire.i32(received, RingLayout.DESCRIPTOR_SIZE + 4) == NvspMessage.STATUS_SUCCESS);
                    freeSections[free++] = (int) transaction;
                }
                case Packet.TRANSFER_PAGES -> {
                    frames += Wire.i32(received, RingLayout.DESCRIPTOR_SIZE + 4);
                    check(rings.send(completion, transaction));
                }
                default -> check(false);
            }
        }
        return frames;
    }

    private static void check(boolean asItShouldBe) {
        if (!asItShouldBe) {
            throw new IllegalStateException("the host did not do what it should");
        }
    }

    /// Lets the host serve the channel until it has nothing to do.
    public void serve() {
        guest.pair().settle();
    }
}
