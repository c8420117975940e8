package cloison.hyperv.vmbus;

import cloison.hyperv.TestPartition;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.vmbus.GuestRings.GpaRange;
import cloison.hyperv.vmbus.protocol.GuestMessage;
import cloison.hyperv.vmbus.protocol.VmbusMessage;
import cloison.hyperv.vmbus.protocol.VmbusVersion;
import cloison.hyperv.vmbus.ring.RingLayout;
import cloison.hyperv.vmbus.server.VmbusServer;
import cloison.machine.Choices;
import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.GuestPages;
import cloison.machine.wire.Guid;
import cloison.machine.wire.Wire;
import java.util.Arrays;

/// A guest that does to its VMBus what a script says: mostly what a driver does, partly what no driver would, in
/// any order. It knows no state; the ids that it uses come from a small pool, so that they often mean something.
///
/// **Owner:** the test's thread.
public final class GuestScript {
    private static final Guid SOCKET = Guid.of("0000cafe-facb-11e6-bd58-64006a7986d3");
    private static final int SLOTS = 6;
    private static final int RING_PAGES = 3;
    private static final int FIRST_GPADL = 0x100;
    private static final int[] FIELDS = {
        RingLayout.WRITE_INDEX,
        RingLayout.READ_INDEX,
        RingLayout.INTERRUPT_MASK,
        RingLayout.PENDING_SEND_SIZE,
        RingLayout.FEATURE_BITS
    };

    private final TestPartition partition;
    private final Choices choices;
    private final long postPage;
    private final long simp;
    private final long siefp;
    private final long rings;

    /// A guest of `partition`, which has one virtual processor or more.
    public GuestScript(TestPartition partition, Choices choices) {
        this.partition = partition;
        this.choices = choices;
        postPage = partition.ram().allocate(1);
        simp = partition.ram().allocate(1);
        siefp = partition.ram().allocate(1);
        rings = partition.ram().allocate(SLOTS * 2 * RING_PAGES);
    }

    /// Does the next thing.
    public void act() {
        switch (choices.below(16)) {
            case 0, 1, 2, 3 -> post(message());
            case 4, 5 -> openSlot(choices.below(SLOTS));
            case 6, 7, 8 -> send(choices.below(SLOTS));
            case 9 -> scribble(choices.below(SLOTS));
            case 10 -> takeAll(choices.below(SLOTS));
            case 11 -> signal();
            case 12 -> synic();
            case 13 -> greet();
            case 14 -> takeMessages();
            default -> partition.settle();
        }
    }

    // messages

    private void post(byte[] message) {
        byte[] bytes = message;
        if (choices.once(12)) {
            bytes = Arrays.copyOf(bytes, choices.below(VmbusMessage.LARGEST + 1));
        } else if (choices.once(12)) {
            bytes[choices.below(bytes.length)] ^= (byte) choices.octet();
        }
        int connection = choices.once(24) ? choices.word() : VmbusServer.MESSAGE_CONNECTION;
        int type = choices.once(24) ? choices.word() : VmbusServer.MESSAGE_TYPE;
        partition.postMessage(postPage, connection, type, bytes);
        if (choices.flag()) {
            partition.settle();
        }
    }

    private byte[] message() {
        return switch (choices.below(13)) {
            case 0 -> contact();
            case 1 -> GuestMessages.requestOffers();
            case 2, 3 -> header();
            case 4, 5 -> GuestMessages.gpadlBody(gpadl(), pfns(1 + choices.below(30)), 0);
            case 6 -> GuestMessages.openChannel(relid(), choices.word(), gpadl(), vp(), downstream());
            case 7 -> GuestMessages.closeChannel(relid());
            case 8 -> GuestMessages.gpadlTeardown(relid(), gpadl());
            case 9 -> GuestMessages.relidReleased(relid());
            case 10 -> GuestMessages.modifyChannel(relid(), vp());
            case 11 -> choices.once(4) ? GuestMessages.unload() : raw();
            default -> GuestMessages.tlConnectRequest(SOCKET, SOCKET);
        };
    }

    private byte[] raw() {
        byte[] bytes = new byte[8 + choices.below(VmbusMessage.LARGEST - 7)];
        byte[] some = choices.some(40);
        System.arraycopy(some, 0, bytes, 0, Math.min(some.length, bytes.length));
        Wire.put32(bytes, 0, choices.below(32));
        return bytes;
    }

    private byte[] contact() {
        VmbusVersion[] versions = VmbusVersion.values();
        int version = choices.once(8) ? choices.word() : versions[choices.below(versions.length)].number();
        return GuestMessages.initiateContact(version, vp(), choices.once(8) ? choices.octet() : GuestBus.SINT);
    }

    private byte[] header() {
        long[] pfns = pfns(choices.below(GuestMessage.GpadlHeader.LARGEST_PFNS + 4));
        long bytes = choices.once(4) ? choices.word() : (long) choices.below(64) * GuestMemory.PAGE_SIZE;
        long offset = choices.once(4) ? choices.word() : 0;
        byte[] header = GuestMessages.gpadlHeader(relid(), gpadl(), bytes, offset, pfns);
        if (choices.once(12)) {
            Wire.put16(header, 18, choices.word());
        }
        return header;
    }

    private long[] pfns(int count) {
        long[] pfns = GuestRam.pfns(rings + choices.below(8), count);
        if (count > 0 && choices.once(4)) {
            pfns[choices.below(count)] = choices.wide();
        }
        return pfns;
    }

    private int relid() {
        return choices.once(12) ? choices.word() : choices.below(SLOTS + 2);
    }

    private int gpadl() {
        return choices.once(12) ? choices.word() : FIRST_GPADL + choices.below(12);
    }

    private int vp() {
        return choices.once(8) ? choices.word() : choices.below(partition.processors());
    }

    private int downstream() {
        return choices.once(4) ? choices.word() : RING_PAGES;
    }

    /// Contact and a request for offers, with a SynIC that works.
    private void greet() {
        partition.hypervisor().writeMsr(0, Msr.SIMP, simp << GuestMemory.PAGE_SHIFT | 1);
        partition.hypervisor().writeMsr(0, Msr.SIEFP, siefp << GuestMemory.PAGE_SHIFT | 1);
        partition.hypervisor().writeMsr(0, Msr.SINT0 + GuestBus.SINT, GuestBus.VECTOR);
        partition.hypervisor().writeMsr(0, Msr.SCONTROL, 1);
        post(contact());
        partition.settle();
        takeMessages();
        post(GuestMessages.requestOffers());
        partition.settle();
        takeMessages();
    }

    private void takeMessages() {
        GuestPages page = partition.page(simp);
        for (int taken = choices.below(20); taken >= 0; taken--) {
            page.writeRelease(GuestBus.SINT * 256L, 0);
            partition.hypervisor().writeMsr(0, Msr.EOM, 0);
            partition.settle();
        }
    }

    // channels

    private long firstPage(int slot) {
        return rings + (long) slot * 2 * RING_PAGES;
    }

    private GuestPages pages(int slot) {
        return partition.ram().pages(firstPage(slot), 2 * RING_PAGES);
    }

    /// Shares the rings of a slot and opens the channel of the same number with them.
    private void openSlot(int slot) {
        new GuestRings(pages(slot), RING_PAGES);
        int relid = slot + 1;
        int count = 2 * RING_PAGES;
        long[] pfns = GuestRam.pfns(firstPage(slot), count);
        post(GuestMessages.gpadlHeader(relid, FIRST_GPADL + slot, (long) count * GuestMemory.PAGE_SIZE, 0, pfns));
        post(GuestMessages.openChannel(relid, relid, FIRST_GPADL + slot, 0, RING_PAGES));
    }

    private void send(int slot) {
        GuestPages pages = pages(slot);
        int write = pages.readAcquire(RingLayout.WRITE_INDEX);
        int size = (RING_PAGES - 1) * GuestMemory.PAGE_SIZE;
        if (write < 0 || write >= size) {
            return;
        }
        byte[] payload = choices.some(24);
        if (payload.length >= 8 && payload[0] == BusyDevice.USE_BUFFER) {
            Wire.put32(payload, 4, gpadl());
        }
        boolean direct = choices.once(4);
        byte[] extension = direct
                ? GuestRings.gpaRanges(new GpaRange(choices.word(), choices.word() & 0xFFF, choices.wide()))
                : new byte[0];
        GuestRings.attached(pages, RING_PAGES)
                .send(direct ? Packet.GPA_DIRECT : Packet.IN_BAND, choices.flag(), 1, extension, payload);
        partition.signalEvent(0x2000 + slot + 1, 0);
    }

    private void scribble(int slot) {
        long at =
                (choices.flag() ? 0 : (long) RING_PAGES * GuestMemory.PAGE_SIZE) + FIELDS[choices.below(FIELDS.length)];
        pages(slot).writeRelease(at, choices.flag() ? choices.word() : 8 * choices.below(1024));
        if (choices.flag()) {
            partition.signalEvent(0x2000 + slot + 1, 0);
        }
    }

    /// Reads all that the host has sent, without looking at it.
    private void takeAll(int slot) {
        GuestPages pages = pages(slot);
        long downstream = (long) RING_PAGES * GuestMemory.PAGE_SIZE;
        pages.writeRelease(downstream + RingLayout.READ_INDEX, pages.readAcquire(downstream + RingLayout.WRITE_INDEX));
        partition.signalEvent(0x2000 + slot + 1, 0);
    }

    private void signal() {
        partition.signalEvent(choices.once(4) ? choices.word() : 0x2000 + relid(), choices.once(8) ? 1 : 0);
    }

    /// Takes away or moves what messages and events need.
    private void synic() {
        int vp = choices.below(partition.processors());
        int msr = switch (choices.below(4)) {
            case 0 -> Msr.SIMP;
            case 1 -> Msr.SIEFP;
            case 2 -> Msr.SCONTROL;
            default -> Msr.SINT0 + choices.below(16);
        };
        partition.hypervisor().writeMsr(vp, msr, choices.flag() ? choices.wide() : choices.below(2));
    }
}
