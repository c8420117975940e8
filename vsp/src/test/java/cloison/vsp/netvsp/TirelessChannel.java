package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Channel;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.GuestPages;
import cloison.machine.wire.Wire;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.NvspVersion;
import cloison.vsp.netvsp.protocol.Oid;
import cloison.vsp.netvsp.protocol.RndisMessage;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.Queue;

/// A channel without rings whose guest sends the same packet as often as it is told and completes at once: for tests
/// and benchmarks of what the adapter itself does per frame.
///
/// **Owner:** one thread.
public final class TirelessChannel implements Channel {
    public static final int RECEIVE_GPADL = 1;
    public static final int SEND_GPADL = 2;

    private static final int BUFFER_PAGES = 256;

    private final GuestMemory memory;
    private final GuestPages receiveBuffer;
    private final GuestPages sendBuffer;
    private final Packet packet = new Packet();
    private final byte[] template;
    private final Queue<byte[]> prologue = new ArrayDeque<>();
    private final long[] uncompleted = new long[4096];
    private int uncompletedCount;
    private long transactions;

    /// How many more packets with frames the guest sends.
    public long toSend;
    /// Completions that the guest got.
    public long completions;
    /// Ranges of the receive buffer that the guest got.
    public long ranges;

    /// A guest that brings its adapter up and then sends `section`, the content of section 0 of its send buffer.
    public TirelessChannel(byte[] section) {
        long size = (2L * BUFFER_PAGES + 16) * GuestMemory.PAGE_SIZE;
        memory = new GuestMemory(Arena.ofAuto().allocate(size, GuestMemory.PAGE_SIZE), size, 0);
        receiveBuffer = pages(0);
        sendBuffer = pages(BUFFER_PAGES);
        sendBuffer.write(0, section, 0, section.length);
        prologue.add(RndisGuest.message(NvspMessage.Init.TYPE, NvspVersion.V6_1.code()));
        prologue.add(RndisGuest.message(NvspMessage.NdisConfiguration.TYPE, 1514));
        prologue.add(RndisGuest.message(NvspMessage.ReceiveBuffer.TYPE, RECEIVE_GPADL, 0xCAFE));
        prologue.add(RndisGuest.message(NvspMessage.SendBuffer.TYPE, SEND_GPADL, 0));
        control(1, RndisGuest.rndis(RndisMessage.INITIALIZE, 1, 1, 0, 0x4000));
        control(
                2,
                RndisGuest.rndis(
                        RndisMessage.SET, 2, Oid.GEN_CURRENT_PACKET_FILTER, 4, 20, 0, RndisGuest.FILTER_PROMISCUOUS));
        template = RndisGuest.message(NvspMessage.RndisPacket.TYPE, 0, 0, section.length);
    }

    private void control(int section, byte[] message) {
        sendBuffer.write((long) section * SendBuffer.SECTION_SIZE, message, 0, message.length);
        prologue.add(RndisGuest.message(NvspMessage.RndisPacket.TYPE, 1, section, message.length));
    }

    private GuestPages pages(long first) {
        long[] pfns = new long[BUFFER_PAGES];
        for (int i = 0; i < pfns.length; i++) {
            pfns[i] = first + i;
        }
        GuestPages pages = memory.pages(pfns);
        if (pages == null) {
            throw new AssertionError("not RAM");
        }
        return pages;
    }

    /// {@return the guest's memory}
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public Packet receive() {
        if (uncompletedCount > 0) {
            packet.type = Packet.COMPLETION;
            packet.transactionId = uncompleted[--uncompletedCount];
            packet.completionRequested = false;
            Wire.put32(packet.payload, 0, NvspMessage.RndisPacket.COMPLETE);
            Wire.put32(packet.payload, 4, NvspMessage.STATUS_SUCCESS);
            packet.length = 8;
            return packet;
        }
        byte[] next = prologue.poll();
        if (next == null) {
            if (toSend == 0) {
                return null;
            }
            toSend--;
            next = template;
        }
        packet.type = Packet.IN_BAND;
        packet.transactionId = ++transactions;
        packet.completionRequested = true;
        packet.length = next.length;
        System.arraycopy(next, 0, packet.payload, 0, next.length);
        return packet;
    }

    @Override
    public boolean send(long transactionId, boolean completionRequested, byte[] payload, int at, int length) {
        return true;
    }

    @Override
    public boolean complete(long transactionId, byte[] payload, int at, int length) {
        completions++;
        return true;
    }

    @Override
    public boolean sendTransferPages(
            long transactionId,
            boolean completionRequested,
            int pageSet,
            int[] rangesSent,
            int count,
            byte[] payload,
            int at,
            int length) {
        ranges += count;
        uncompleted[uncompletedCount++] = transactionId;
        return true;
    }

    @Override
    public void flush() {}

    @Override
    public GuestBuffer buffer(int gpadl) {
        GuestPages pages = gpadl == RECEIVE_GPADL ? receiveBuffer : sendBuffer;
        return new GuestBuffer(pages, 0, pages.size());
    }

    @Override
    public int subchannel() {
        return 0;
    }

    @Override
    public int targetProcessor() {
        return 0;
    }

    @Override
    public byte[] openData() {
        return new byte[120];
    }

    @Override
    public void wake() {}

    @Override
    public int offerSubchannels(int count) {
        return 0;
    }
}
