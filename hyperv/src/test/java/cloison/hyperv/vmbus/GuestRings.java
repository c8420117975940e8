package cloison.hyperv.vmbus;

import cloison.hyperv.vmbus.ring.RingLayout;
import cloison.machine.memory.GuestPages;
import cloison.machine.wire.Wire;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// A guest's side of the two rings of a channel, with the signalling rules that guests follow; and the levers
/// to break them.
///
/// **Owner:** one thread may write to the host while another reads what the host sent; both may [#takeSignal], and
/// whoever takes it must signal.
public final class GuestRings {
    private final GuestPages toHost;
    private final GuestPages toGuest;
    private final AtomicBoolean signalDue = new AtomicBoolean();

    private GuestRings(GuestPages toHost, GuestPages toGuest) {
        this.toHost = toHost;
        this.toGuest = toGuest;
    }

    /// {@return rings that are in use already, as they are}
    public static GuestRings attached(GuestPages pages, int downstreamPage) {
        int count = (int) (pages.size() / RingLayout.CONTROL_SIZE);
        return new GuestRings(pages.slice(0, downstreamPage), pages.slice(downstreamPage, count - downstreamPage));
    }

    /// Sets up both rings as a guest does before it opens a channel.
    public GuestRings(GuestPages pages, int downstreamPage) {
        int count = (int) (pages.size() / RingLayout.CONTROL_SIZE);
        toHost = pages.slice(0, downstreamPage);
        toGuest = pages.slice(downstreamPage, count - downstreamPage);
        for (GuestPages ring : new GuestPages[] {toHost, toGuest}) {
            ring.write(0, new byte[RingLayout.CONTROL_SIZE], 0, RingLayout.CONTROL_SIZE);
            ring.writeRelease(RingLayout.FEATURE_BITS, RingLayout.FEATURE_PENDING_SEND_SIZE);
        }
    }

    /// {@return the ring from guest to host, control page first, for tests that do what no guest should}
    public GuestPages toHost() {
        return toHost;
    }

    /// {@return the ring from host to guest, control page first}
    public GuestPages toGuest() {
        return toGuest;
    }

    /// {@return whether the host must be signalled since this was last asked}
    public boolean takeSignal() {
        return signalDue.get() && signalDue.getAndSet(false);
    }

    /// Masks or unmasks the host's signals.
    public void mask(boolean masked) {
        toGuest.writeRelease(RingLayout.INTERRUPT_MASK, masked ? 1 : 0);
        VarHandle.fullFence();
    }

    private static int dataSize(GuestPages ring) {
        return (int) (ring.size() - RingLayout.CONTROL_SIZE);
    }

    /// {@return bytes that a host may still write, by the indices in the control page}
    public int freeInToGuest() {
        return free(toGuest);
    }

    /// {@return bytes that the guest may still write, by the indices in the control page}
    public int freeInToHost() {
        return free(toHost);
    }

    private static int free(GuestPages ring) {
        int used = ring.readAcquire(RingLayout.WRITE_INDEX) - ring.readAcquire(RingLayout.READ_INDEX);
        return dataSize(ring) - (used >= 0 ? used : used + dataSize(ring));
    }

    /// Writes a packet to the host; {@return whether there was room}
    public boolean send(int type, boolean completionRequested, long transactionId, byte[] extension, byte[] payload) {
        return send(packet(type, completionRequested, extension, payload), transactionId);
    }

    /// {@return a packet with room for its trailer, to be sent as often as one likes}
    public static byte[] packet(int type, boolean completionRequested, byte[] extension, byte[] payload) {
        int offset = RingLayout.DESCRIPTOR_SIZE + RingLayout.padded(extension.length);
        int length = offset + RingLayout.padded(payload.length);
        byte[] bytes = new byte[length + RingLayout.TRAILER_SIZE];
        Wire.put16(bytes, 0, type);
        Wire.put16(bytes, 2, offset / 8);
        Wire.put16(bytes, 4, length / 8);
        Wire.put16(bytes, 6, completionRequested ? RingLayout.COMPLETION_REQUESTED : 0);
        System.arraycopy(extension, 0, bytes, RingLayout.DESCRIPTOR_SIZE, extension.length);
        System.arraycopy(payload, 0, bytes, offset, payload.length);
        return bytes;
    }

    /// Writes a packet that [#packet] made to the host, without allocating; {@return whether there was room}
    public boolean send(byte[] packet, long transactionId) {
        Wire.put64(packet, 8, transactionId);
        Wire.put32(packet, packet.length - 4, toHost.readAcquire(RingLayout.WRITE_INDEX));
        return sendRaw(packet);
    }

    /// Writes these very bytes as a packet with its trailer; {@return whether there was room}
    public boolean sendRaw(byte[] bytes) {
        if (bytes.length >= free(toHost)) {
            return false;
        }
        int size = dataSize(toHost);
        int before = toHost.readAcquire(RingLayout.WRITE_INDEX);
        int start = Math.floorMod(before, size);
        int toEnd = Math.min(bytes.length, size - start);
        toHost.write(RingLayout.CONTROL_SIZE + start, bytes, 0, toEnd);
        toHost.write(RingLayout.CONTROL_SIZE, bytes, toEnd, bytes.length - toEnd);
        toHost.writeRelease(RingLayout.WRITE_INDEX, (before + bytes.length) % size);
        VarHandle.fullFence();
        if (toHost.readAcquire(RingLayout.INTERRUPT_MASK) == 0 && toHost.readAcquire(RingLayout.READ_INDEX) == before) {
            signalDue.set(true);
        }
        return true;
    }

    /// Says that the guest waits until more than `bytes` are free in its ring to the host.
    public void waitForRoom(int bytes) {
        toHost.writeRelease(RingLayout.PENDING_SEND_SIZE, bytes);
        VarHandle.fullFence();
    }

    /// {@return whether the host has sent something that was not received}
    public boolean readable() {
        return toGuest.readAcquire(RingLayout.READ_INDEX) != toGuest.readAcquire(RingLayout.WRITE_INDEX);
    }

    /// {@return the next packet from the host, or null}
    public @Nullable GuestPacket receive() {
        int read = toGuest.readAcquire(RingLayout.READ_INDEX);
        if (read == toGuest.readAcquire(RingLayout.WRITE_INDEX)) {
            return null;
        }
        byte[] descriptor = new byte[RingLayout.DESCRIPTOR_SIZE];
        copy(read, descriptor, RingLayout.DESCRIPTOR_SIZE);
        byte[] all = new byte[8 * Wire.u16(descriptor, 4) + RingLayout.TRAILER_SIZE];
        receive(all);
        int offset = 8 * Wire.u16(all, 2);
        return new GuestPacket(
                Wire.u16(all, 0),
                (Wire.u16(all, 6) & RingLayout.COMPLETION_REQUESTED) != 0,
                Wire.u64(all, 8),
                Arrays.copyOfRange(all, RingLayout.DESCRIPTOR_SIZE, offset),
                Arrays.copyOfRange(all, offset, all.length - RingLayout.TRAILER_SIZE));
    }

    /// Copies the next packet from the host, descriptor and trailer included, without allocating.
    ///
    /// @param into room for the largest packet
    /// @return its bytes, or -1 if there is none
    public int receive(byte[] into) {
        int size = dataSize(toGuest);
        int read = toGuest.readAcquire(RingLayout.READ_INDEX);
        if (read == toGuest.readAcquire(RingLayout.WRITE_INDEX)) {
            return -1;
        }
        copy(read, into, RingLayout.DESCRIPTOR_SIZE);
        int length = 8 * Wire.u16(into, 4);
        int all = length + RingLayout.TRAILER_SIZE;
        copy(read, into, all);
        if (Wire.u32(into, length) != 0 || Wire.u32(into, length + 4) != read) {
            throw new AssertionError("the trailer of the packet at %d says %x".formatted(read, Wire.u64(into, length)));
        }
        toGuest.writeRelease(RingLayout.READ_INDEX, (read + all) % size);
        VarHandle.fullFence();
        boolean honours = (toGuest.readAcquire(RingLayout.FEATURE_BITS) & RingLayout.FEATURE_PENDING_SEND_SIZE) != 0;
        long wanted = honours ? toGuest.readAcquire(RingLayout.PENDING_SEND_SIZE) & 0xFFFF_FFFFL : 0;
        int free = free(toGuest);
        if (wanted != 0 && free > wanted && free - all <= wanted) {
            signalDue.set(true);
        }
        return all;
    }

    private void copy(int index, byte[] to, int length) {
        int toEnd = Math.min(length, dataSize(toGuest) - index);
        toGuest.read(RingLayout.CONTROL_SIZE + index, to, 0, toEnd);
        toGuest.read(RingLayout.CONTROL_SIZE, to, toEnd, length - toEnd);
    }

    /// {@return the extension of a GPA-direct packet}
    public static byte[] gpaRanges(GpaRange... ranges) {
        int pfns = 0;
        for (GpaRange range : ranges) {
            pfns += range.pfns().length;
        }
        byte[] bytes = new byte[8 + 8 * ranges.length + 8 * pfns];
        Wire.put32(bytes, 4, ranges.length);
        int at = 8;
        for (GpaRange range : ranges) {
            Wire.put32(bytes, at, range.length());
            Wire.put32(bytes, at + 4, range.offset());
            at += 8;
            for (long pfn : range.pfns()) {
                Wire.put64(bytes, at, pfn);
                at += 8;
            }
        }
        return bytes;
    }

    /// Guest memory named by a GPA-direct packet.
    public record GpaRange(int length, int offset, long... pfns) {}
}
